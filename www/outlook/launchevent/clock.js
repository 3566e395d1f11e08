// @ts-check
// Deadlines. Where the runtime has timers they are used; where it has none, Office calls that are known to answer are
// made again and again while a deadline is set, and each answer is a look at the clock.

import { systemClock } from "../calls.js";

/** @typedef {import("../calls.js").Clock} Clock */
/** @typedef {{ due: number, ring: () => void }} Alarm */
/** @typedef {(callback: () => void) => void} Source makes a call that answers soon, in whatever way */

/** A call that has not answered is made again, but not so often that calls pile up. */
const PATIENCE_MS = 250;

/**
 * @param {readonly Source[]} sources one that answers is enough
 * @returns {Clock}
 */
export function openClock(sources) {
    const hasTimers = typeof setTimeout === "function" && typeof clearTimeout === "function";
    return hasTimers ? systemClock : pulseClock(pulseOf(sources));
}

/**
 * Calls what may be called, and its callback at each answer: also where it comes from a call of the pulse before.
 *
 * @param {readonly Source[]} sources
 * @returns {Source} throws where all of them do
 */
function pulseOf(sources) {
    const called = sources.map(() => -Infinity);
    let answer = () => {};
    return (callback) => {
        answer = callback;
        let thrown = 0;
        sources.forEach((source, at) => {
            if (Date.now() - Number(called[at]) < PATIENCE_MS) {
                return;
            }
            called[at] = Date.now();
            try {
                source(() => {
                    called[at] = -Infinity;
                    answer();
                });
            } catch {
                called[at] = -Infinity;
                thrown += 1;
            }
        });
        if (thrown === sources.length) {
            throw new Error("nothing tells the time");
        }
    };
}

/**
 * @param {Source} pulse
 * @returns {Clock}
 */
export function pulseClock(pulse) {
    /** @type {Set<Alarm>} */
    const alarms = new Set();
    let isBeating = false;

    function beat() {
        isBeating = true;
        let isInside = true;
        let isAnswered = false;
        const look = () => {
            if (isAnswered) {
                return;
            }
            isAnswered = true;
            // A call that answers at once lets nothing else happen meanwhile: waiting on would be for ever.
            ring(isInside ? Infinity : Date.now());
            isBeating = false;
            if (alarms.size > 0 && !isInside) {
                beat();
            }
        };
        try {
            pulse(look);
        } catch {
            look();
        }
        isInside = false;
    }

    /** @param {number} now */
    function ring(now) {
        for (const alarm of Array.from(alarms)) {
            if (alarm.due <= now && alarms.delete(alarm)) {
                alarm.ring();
            }
        }
    }

    return {
        now: () => Date.now(),
        after(ms, alarm) {
            const entry = { due: Date.now() + ms, ring: alarm };
            alarms.add(entry);
            if (!isBeating) {
                // After those that the caller is about to make.
                void Promise.resolve().then(() => {
                    if (!isBeating && alarms.size > 0) {
                        beat();
                    }
                });
            }
            return () => void alarms.delete(entry);
        },
    };
}
