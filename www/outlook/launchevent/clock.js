// @ts-check
// Deadlines. Where the runtime has timers, deadlines use these. Elsewhere they repeat Office calls that are known to
// answer, and compare the time at each answer.

import { systemClock } from "../calls.js";

/** @typedef {import("../calls.js").Clock} Clock */
/** @typedef {{ due: number, ring: () => void }} Alarm */
/** @typedef {(callback: () => void) => void} Source makes a call that answers soon, in whatever way */

/**
 * A source, and when it answers: after the call has returned, so that other work can happen meanwhile (`later`), or before
 * it returns (`at-once`).
 *
 * @typedef {object} Pulse
 * @property {Source} source
 * @property {"unknown" | "later" | "at-once"} answers
 * @property {number} calledAt ms since 1970; `-Infinity` if no answer is awaited
 */

/** A call without an answer is repeated after this long; sooner, calls would pile up. */
const PATIENCE_MS = 250;

/**
 * How many of the sources that answer later are called. If only one were called and it stopped answering, no deadline
 * would end.
 */
const BEATING = 2;

/**
 * @param {readonly Source[]} sources the fastest first; at least one should answer after its call has returned
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

    /** Schedules one `beat`, after the code that runs now and the answers that have already arrived. */
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
     * Rings the alarms that are due, and makes the calls whose answers lead to the next `beat`. An answer before the call
     * returns does not count, because no other work can happen before it.
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
        // If no source answers later, and at most one is still unknown, only another `beat` can notice that the time is
        // over. While several answers are awaited, another `beat` would keep them from arriving.
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
        // This may run late, when several deadlines are over: they ring in their order.
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
                // An awaited answer has arrived, perhaps after another deadline.
                plan();
            };
        },
    };
}
