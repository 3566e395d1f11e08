// @ts-check
// The client's key for the organisation's server, stored with the mailbox in the roaming settings.

/** @typedef {import("../shared/backend.js").Enrolment} Enrolment */

export const KEY_KEY = "milguard.key";

/** No message waits for this, so it allows for a slow connection. */
const SAVE_MS = 10_000;

/**
 * @param {any} settings `Office.context.roamingSettings`
 * @param {import("./calls.js").Calls} calls
 * @param {string} clientVersion
 * @param {number} [saveMs]
 * @returns {Enrolment}
 */
export function enrolmentOf(settings, calls, clientVersion, saveMs = SAVE_MS) {
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
