// @ts-check
// Deadlines. Where the runtime has timers they are used; where it has none, Office calls that are known to answer are
// made again and again while a deadline is set, and each answer is a look at the clock.

import { systemClock } from "../calls.js";

/** @typedef {import("../calls.js").Clock} Clock */
/** @typedef {{ due: number, ring: () => void }} Alarm */
/** @typedef {(callback: () => void) => void} Source makes a call that answers soon, in whatever way */

/**
 * A source, and what is known of it: whether it answers later, which lets other work happen meanwhile, or only ever before
 * it returns, which does not.
 *
 * @typedef {object} Pulse
 * @property {Source} source
 * @property {"unknown" | "later" | "at-once"} answers
 * @property {number} calledAt ms since 1970; `-Infinity` where no answer is awaited
 */

/** A call that has not answered is made again, but not so often that calls pile up. */
const PATIENCE_MS = 250;

/** How many of the sources that answer later are called. With one alone, no look would come once it stops answering. */
const BEATING = 2;

/**
 * @param {readonly Source[]} sources the lightest first; one that answers later is enough
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

    /** Looks at the clock after the calls that are about to be made, and after the answers that have arrived already. */
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
     * Looks at the clock, and makes calls whose answers are the next looks. An answer before the call returns is none: it
     * lets nothing else happen meanwhile.
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
        // Everything answers at once, except one call at most, whose answer may never come: looking on is the only way to
        // notice that time is up. Where several answers are awaited, looking on would keep them from arriving.
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
        // A look may come late and find several due.
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
                // The awaited answer has come: the time to look whether anything else is due.
                plan();
            };
        },
    };
}
