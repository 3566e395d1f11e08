// @ts-check
// Calls of Office.js. A call may answer with an error, throw, lack its method, or never answer; here, each gives an
// outcome within its time.

/**
 * The outcome of a call. `missing`: the client lacks the method; `threw`: the method threw; `failed`: Office answered with
 * an error; `late`: no answer came in time, and a later one is ignored.
 *
 * @template T
 * @typedef {{ ok: true, value: T } | { ok: false, reason: "missing" | "threw" | "failed" | "late", detail: string }} Outcome
 */

/**
 * @typedef {object} Clock
 * @property {() => number} now ms since 1970
 * @property {(ms: number, alarm: () => void) => () => void} after gives a function that cancels it
 */

/**
 * The last argument of an Office call. Clients differ in the `Office.AsyncResult` that they pass to it, so code must check
 * each member before it uses it.
 *
 * @typedef {(result: unknown) => void} Callback
 */

/**
 * @typedef {object} Terms
 * @property {number} until ms since 1970
 * @property {boolean} [isUrgent] runs before all waiting calls that are not urgent
 */

/** The most calls at a time: in Outlook on the web and on phones, a fourth one fails. */
const MAX_IN_FLIGHT = 3;

/** @type {Clock} */
export const systemClock = Object.freeze({
    now: () => Date.now(),
    after(/** @type {number} */ ms, /** @type {() => void} */ alarm) {
        const timer = setTimeout(alarm, ms);
        return () => clearTimeout(timer);
    },
});

/**
 * The calls of one runtime. For all callers together, no more calls run at a time than Outlook
 * allows.
 */
export class Calls {
    /** @type {(() => void)[]} */
    #urgent = [];
    /** @type {(() => void)[]} */
    #waiting = [];
    #inFlight = 0;

    /** @param {Clock} [clock] */
    constructor(clock = systemClock) {
        this.clock = clock;
    }

    /**
     * Makes a call as soon as Outlook allows another one. Never rejects.
     *
     * @param {(callback: Callback) => void} start calls Office
     * @param {Terms} terms
     * @returns {Promise<Outcome<unknown>>}
     */
    make(start, { until, isUrgent = false }) {
        return new Promise((resolve) => {
            let isStarted = false;
            let isOver = false;
            const settle = (/** @type {Outcome<unknown>} */ outcome) => {
                if (isOver) {
                    return;
                }
                isOver = true;
                cancel();
                resolve(outcome);
                if (isStarted) {
                    this.#inFlight -= 1;
                    this.#next();
                }
            };
            const run = () => {
                if (isOver) {
                    return;
                }
                if (this.clock.now() >= until) {
                    settle({ ok: false, reason: "late", detail: "no room" });
                    return;
                }
                isStarted = true;
                this.#inFlight += 1;
                try {
                    start((result) => settle(outcomeOf(result)));
                } catch (error) {
                    settle({ ok: false, reason: "threw", detail: describe(error) });
                }
            };
            const cancel = this.clock.after(Math.max(0, until - this.clock.now()), () =>
                settle({ ok: false, reason: "late", detail: "no answer" }),
            );
            (isUrgent ? this.#urgent : this.#waiting).push(run);
            this.#next();
        });
    }

    #next() {
        while (this.#inFlight < MAX_IN_FLIGHT) {
            const run = this.#urgent.shift() ?? this.#waiting.shift();
            if (!run) {
                return;
            }
            run();
        }
    }
}

/**
 * @param {unknown} result an `AsyncResult`, or any other value
 * @returns {Outcome<unknown>}
 */
function outcomeOf(result) {
    try {
        const answer = /** @type {Record<"status" | "value" | "error", unknown>} */ (result);
        if (answer.status === "succeeded") {
            return { ok: true, value: answer.value };
        }
        return { ok: false, reason: "failed", detail: describe(answer.error) };
    } catch (error) {
        return { ok: false, reason: "failed", detail: describe(error) };
    }
}

/**
 * A text for a log about an error, which may be any value, even one whose members throw.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function describe(error) {
    try {
        const { message } = /** @type {{ message?: unknown }} */ (error ?? {});
        return String(message ?? error).slice(0, 200);
    } catch {
        return "unknown";
    }
}
