// @ts-check
// Tells the server that somebody has finished the lesson, but neither who it was nor how many answers were correct.

import { retryAfter } from "../shared/retry.js";

/**
 * How often the page tries. With fewer tries, a lesson during a restart of the server would not count; with more, an
 * open page would trouble a server that stays down.
 */
const ATTEMPTS = 3;

/** How long to wait if the server does not say. */
const WAIT_MS = 5_000;

/** The longest wait: most readers have closed the page a minute later. */
const MAX_WAIT_MS = 60_000;

/**
 * The form of the parameter `d` in the link from a warning. It holds the id of a deployment, by which the server knows the
 * group; the id is not a secret.
 */
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/**
 * The deployment whose warning led the reader here.
 *
 * @param {URLSearchParams} query of the page's address
 * @returns {string | null} `null` if the address names none; then nothing counts the lesson
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
 * @returns {Promise<{ isCounted: boolean, retryMs: number | null }>} `retryMs` is `null` if another try would not help
 */
async function post(deployment, request) {
    try {
        const response = await request(new URL("../v1/lessons", import.meta.url), {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ deployment }),
            credentials: "omit",
            // The reader may close the page at once, so the request must outlive it.
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
