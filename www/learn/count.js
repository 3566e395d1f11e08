// @ts-check
// Tells the server that somebody has finished the lesson, and nothing else: not who, not how well.

import { retryAfter } from "../shared/retry.js";

/**
 * How often the page tries. With fewer tries, a server that restarts would miss a lesson; with more, a page that
 * stays open would ask for nothing.
 */
const ATTEMPTS = 3;

/** How long to wait where the server says nothing of it. Most readers have closed the page a minute later. */
const WAIT_MS = 5_000;
const MAX_WAIT_MS = 60_000;

/** What `d` in the link from a warning is: the id of a deployment, by which the server knows the group. It is no secret. */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * The deployment that the reader came from.
 *
 * @param {URLSearchParams} query of the page's address
 * @returns {string | null} `null` where there is none; then nothing is counted
 */
export function deploymentIn(query) {
    const id = query.get("d") ?? "";
    return UUID.test(id) ? id : null;
}

/**
 * Counts a lesson. Never rejects.
 *
 * @param {string} deployment
 * @param {{ request?: typeof fetch, sleep?: (ms: number) => Promise<unknown> }} [host] for tests
 * @returns {Promise<"yes" | "no">} whether the server has counted it
 */
export async function countLesson(deployment, { request = fetch.bind(globalThis), sleep = wait } = {}) {
    for (let attempt = 1; ; attempt += 1) {
        const { isCounted, retryMs } = await post(deployment, request);
        if (isCounted || retryMs === null || attempt === ATTEMPTS) {
            return isCounted ? "yes" : "no";
        }
        await sleep(retryMs);
    }
}

/**
 * @param {string} deployment
 * @param {typeof fetch} request
 * @returns {Promise<{ isCounted: boolean, retryMs: number | null }>} `retryMs` is `null` where trying again is no use
 */
async function post(deployment, request) {
    try {
        const response = await request(new URL("../v1/lessons", import.meta.url), {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ deployment }),
            credentials: "omit",
            // The reader may close the page at once.
            keepalive: true,
        });
        const isBusy = response.status === 429 || response.status >= 500;
        const retryMs = Math.min(retryAfter(response) || WAIT_MS, MAX_WAIT_MS);
        return { isCounted: response.ok, retryMs: isBusy ? retryMs : null };
    } catch {
        return { isCounted: false, retryMs: WAIT_MS };
    }
}

/** @param {number} ms */
function wait(ms) {
    return new Promise((resolve) => setTimeout(resolve, ms));
}
