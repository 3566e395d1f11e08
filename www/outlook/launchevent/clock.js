// @ts-check
// Deadlines. With timers, they use these. In a runtime without timers, they repeat Office calls that are known to
// answer, and look at the clock at each answer.

import { systemClock } from "../calls.js";

/** @typedef {import("../calls.js").Clock} Clock */
/** @typedef {{ due: number, ring: () => void }} Alarm */
/** @typedef {(callback: () => void) => void} Source makes a call that answers soon, in whatever way */

/**
 * A source, and when it answers: after the call has returned, so that other work can happen meanwhile, or before that.
 *
 * @typedef {object} Pulse
 * @property {Source} source
 * @property {"unknown" | "later" | "at-once"} answers
 * @property {number} calledAt ms since 1970; `-Infinity` if no answer is awaited
 */

/** A call without an answer is repeated after this long; sooner, calls would pile up. */
const PATIENCE_MS = 250;

/**
 * How many of the sources that answer later are called. With only one, no further look would happen if it stopped
 * answering.
 */
const BEATING = 2;

/**
 * @param {readonly Source[]} sources the fastest first; one that answers later is enough
 * @returns {Clock}
 */
export function openClock(sources) {
    const hasTimers = typeof setTimeout === "function" && typeof clearTimeout === "function";
    return hasTimers ? systemClock : pulseClock(sources);
}

/**
 * @param {readonly Source[]} sources
 * @returns {Clock}
 */
// eslint-disable-next-line max-lines-per-function -- one clock: its functions share the alarms and the pulses
export function pulseClock(sources) {
    /** @type {Set<Alarm>} */
    const alarms = new Set();
    /** @type {Pulse[]} */
    const pulses = sources.map((source) => ({ source, answers: "unknown", calledAt: -Infinity }));
    let isPlanned = false;

    /** Looks at the clock after the calls that follow, and after the answers that have already arrived. */
    function plan() {
        if (!isPlanned && alarms.size > 0) {
            isPlanned = true;
            void Promise.resolve().then(() => {
                isPlanned = false;
                beat();
            });
        }
    }

    /**
     * Looks at the clock, and makes the calls whose answers lead to the next looks. An answer before the call returns
     * does not count, because no other work can happen before it.
     */
    function beat() {
        look();
        if (alarms.size === 0) {
            return;
        }
        const of = (/** @type {Pulse["answers"]} */ answers) => pulses.filter((pulse) => pulse.answers === answers);
        const beating = of("later").slice(0, BEATING);
        const called = beating.length < BEATING ? beating.concat(of("unknown")) : beating;
        const now = Date.now();
        called.filter(({ calledAt }) => now - calledAt >= PATIENCE_MS).forEach(call);
        // All sources answer at once, and at most one other call waits, which may never be answered: only looking again
        // can notice that the time is over. If several answers were awaited, looking again would keep them from arriving.
        if (of("later").length === 0 && of("unknown").length <= 1) {
            plan();
        }
    }

    /** @param {Pulse} pulse */
    function call(pulse) {
        let isInside = true;
        let isAnswered = false;
        pulse.calledAt = Date.now();
        try {
            pulse.source(() => {
                if (isAnswered) {
                    return;
                }
                isAnswered = true;
                pulse.calledAt = -Infinity;
                pulse.answers = isInside ? "at-once" : "later";
                if (!isInside) {
                    beat();
                }
            });
        } catch {
            isAnswered = true;
            pulse.answers = "at-once";
            pulse.calledAt = -Infinity;
        }
        isInside = false;
    }

    function look() {
        const now = Date.now();
        // A look may come late, when several deadlines are over.
        for (const alarm of Array.from(alarms).sort((one, other) => one.due - other.due)) {
            if (alarm.due <= now && alarms.delete(alarm)) {
                alarm.ring();
            }
        }
    }

    return {
        now: () => Date.now(),
        after(ms, ring) {
            const alarm = { due: Date.now() + ms, ring };
            alarms.add(alarm);
            plan();
            return () => {
                alarms.delete(alarm);
                // The awaited answer has arrived, so this looks whether a deadline is over.
                plan();
            };
        },
    };
}
