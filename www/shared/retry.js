// @ts-check
// How long a client waits after a failure before it asks the organisation's server again.

/** The longest wait that a client accepts. A server that asks for more would tell its clients to go away for good. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/**
 * What the server asks for, as RFC 9110 has it in section 10.2.3: seconds, or a date.
 *
 * @param {Response} response
 * @returns {number | null} ms; `null` where it asks for nothing
 */
export function retryAfter(response) {
    const text = response.headers.get("Retry-After") ?? "";
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}

/**
 * Twice as long with each failure, and never shorter than the server asked for. Clients that failed together must not come
 * back together, so each adds up to a half by chance.
 *
 * @param {{ first: number, last: number }} bounds ms after the first failure, and ms at most
 * @param {number} before failures in a row before this one
 * @param {number | null} retryAfterMs what the server asked for
 * @param {() => number} random 0 to 1
 * @returns {number} ms
 */
export function backOff({ first, last }, before, retryAfterMs, random) {
    const pause = Math.min(first * 2 ** Math.min(before, 20), last);
    return Math.max(pause, retryAfterMs ?? 0) * (1 + random() / 2);
}
