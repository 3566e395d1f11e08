// @ts-check
// The client's key for the organisation's server, stored with the mailbox in the roaming settings.

import { PATIENT_SAVE_MS } from "./spool.js";

/** @typedef {import("../shared/backend.js").Enrolment} Enrolment */

export const KEY_KEY = "milguard.key";

/**
 * @param {Office.RoamingSettings} settings
 * @param {import("./calls.js").Calls} calls
 * @param {string} clientVersion
 * @param {number} [saveMs]
 * @returns {Enrolment}
 */
export function enrolmentOf(settings, calls, clientVersion, saveMs = PATIENT_SAVE_MS) {
    return {
        host: "outlook",
        clientVersion,
        load: () => JSON.parse(settings.get(KEY_KEY) ?? "null"),
        async save(kept) {
            settings.set(KEY_KEY, JSON.stringify(kept));
            const until = calls.clock.now() + saveMs;
            await calls.make((callback) => settings.saveAsync(callback), { until });
        },
    };
}
