// @ts-check
// The part of Thunderbird that the add-in uses, in memory.

import { readFile } from "node:fs/promises";

/** The add-in as it is installed. */
export const ADDIN = new URL("../../../dist/thunderbird/addin/", import.meta.url);

export class FakeEvent {
    /** @type {((...args: any[]) => any)[]} */
    listeners = [];

    /** @param {(...args: any[]) => any} listener */
    addListener(listener) {
        this.listeners.push(listener);
    }

    /** @param {(...args: any[]) => any} listener */
    removeListener(listener) {
        this.listeners = this.listeners.filter((one) => one !== listener);
    }

    /** @param {any[]} args */
    fire(...args) {
        return this.listeners.map((listener) => listener(...args));
    }
}

class FakeStorage {
    /** @type {Record<string, any>} */
    values = {};
    isBroken = false;

    /** @param {string | string[] | null} [keys] */
    async get(keys = null) {
        this.#check();
        const wanted = keys === null ? Object.keys(this.values) : [keys].flat();
        return Object.fromEntries(
            wanted.filter((key) => key in this.values).map((key) => [key, structuredClone(this.values[key])]),
        );
    }

    /** @param {Record<string, unknown>} values */
    async set(values) {
        this.#check();
        Object.assign(this.values, structuredClone(values));
    }

    /** @param {string | string[]} keys */
    async remove(keys) {
        this.#check();
        for (const key of [keys].flat()) {
            delete this.values[key];
        }
    }

    #check() {
        if (this.isBroken) {
            throw new Error("QuotaExceededError");
        }
    }
}

/** A Thunderbird with one draft for each tab. */
// eslint-disable-next-line max-lines-per-function -- one member for each that the add-in calls
export function fakeMessenger() {
    /** @type {Record<number, any>} */
    const drafts = {};
    /** @type {Record<string, { name: string, vCards: string[] }>} */
    const lists = {};
    /** @type {[name: string, ...args: any[]][]} */
    const calls = [];
    const log =
        (/** @type {string} */ name, /** @type {any} */ answer = undefined) =>
        async (/** @type {any[]} */ ...args) => {
            calls.push([name, ...args]);
            return typeof answer === "function" ? answer(...args) : answer;
        };
    // The number of the newest window.
    let created = 6;
    const area = () => new FakeStorage();
    const messenger = {
        compose: {
            onBeforeSend: new FakeEvent(),
            onAfterSend: new FakeEvent(),
            onComposeStateChanged: new FakeEvent(),
            getComposeDetails: log("getComposeDetails", (/** @type {number} */ tabId) => {
                if (!drafts[tabId]) {
                    throw new Error("no such tab");
                }
                return structuredClone(drafts[tabId]);
            }),
            setComposeDetails: log("setComposeDetails", (/** @type {number} */ tabId, /** @type {object} */ details) => {
                Object.assign(drafts[tabId], details);
            }),
            listAttachments: log("listAttachments", (/** @type {number} */ tabId) => drafts[tabId].attachments ?? []),
            sendMessage: log("sendMessage"),
        },
        composeAction: {
            setBadgeText: log("setBadgeText"),
            setBadgeBackgroundColor: log("setBadgeBackgroundColor"),
            setTitle: log("setTitle"),
            enable: log("enable"),
            disable: log("disable"),
            openPopup: log("openPopup", true),
        },
        addressBooks: {
            list: log("addressBooks.list", [{ id: "book" }]),
            mailingLists: {
                list: log("mailingLists.list", () => Object.entries(lists).map(([id, { name }]) => ({ id, name }))),
                listMembers: log("listMembers", (/** @type {string} */ id) =>
                    (lists[id]?.vCards ?? []).map((vCard, index) => ({ id: String(index), vCard })),
                ),
            },
        },
        messengerUtilities: {
            parseMailboxString: log("parseMailboxString", (/** @type {string} */ text) => {
                const [, name = "", email = text] = /^"?(.*?)"? <"?(.*?)"?>$/.exec(text) ?? [];
                return [{ name, email }];
            }),
        },
        storage: {
            local: area(),
            session: area(),
            managed: { get: async () => Promise.reject(new Error("Managed storage manifest not found")) },
            onChanged: new FakeEvent(),
        },
        alarms: {
            onAlarm: new FakeEvent(),
            create: log("alarms.create"),
            clear: log("alarms.clear", true),
            get: log("alarms.get"),
        },
        i18n: {
            getMessage: (/** @type {string} */ key, /** @type {any} */ value = "") => `${key} ${value}`.trim(),
            getUILanguage: () => "en",
        },
        runtime: {
            onMessage: new FakeEvent(),
            onStartup: new FakeEvent(),
            onInstalled: new FakeEvent(),
            onUpdateAvailable: new FakeEvent(),
            reload: log("runtime.reload"),
            getURL: (/** @type {string} */ path) => `moz-extension://id/${path}`,
            getManifest: () => ({ version: "0.1.0" }),
            getContexts: log("getContexts", []),
            sendMessage: log("runtime.sendMessage"),
        },
        tabs: {
            onCreated: new FakeEvent(),
            onRemoved: new FakeEvent(),
            get: log("tabs.get", (/** @type {number} */ id) => {
                if (!drafts[id]) {
                    throw new Error("no such tab");
                }
                return { id, windowId: id + 100, type: "messageCompose" };
            }),
            query: log("tabs.query", (/** @type {any} */ { windowId, type }) => {
                const ids = type === "messageCompose" ? Object.keys(drafts).map(Number) : [windowId - 100];
                return ids.filter((id) => drafts[id]).map((id) => ({ id, windowId: id + 100, type: "messageCompose" }));
            }),
            create: log("tabs.create", { id: 99 }),
        },
        windows: {
            WINDOW_ID_NONE: -1,
            onCreated: new FakeEvent(),
            onRemoved: new FakeEvent(),
            onFocusChanged: new FakeEvent(),
            get: log("windows.get", (/** @type {number} */ id) => ({ id, left: 100, top: 50, width: 1000, height: 700 })),
            create: log("windows.create", () => ({ id: (created += 1), type: "popup" })),
            remove: log("windows.remove"),
            update: log("windows.update"),
            openDefaultBrowser: log("openDefaultBrowser"),
        },
    };
    const count = (/** @type {string} */ name) => calls.filter(([called]) => called === name).length;
    return { messenger, drafts, lists, calls, count };
}

/** The answers of `fetch` in an extension's page: its own files. */
export async function fetchFile(/** @type {string | URL} */ url) {
    try {
        return new Response(await readFile(new URL(url)));
    } catch {
        throw new TypeError("NetworkError when attempting to fetch resource.");
    }
}
