// @ts-check
// Sends events about warnings to the organisation's server. Only the event page stores them, so that no two pages
// overwrite each other's events. No message waits for this.

import { describeEvents, EventQueue } from "../shared/events.js";
import { loadSettings } from "./settings.js";

/** @typedef {import("../shared/events.js").Decision} Decision */

const ALARM = "events";

/** The pause between two attempts, and the time in which further events join a batch. */
const PAUSE_MS = 60_000;

/** As in `settings.js`: sending begins this long after the page wakes, so that it delays no message. */
const START_MS = 1000;

const queue = new EventQueue(
    {
        load: async () => (await messenger.storage.local.get(ALARM))[ALARM],
        save: (spool) => messenger.storage.local.set({ [ALARM]: spool }),
    },
    async () => (await loadSettings()).backend,
);

/**
 * Never rejects.
 *
 * @param {Decision} decision
 */
export async function report(decision) {
    try {
        const { backend, policy } = await loadSettings();
        // Without a server the add-in stores no events.
        if (backend) {
            const clientVersion = messenger.runtime.getManifest().version;
            await queue.add(describeEvents(decision, { host: "thunderbird", clientVersion, policy }));
            await deliver();
        }
    } catch {
        // A failure to report must not stop a message.
    }
}

/** Begins to send the events that an earlier session left unsent. */
export function startReporting() {
    setTimeout(() => void deliver(), START_MS);
}

/**
 * Handles an alarm, which may have woken the event page.
 *
 * @param {string} name
 */
export async function onAlarm(name) {
    if (name === ALARM) {
        await deliver();
    }
}

/** How many events wait for the server, and how many were dropped because too many waited. */
export function reportingStatus() {
    return queue.status();
}

/** Sends the stored events. The add-in tries again to send the rest when the alarm rings, even if the page sleeps. */
async function deliver() {
    try {
        await queue.flush();
        const { waiting, notBefore } = await queue.status();
        if (waiting === 0) {
            await messenger.alarms.clear(ALARM);
        } else {
            const when = Math.max(notBefore, Date.now() + PAUSE_MS);
            await messenger.alarms.create(ALARM, { when });
        }
    } catch {
        // The add-in tries again with the next event.
    }
}
