// @ts-check
// Outlook on the web, as Office.js sees it from a frame: messages between windows, as `outlook-web-16.01.debug.js` writes and
// reads them.

import { EVENT_COMPLETED, HostFrame } from "./calls.js";

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */
/** @typedef {import("../../../www/try/outlook/office/outlook.js").Outlook} Outlook */

const APP_OUTLOOK_ON_THE_WEB = 64;

/** How host and add-in pass the focus to each other (some of `OSF.AgaveHostAction`). */
const ENTRIES = Object.freeze({ TabIn: 11, TabInShift: 12 });
/** @type {Readonly<Record<number, string>>} */
const EXITS = Object.freeze({
    5: "CtrlF6Exit",
    6: "CtrlF6ExitShift",
    13: "TabExit",
    14: "TabExitShift",
    15: "EscExit",
    16: "F2Exit",
    17: "ExitNoFocusable",
    18: "ExitNoFocusableShift",
});

/** The action by which Office.js passes on a combination of keys. */
const KEYBOARD_SHORTCUTS = 39;

let opened = 0;

/** @extends {HostFrame<MessageEvent>} */
export class Bridge extends HostFrame {
    /** The keys that Office.js has passed on. @type {{ keyCode: number, altKey: boolean, ctrlKey: boolean, metaKey: boolean }[]} */
    shortcuts = [];
    #conversation;
    #id;
    #onExit;

    /**
     * @param {Outlook} outlook
     * @param {Runtime} runtime whose `Office` is asked
     * @param {import("./calls.js").Frame} how
     */
    constructor(outlook, runtime, how) {
        super(outlook, runtime, how);
        opened += 1;
        this.#onExit = how.onExit ?? (() => {});
        this.#conversation = `conversation-${opened}`;
        this.#id = `addin-${opened}`;
        this.frame.name = JSON.stringify({
            hostInfo: `Outlook|Web|16.01|${this.calls.language}|correlation-${opened}||`,
            xdmInfo: `${this.#conversation}|${this.#id}|${location.origin}/mail/`,
            serializerVersion: 1,
        });
    }

    /**
     * Lets the focus come into the pane, as the host does when a person gets there with the keyboard.
     *
     * @param {"TabIn" | "TabInShift"} action
     */
    enter(action) {
        const message = {
            _messageType: 0,
            _conversationId: `${this.#conversation}_ntf`,
            _actionName: "Office_notifyAgave",
            _actionType: 0,
            _correlationId: 1,
            _origin: location.origin,
            _serializerVersion: 1,
            _data: [ENTRIES[action]],
        };
        this.frame.contentWindow?.postMessage(JSON.stringify(message), this.url.origin);
    }

    /**
     * @override
     * @param {string} name
     * @param {unknown[]} data
     */
    send(name, data) {
        const event = this.events.get(name);
        if (event) {
            this.#post(event, { _actionName: name, _correlationId: 0, _errorCode: 0, _responseType: 1, _data: data });
        }
    }

    /**
     * @param {MessageEvent} to
     * @param {object} message
     */
    #post(to, message) {
        const whole = {
            _serializerVersion: 1,
            _messageType: 1,
            _conversationId: this.#conversation,
            _origin: location.origin,
            ...message,
        };
        /** @type {Window} */ (to.source).postMessage(JSON.stringify(whole), { targetOrigin: to.origin });
    }

    /**
     * @override
     * @param {MessageEvent} event
     */
    handleEvent(event) {
        let message;
        try {
            message = JSON.parse(event.data);
        } catch {
            return;
        }
        if (message._messageType !== 0 || message._conversationId !== this.#conversation) {
            return;
        }
        const { _actionName, _correlationId } = message;
        const reply = (/** @type {unknown} */ data) =>
            this.#post(event, { _actionName, _correlationId, _errorCode: 0, _responseType: 0, _data: data });
        if (message._actionType === 1) {
            this.events.set(_actionName, event);
            const tell = (/** @type {string} */ fields) => this.send(_actionName, [fields]);
            this.calls.watch(_actionName, tell, (status) => reply({ Error: status }));
        } else if (message._actionType === 2) {
            this.events.delete(_actionName);
            reply({ Error: 0 });
        } else {
            this.#answer(_actionName, message._data, reply);
        }
    }

    /**
     * @param {string} name
     * @param {any} data
     * @param {(data: unknown) => void} reply
     */
    #answer(name, data, reply) {
        switch (name) {
            case "ContextActivationManager_getAppContextAsync":
                reply(this.#context());
                return;
            case "GetInitialData":
                reply(this.calls.initialData("15.20.9000.0"));
                return;
            case "ExecuteMethod":
                this.calls.execute(data.MethodData.DispatchId, data.ApiParams ?? {}, reply);
                return;
            case "executeMethod":
                if (data.DdaMethod?.DispatchId === EVENT_COMPLETED) {
                    this.complete(data);
                }
                reply({ Version: 1, Error: 0 });
                return;
            case "ContextActivationManager_notifyHost":
                this.#hear(data?.[1], data?.[2]);
                reply(null);
                return;
            default:
                reply(null);
        }
    }

    /**
     * Office.js also tells when the pane has got the focus and when it has lost it; nothing follows from that.
     *
     * @param {number} action
     * @param {any} details
     */
    #hear(action, details) {
        if (action === KEYBOARD_SHORTCUTS) {
            this.shortcuts.push(details);
        }
        const exit = EXITS[action];
        if (exit !== undefined) {
            this.exits.push(exit);
            this.#onExit();
        }
    }

    #context() {
        const { language, settings, requirements } = this.calls;
        return {
            _id: this.#id,
            _appName: APP_OUTLOOK_ON_THE_WEB,
            _appVersion: "16.01",
            _appUILocale: language,
            _dataLocale: language,
            _docUrl: `${location.origin}/mail/`,
            _clientMode: 0,
            _settings: JSON.parse(settings),
            _reason: "documentOpened",
            _osfControlType: 0,
            _eToken: "",
            _correlationId: "c",
            _requirementMatrix: requirements,
            _addinName: "Milguard",
            _appDomains: [],
            _featureGates: {},
        };
    }
}
