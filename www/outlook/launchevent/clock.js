// @ts-check
// Deadlines. Where the runtime has timers they are used; where it has none, an Office call that is known to answer is
// made again and again while a deadline is set, and each answer is a look at the clock.

import { systemClock } from "../calls.js";

/** @typedef {import("../calls.js").Clock} Clock */
/** @typedef {{ due: number, ring: () => void }} Alarm */

/**
 * @param {(callback: () => void) => void} pulse makes a call that answers soon, in whatever way
 * @returns {Clock}
 */
export function openClock(pulse) {
    const hasTimers = typeof setTimeout === "function" && typeof clearTimeout === "function";
    return hasTimers ? systemClock : pulseClock(pulse);
}

/**
 * @param {(callback: () => void) => void} pulse
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
