// @ts-check
// What an add-in can keep: `Office.SessionData` for an item, `Office.RoamingSettings` for a mailbox.

import { ArgumentError, CallError, readString } from "./calls.js";

/** All keys and values of an item together, in characters. */
const MAX_SESSION = 50_000;
const MAX_SESSION_16 = 2_621_440;

/** All settings as JSON, in characters. */
const MAX_SETTINGS = 32_768;

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 */
export function makeSessionData(outlook, calls) {
    const data = () => outlook.draft.sessionData;
    const limit = outlook.set >= 16 ? MAX_SESSION_16 : MAX_SESSION;
    return Object.freeze({
        setAsync(/** @type {unknown} */ givenName, /** @type {unknown} */ givenValue, /** @type {unknown[]} */ ...tail) {
            const name = readString(givenName, "name");
            const value = readString(givenValue, "value");
            calls.take("sessionData.setAsync", tail, () => {
                const next = new Map(data()).set(name, value);
                const size = [...next].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
                if (size > limit) {
                    throw new CallError(9058, "SessionDataLimitExceeded", `Session data can't exceed ${limit} characters.`);
                }
                data().set(name, value);
            });
        },
        getAsync(/** @type {unknown} */ givenName, /** @type {unknown[]} */ ...tail) {
            const name = readString(givenName, "name");
            const work = () => {
                const value = data().get(name);
                if (value === undefined) {
                    throw new CallError(9057, "SessionDataKeyNotFound", "There is no session data with the provided key.");
                }
                return value;
            };
            calls.take("sessionData.getAsync", tail, work, { needsCallback: true });
        },
        getAllAsync(/** @type {unknown[]} */ ...tail) {
            const work = () => Object.fromEntries(data());
            calls.take("sessionData.getAllAsync", tail, work, { needsCallback: true });
        },
        removeAsync(/** @type {unknown} */ givenName, /** @type {unknown[]} */ ...tail) {
            const name = readString(givenName, "name");
            calls.take("sessionData.removeAsync", tail, () => void data().delete(name));
        },
        clearAsync(/** @type {unknown[]} */ ...tail) {
            calls.take("sessionData.clearAsync", tail, () => data().clear());
        },
    });
}

/**
 * A runtime reads the settings when it starts and works on its own copy; saving writes all of that copy.
 *
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 */
export function makeRoamingSettings(outlook, calls) {
    /** @type {Record<string, unknown>} */
    const copy = JSON.parse(outlook.mailbox.settings);
    return Object.freeze({
        get(/** @type {unknown} */ name) {
            return structuredClone(copy[readString(name, "name")]);
        },
        set(/** @type {unknown} */ name, /** @type {unknown} */ value) {
            if (typeof value === "function" || typeof value === "symbol" || value === undefined) {
                throw new ArgumentError("type", "value");
            }
            copy[readString(name, "name")] = JSON.parse(JSON.stringify(value));
        },
        remove(/** @type {unknown} */ name) {
            delete copy[readString(name, "name")];
        },
        saveAsync(/** @type {unknown[]} */ ...tail) {
            const json = JSON.stringify(copy);
            calls.take("roamingSettings.saveAsync", tail, () => {
                if (json.length > MAX_SETTINGS) {
                    throw new CallError(9019, "GenericSettingsError", "The settings exceed 32 KB.");
                }
                outlook.mailbox.settings = json;
                outlook.changed();
            });
        },
    });
}
