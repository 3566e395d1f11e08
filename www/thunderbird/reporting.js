// @ts-check
// Events about warnings, for the organisation's server. Only the event page writes them, so that no two pages
// write over one another; nothing waits for this.

import { describeEvents, EventQueue } from "../shared/events.js";
import { loadSettings } from "./settings.js";

/** @typedef {import("../shared/events.js").Decision} Decision */

const ALARM = "events";

/** Between two attempts, and from one event to its batch where more may follow. */
const PAUSE_MS = 60_000;

/** As in `settings.js`: after what has woken the page. */
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
        // Without a server there is nobody to tell, and nothing is kept.
        if (backend) {
            const clientVersion = messenger.runtime.getManifest().version;
            await queue.add(describeEvents(decision, { host: "thunderbird", clientVersion, policy }));
            await deliver();
        }
    } catch {
        // Reporting never gets in the way.
    }
}

/** Begins to send what an earlier session has left. */
export function startReporting() {
    setTimeout(() => void deliver(), START_MS);
}

/**
 * The event page has been woken by an alarm.
 *
 * @param {string} name
 */
export async function onAlarm(name) {
    if (name === ALARM) {
        await deliver();
    }
}

/** How many events wait for the server, and how many were lost to the bounds. */
export function reportingStatus() {
    return queue.status();
}

/** Sends what waits. The add-in tries again to send the rest when the alarm rings, even if the page sleeps. */
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
        // With the next event.
    }
}
