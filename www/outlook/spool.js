// @ts-check
// Keeps events until a runtime with a network sends them to the organisation's server. The script that runs at Send
// often has no network, so it leaves its events in the mailbox's roaming settings; the pane and the page runtimes send
// them. Each runtime has its own copy of these settings, and Outlook keeps the last copy saved: some events may be
// lost.

import { EventQueue } from "../shared/events.js";

/** @typedef {import("../shared/events.js").Event} Event */
/** @typedef {import("../shared/events.js").Spool} Spool */
/** @typedef {import("../shared/backend.js").Backend} Backend */
/** @typedef {import("./calls.js").Calls} Calls */

export const SPOOL_KEY = "milguard.events";

const BOUNDS = Object.freeze({ maxEvents: 60, maxBytes: 18_000, batch: 60 });

/**
 * The most characters, as Office.js counts them. Outlook gives an add-in 32,768 in all; it does not save larger settings,
 * and reports no error. The difference is for the add-in's other settings.
 */
const MAX_COUNTED = 28_000;

/**
 * The longest wait for Outlook to save an event. Most saves are faster; with a longer wait, a slow one would delay Send.
 */
export const SAVE_MS = 400;

/** The longest wait for a save that delays nobody: a slow connection needs that long. */
export const PATIENT_SAVE_MS = 10_000;

/**
 * The queue in the roaming settings. `add` stores; `flush`, which only a runtime with a network may call, sends.
 *
 * @param {Office.RoamingSettings} settings
 * @param {Calls} calls
 * @param {() => Backend | null} [backend]
 * @param {number} [saveMs] the time after which `add` ends, stored or not
 */
export function openSpool(settings, calls, backend = () => null, saveMs = SAVE_MS) {
    return new EventQueue(roamingStore(settings, calls, saveMs), backend, BOUNDS);
}

/**
 * @param {Office.RoamingSettings} settings
 * @param {Calls} calls
 * @param {number} saveMs
 * @returns {import("../shared/events.js").Store}
 */
function roamingStore(settings, calls, saveMs) {
    /**
     * The ids of the events that this store has seen. Another runtime has added all others, which a save must not drop.
     * @type {Set<string>}
     */
    const known = new Set();
    return {
        async load() {
            const spool = parse(settings.get(SPOOL_KEY));
            spool?.events.forEach(({ id }) => known.add(id));
            return spool;
        },
        async save(spool) {
            const others = (parse(settings.get(SPOOL_KEY))?.events ?? []).filter(({ id }) => !known.has(id));
            spool.events.unshift(...others);
            spool.events.forEach(({ id }) => known.add(id));
            while (spool.events.length > 0 && isTooLarge(write(spool))) {
                spool.events.shift();
                spool.dropped += 1;
            }
            settings.set(SPOOL_KEY, write(spool));
            const until = calls.clock.now() + saveMs;
            await calls.make((callback) => settings.saveAsync(callback), { until });
        },
    };
}

/** @param {string} text */
function isTooLarge(text) {
    return text.length > BOUNDS.maxBytes || counted(text) > MAX_COUNTED;
}

/**
 * The size of a setting as Office.js counts it, in characters: Office.js encodes each value as JSON, and then the object of
 * all values. A quotation mark in a reason, which `text` holds encoded already, counts as eight.
 *
 * @param {string} text
 */
function counted(text) {
    return JSON.stringify({ [SPOOL_KEY]: JSON.stringify(text) }).length;
}

/**
 * The value as ASCII text, so that its length is its size in any encoding.
 *
 * @param {Spool} spool
 */
function write(spool) {
    return JSON.stringify(spool).replace(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${`000${unit.charCodeAt(0).toString(16)}`.slice(-4)}`,
    );
}

/**
 * @param {unknown} text
 * @returns {Spool | undefined} the events that can be read
 */
function parse(text) {
    try {
        const spool = JSON.parse(/** @type {string} */ (text));
        spool.events = spool.events.filter((/** @type {Partial<Event> | null} */ event) => typeof event?.id === "string");
        return spool;
    } catch {
        return undefined;
    }
}
