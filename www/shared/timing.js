// @ts-check
// Measures times that are far shorter than a browser's clock can show.

/** How long `work` runs before the measurement, so that the browser has compiled it. */
const WARM_UP_MS = 10;

/**
 * How long the measurement runs: long enough for a clock of 100 µs steps to be right within one
 * percent, too short to be noticed.
 */
const BUDGET_MS = 20;

const MAX_RUNS = 100_000;

/**
 * Runs `work` for about 30 ms, again and again, and gives the mean of the last 20 in milliseconds.
 *
 * @param {() => void} work
 * @returns {{ meanMs: number, runs: number }}
 */
export function measure(work) {
    repeat(work, WARM_UP_MS);
    return repeat(work, BUDGET_MS);
}

/**
 * @param {() => void} work
 * @param {number} budgetMs
 */
function repeat(work, budgetMs) {
    const begin = performance.now();
    let elapsedMs = 0;
    let runs = 0;
    // The clock is read after 1, 3, 7 … runs: reading it each time would cost more than the work.
    for (let batch = 1; elapsedMs < budgetMs && runs < MAX_RUNS; batch *= 2) {
        for (let run = 0; run < batch; run += 1) {
            work();
        }
        runs += batch;
        elapsedMs = performance.now() - begin;
    }
    return { meanMs: elapsedMs / runs, runs };
}

/**
 * A duration in the unit that suits it, with two significant digits.
 *
 * @param {number} ms
 * @param {string} language BCP 47
 * @returns {string}
 */
export function formatDuration(ms, language) {
    const digits = new Intl.NumberFormat(language, { maximumSignificantDigits: 2 });
    return ms < 0.995 ? `${digits.format(ms * 1000)} µs` : `${digits.format(ms)} ms`;
}
