// @ts-check
// The settings in force.

/**
 * @typedef {object} Settings
 * @property {any} policy complete
 * @property {object | null} checkerPolicy what `new Checker()` takes
 * @property {"managed" | "server" | "last-good" | "default"} source
 * @property {any} backend
 * @property {string[]} muted domains that the sender muted
 */

const DEFAULT_URL = new URL("../policy/default.json", import.meta.url);

/** @returns {Promise<Settings>} */
export async function loadSettings() {
    /** @type {any} */
    let policy = null;
    try {
        policy = (await messenger.storage.managed.get("policy")).policy ?? null;
    } catch {
        // Nothing is managed here.
    }
    const defaults = await (await fetch(DEFAULT_URL)).json();
    return {
        policy: { ...defaults, ...policy, override: { ...defaults.override, ...policy?.override } },
        checkerPolicy: policy,
        source: policy ? "managed" : "default",
        backend: null,
        muted: [],
    };
}

/** @param {() => void} callback */
export function onSettingsChanged(callback) {
    void callback;
}

/** @param {string} domain */
export async function mute(domain) {
    void domain;
}

/** @param {string} domain */
export async function unmute(domain) {
    void domain;
}

export function startPolicyRefresh() {}

/**
 * The event page has been woken by an alarm.
 *
 * @param {string} name
 */
export async function onAlarm(name) {
    void name;
}
