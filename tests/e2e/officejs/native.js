// @ts-check
// Outlook for desktops and phones, as Office.js sees it. These clients have one list of calls and four ways to make
// them (`outlook-mac-16.00`, `outlook-ios-16.00`, `outlook-android-16.00` and `outlook-win32-16.02.debug.js`):
// arguments come as a list, in the order of `convertToOutlookNativeParameters`, and an answer is a list with JSON and
// an error code. native-frame.js has the four ways.

import { EVENT_COMPLETED, HostFrame } from "./calls.js";

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */
/** @typedef {import("../../../www/try/outlook/office/outlook.js").Outlook} Outlook */
/** @typedef {"Mac" | "Mac, functions" | "Mac, external" | "iOS" | "Android" | "Windows"} Platform */

/** The name in the address of the page, and the number of the program. */
const PLATFORMS = Object.freeze({
    Mac: { name: "Mac", file: "16.00", app: 8 },
    "Mac, functions": { name: "Mac", file: "16.00", app: 8 },
    "Mac, external": { name: "Mac", file: "16.00", app: 8 },
    iOS: { name: "iOS", file: "16.00", app: 65_536 },
    Android: { name: "Android", file: "16.00", app: 4_194_304 },
    Windows: { name: "Win32", file: "16.02", app: 8 },
});

const INITIAL_DATA = 1;

/** @type {Readonly<Record<number, string>>} */
const EVENTS = Object.freeze({ 39: "appCommandInvoked", 47: "olkRecipientsChanged" });

/** The one setting in which desktops and phones keep all settings of an add-in. */
const SETTINGS = "SettingsKey";

const VERSION = "16.0.19000.20000";

let opened = 0;

/** @extends {HostFrame<number>} */
export class NativeBridge extends HostFrame {
    #id;

    /**
     * @param {Outlook} outlook
     * @param {Runtime} runtime
     * @param {import("./calls.js").Frame} how
     * @param {Platform} platform
     */
    constructor(outlook, runtime, how, platform) {
        super(outlook, runtime, how);
        opened += 1;
        this.#id = `native-${opened}`;
        const { name, file } = PLATFORMS[platform];
        const hostInfo = `Outlook$${name}$${file}$${this.calls.language}$correlation-${opened}$$$`;
        this.url.searchParams.set("_host_Info", hostInfo);
        /** @type {import("./native-frame.js").Native} */
        const native = { id: this.#id, platform, context: this.#context(platform), hostInfo };
        this.frame.name = JSON.stringify({ native });
    }

    /**
     * @override
     * @param {string} name
     * @param {unknown[]} payload
     */
    send(name, payload) {
        const event = this.events.get(name);
        if (event !== undefined) {
            this.#post({ event, payload });
        }
    }

    /** @param {object} message */
    #post(message) {
        this.frame.contentWindow?.postMessage({ native: this.#id, ...message }, this.url.origin);
    }

    /**
     * @override
     * @param {MessageEvent} event
     */
    handleEvent({ data, source }) {
        if (data?.native !== this.#id || source !== this.frame.contentWindow) {
            return;
        }
        const { serial, kind, number, given } = data;
        const reply = (/** @type {unknown} */ answer) => this.#post({ serial, answer });
        const name = EVENTS[number] ?? "";
        switch (kind) {
            case "register":
                this.events.set(name, number);
                this.calls.watch(name, (fields) => this.send(name, [fields]), reply);
                return;
            case "unregister":
                this.events.delete(name);
                reply(0);
                return;
            case "save":
                this.calls.saveSettings(JSON.parse(given.values[given.keys.indexOf(SETTINGS)]), () => reply(null));
                return;
            default:
                this.#execute(number, given ?? [], reply);
        }
    }

    /**
     * @param {number} dispatchId
     * @param {any[]} list
     * @param {(answer: unknown) => void} reply
     */
    #execute(dispatchId, list, reply) {
        if (dispatchId === EVENT_COMPLETED) {
            this.complete(list);
            reply([0]);
        } else if (dispatchId === INITIAL_DATA) {
            reply([JSON.stringify(this.calls.initialData(VERSION)), 0]);
        } else {
            this.calls.execute(dispatchId, named(dispatchId, list), (answer) =>
                reply([JSON.stringify(answer), answer.error === true ? answer.errorCode : 0]),
            );
        }
    }

    /**
     * The data that Office.js asks for first, in the order of `AppContextProperties`.
     *
     * @param {Platform} platform
     * @returns {unknown[]}
     */
    #context(platform) {
        const { language, settings, requirements } = this.calls;
        const saved = settings === "{}" ? [[], []] : [[SETTINGS], [settings]];
        const versions = [16, 0, 19_000, 20_000];
        const modes = [0, language, language, 0, `${location.origin}/mail/`, 2, 0, ""];
        const ids = ["1.1", "c", this.#id, false, false, requirements];
        return [saved, this.#id, PLATFORMS[platform].app, ...versions, ...modes, ...ids, ...(platform === "Android" ? [] : ["", VERSION, 0])];
    }
}

/**
 * The arguments by the names that they have in Outlook on the web. Arguments without a place of their own are in the
 * last one, as JSON.
 *
 * @param {number} dispatchId
 * @param {any[]} list
 * @returns {any}
 */
function named(dispatchId, list) {
    const [first, second, third, fourth, fifth] = list;
    const last = list.at(-1);
    const others = typeof last === "string" && last.startsWith("{") ? JSON.parse(last) : {};
    switch (dispatchId) {
        case 4:
            return { customProperties: JSON.parse(first) };
        case 15:
            return { recipientField: first };
        case 21:
        case 22:
            return {
                recipientField: first,
                recipientArray: second.map((/** @type {string[]} */ [address, name]) => ({ address, name })),
            };
        case 33:
        case 35: {
            const actions = typeof others.actions === "string" ? JSON.parse(others.actions) : others.actions;
            return { key: first, type: second, persistent: third, message: fourth, icon: fifth, actions };
        }
        case 36:
            return { key: first };
        default:
            return others;
    }
}
