// @ts-check
// The stores of an add-in: `Office.SessionData` and `Office.CustomProperties` for an item, `Office.RoamingSettings` for a
// mailbox.

import { ArgumentError, CallError, readCallbackFirst, readName, readString } from "./calls.js";

/** The most characters of all keys and values of an item together. */
const MAX_SESSION = 50_000;
const MAX_SESSION_16 = 2_621_440;

/** The most characters of all custom properties of an item, as JSON. */
const MAX_PROPERTIES = 2500;

/** The most characters of all settings together, after Office.js has encoded each value as JSON, and then all of them. */
const MAX_SETTINGS = 32_768;

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 * @param {"event" | "pane"} kind of the runtime
 */
export function makeSessionData(outlook, calls, kind) {
    const own = new Map();
    const isHidden = kind === "event" && outlook.settings.isSessionHidden;
    const data = () => (isHidden ? own : outlook.draft.sessionData);
    const limit = outlook.set >= 16 ? MAX_SESSION_16 : MAX_SESSION;
    return Object.freeze({
        setAsync(/** @type {unknown} */ givenName, /** @type {unknown} */ givenValue, /** @type {unknown[]} */ ...tail) {
            const name = readName(givenName, "name");
            const value = readString(givenValue, "value");
            calls.take("sessionData.setAsync", tail, () => {
                const next = new Map(data()).set(name, value);
                const size = [...next].reduce((sum, [key, text]) => sum + key.length + text.length, 0);
                if (size > limit) {
                    throw new CallError(
                        9051,
                        "SessionObjectMaxLengthExceeded",
                        `Session data can't exceed ${limit} characters.`,
                    );
                }
                data().set(name, value);
            });
        },
        getAsync(/** @type {unknown} */ givenName, /** @type {unknown[]} */ ...tail) {
            const name = readName(givenName, "name");
            const work = () => {
                const value = data().get(name);
                if (value === undefined) {
                    throw new CallError(9050, "KeyNotFound", "There is no session data with the provided key.");
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
            const name = readName(givenName, "name");
            calls.take("sessionData.removeAsync", tail, () => void data().delete(name));
        },
        clearAsync(/** @type {unknown[]} */ ...tail) {
            calls.take("sessionData.clearAsync", tail, () => data().clear());
        },
    });
}

/**
 * `loadCustomPropertiesAsync`: gives a copy of the properties, and `saveAsync` replaces all properties by that copy.
 *
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 * @param {"event" | "pane"} kind of the runtime
 * @param {readonly unknown[]} tail
 */
export function takeCustomProperties(outlook, calls, kind, tail) {
    const { draft } = outlook;
    const isHidden = kind === "event" && outlook.settings.arePropertiesHidden;
    const load = () => {
        /** @type {Record<string, unknown>} */
        const copy = JSON.parse(isHidden ? "{}" : draft.customProperties);
        return Object.freeze({
            get: (/** @type {unknown} */ name) => copy[readString(name, "name")],
            getAll: () => ({ ...copy }),
            set(/** @type {unknown} */ name, /** @type {unknown} */ value) {
                copy[readString(name, "name")] = value;
            },
            remove(/** @type {unknown} */ name) {
                delete copy[readString(name, "name")];
            },
            saveAsync(/** @type {unknown[]} */ ...rest) {
                const json = JSON.stringify(copy);
                if (json.length > MAX_PROPERTIES) {
                    throw new ArgumentError("range", "customProperties");
                }
                calls.take("customProperties.saveAsync", rest, () => {
                    draft.customProperties = json;
                });
            },
        });
    };
    calls.take("customProperties.loadAsync", tail, load, { needsCallback: true, readTail: readCallbackFirst });
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
            return structuredClone(copy[String(name)]);
        },
        set(/** @type {unknown} */ name, /** @type {unknown} */ value) {
            const json = JSON.stringify(value);
            copy[String(name)] = json === undefined ? undefined : JSON.parse(json);
        },
        remove(/** @type {unknown} */ name) {
            delete copy[String(name)];
        },
        saveAsync(/** @type {unknown[]} */ ...tail) {
            const json = JSON.stringify(copy);
            const encoded = Object.fromEntries(Object.entries(copy).map(([name, value]) => [name, JSON.stringify(value)]));
            calls.take("roamingSettings.saveAsync", tail, () => {
                if (JSON.stringify(encoded).length > MAX_SETTINGS) {
                    throw new CallError(9019, "GenericSettingsError", "The settings exceed 32 KB.");
                }
                outlook.mailbox.settings = json;
                outlook.changed();
            });
        },
    });
}
