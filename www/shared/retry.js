// @ts-check
// How long a client waits after a failure before it asks the organisation's server again.

/** The longest wait that a client accepts, so that a server's mistake cannot silence its clients for years. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/**
 * The wait in the header `Retry-After` (RFC 9110, section 10.2.3), which holds seconds or a date.
 *
 * @param {Response} response
 * @returns {number | null} ms; `null` if the server asks for none
 */
export function retryAfter(response) {
    const text = response.headers.get("Retry-After") ?? "";
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}

/**
 * The wait after a failure: it doubles with each one, and is never shorter than the server asked for. Clients that failed
 * together must not return together, so each adds a random part of up to one half.
 *
 * @param {{ first: number, last: number }} bounds ms after the first failure, and ms at most
 * @param {number} before failures in a row before this one
 * @param {number | null} retryAfterMs the wait that the server asked for
 * @param {() => number} random 0 to 1
 * @returns {number} ms
 */
export function backOff({ first, last }, before, retryAfterMs, random) {
    const pause = Math.min(first * 2 ** Math.min(before, 20), last);
    return Math.max(pause, retryAfterMs ?? 0) * (1 + random() / 2);
}
