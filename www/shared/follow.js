// @ts-check
// How often a client asks the organisation's server for its policy.

import { backOff } from "./retry.js";

/**
 * The pause between requests. A policy reaches clients within the promised minute: this pause, the two seconds after
 * which every server knows a change, and the time for the answer.
 */
export const PERIOD_MS = 50_000;
const RETRY_MS = Object.freeze({ first: 60_000, last: 30 * 60_000 });

/**
 * The time until the next request.
 *
 * @param {number} failures in a row
 * @param {number | null} retryAfterMs the wait that the server asked for
 * @param {() => number} [random] 0 to 1, so that clients that failed together do not all return at
 *     the same time
 */
export function nextQuestion(failures, retryAfterMs, random = Math.random) {
    if (failures === 0) {
        return PERIOD_MS * (0.8 + random() / 5);
    }
    return backOff(RETRY_MS, failures - 1, retryAfterMs, random);
}

/**
 * Asks now, and again for as long as the page lives.
 *
 * @param {() => Promise<import("./backend.js").Answer<unknown>>} ask never rejects
 */
export async function follow(ask) {
    for (let failures = 0; ; ) {
        const answer = await ask();
        failures = answer.result === "ok" || answer.result === "unchanged" ? 0 : failures + 1;
        const pause = nextQuestion(failures, answer.result === "later" ? answer.retryAfterMs : null);
        await new Promise((resolve) => setTimeout(resolve, pause));
    }
}
