// @ts-check
// Waits for a condition, never for a fixed time.

import assert from "node:assert/strict";

/**
 * @param {string} what
 * @param {() => Promise<unknown>} look
 * @param {number} [timeoutMs]
 */
export async function waitFor(what, look, timeoutMs = 60_000) {
    const end = Date.now() + timeoutMs;
    while (!(await look())) {
        assert.ok(Date.now() < end, `waited ${timeoutMs} ms for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 30));
    }
}
