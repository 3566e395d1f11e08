// @ts-check
// A simulated Outlook with one item being written: the state of the client, the parts that add-ins may read and change,
// and the events that add-ins get. Written from Microsoft's documentation. It uses neither DOM nor network; the caller
// gives it a clock.
//
// It does not simulate other properties of the item, messages that are read, saving, sending by the add-in, other add-ins,
// or the faults of single builds of Outlook.

import { CLIENTS, hasEvent } from "./clients.js";
import { FIELDS, RECIPIENTS_CHANGED } from "./item.js";
import { makeRuntime } from "./office.js";
import { Send } from "./send.js";

/** @typedef {import("./recipients.js").Entry} Entry */
/** @typedef {import("./calls.js").Fault} Fault */
/** @typedef {import("./office.js").Runtime} Runtime */
/** @typedef {"PromptUser" | "SoftBlock" | "Block"} SendMode */

/**
 * The parts of the manifest that Outlook acts on.
 *
 * @typedef {object} Manifest
 * @property {string} name of the add-in
 * @property {SendMode} sendMode
 * @property {Record<string, string>} events the function for each type of event
 * @property {Record<string, string>} [mobileEvents] the function for each type of event on phones; if missing, `events` counts
 * @property {string[]} controls that open the pane
 * @property {string[]} icons
 */

/**
 * @typedef {object} Draft
 * @property {"message" | "appointment"} kind
 * @property {Record<string, Entry[]>} fields the resolved recipients
 * @property {Record<string, string>} unresolved typed text that is not resolved; add-ins do not see it
 * @property {string} subject
 * @property {string} body
 * @property {string[]} attachments
 * @property {Map<string, import("./notifications.js").Notification>} notifications
 * @property {Map<string, string>} sessionData
 * @property {string} customProperties as JSON
 */

/**
 * @typedef {object} Settings
 * @property {string} client a key of `CLIENTS`
 * @property {number} set minor version of Mailbox 1.x
 * @property {number} latencyMs of each asynchronous call
 * @property {Record<string, Fault>} faults by method: `to.getAsync`, `to.*`, `*.setAsync`, `*`
 * @property {boolean} isSessionHidden whether the runtime of an event does not see session data of other runtimes
 * @property {boolean} arePropertiesHidden whether the runtime of an event does not see custom properties
 * @property {boolean} isReplaceBroken whether replacing a notification leaves the previous one (office-js issue 6650)
 * @property {(work: () => void, ms: number) => unknown} schedule
 * @property {() => number} now ms
 */

/**
 * Loads the add-in's script with `Office` in its global scope; returns a function that ends that
 * runtime.
 *
 * @typedef {(runtime: Runtime) => Promise<() => void>} Load
 */

/** @typedef {{ time: number, text: string, isViolation: boolean }} Log */

const MAX_LOG = 200;

export class Outlook {
    /** @type {Draft} */
    draft;
    /** The state of the mailbox, which all items share. */
    mailbox = {
        settings: "{}",
        /** The settings in the encoding of Office.js, if the real Office.js stores them here. @type {string | undefined} */
        bridged: undefined,
        language: "en-US",
        user: { displayName: "Ann Lee", emailAddress: "ann@contractor.example" },
    };
    /** @type {Log[]} */
    log = [];
    /** @type {Settings} */
    settings;
    /** @type {Manifest} */
    manifest;
    #load;
    /** @type {Set<() => void>} */
    #watchers = new Set();
    /** @type {Set<Runtime>} */
    #panes = new Set();
    /** The events of one item run one after the other. @type {Promise<unknown>} */
    #queue = Promise.resolve();

    /**
     * @param {object} options
     * @param {Manifest} options.manifest
     * @param {Load} options.load
     * @param {Partial<Settings>} [options.settings]
     * @param {"message" | "appointment"} [options.kind]
     * @param {string} [options.language] BCP 47
     */
    constructor({ manifest, load, settings = {}, kind = "message", language = "en-US" }) {
        this.manifest = manifest;
        this.#load = load;
        this.settings = {
            client: "web",
            set: 16,
            latencyMs: 0,
            faults: {},
            isSessionHidden: false,
            arePropertiesHidden: false,
            isReplaceBroken: false,
            schedule: (work, ms) => setTimeout(work, ms),
            now: () => Date.now(),
            ...settings,
        };
        this.mailbox.language = language;
        this.draft = newDraft(kind);
    }

    get client() {
        return /** @type {import("./clients.js").Client} */ (CLIENTS[this.settings.client]);
    }

    /** The minor version of the requirement set that the client announces. */
    get set() {
        return Math.min(this.settings.set, this.client.newest);
    }

    /** @param {() => void} watcher called after each change of the screen */
    watch(watcher) {
        this.#watchers.add(watcher);
    }

    changed() {
        this.#watchers.forEach((watcher) => watcher());
    }

    /**
     * @param {string} text
     * @param {boolean} [isViolation] whether the documentation forbids what the add-in did
     */
    note(text, isViolation = false) {
        this.log.push({ time: this.settings.now(), text, isViolation });
        this.log.splice(0, this.log.length - MAX_LOG);
        this.changed();
    }

    /** The forbidden actions of the add-in. */
    violations() {
        return this.log.filter(({ isViolation }) => isViolation).map(({ text }) => text);
    }

    /**
     * @param {string} method `to.getAsync`
     * @returns {Fault | null}
     */
    faultOf(method) {
        const { faults } = this.settings;
        const [object, name] = method.split(".");
        return faults[method] ?? faults[`${object}.*`] ?? faults[`*.${name}`] ?? faults["*"] ?? null;
    }

    // ---- what the person does ---------------------------------------------------------------------------

    /**
     * Opens a new window with an empty item, or with recipients.
     *
     * @param {"message" | "appointment"} kind
     * @param {Record<string, Entry[]>} [fields]
     */
    async open(kind, fields = {}) {
        this.#panes.clear();
        this.draft = newDraft(kind);
        Object.assign(this.draft.fields, fields);
        this.changed();
        const opening = kind === "message" ? ["OnNewMessageCompose", "OnMessageCompose"] : ["OnAppointmentOrganizer"];
        await Promise.all(opening.map((type) => this.#launch(type, {})));
    }

    /**
     * Replaces the recipients of a field, as the person or an add-in does.
     *
     * @param {string} field
     * @param {Entry[]} entries
     */
    setField(field, entries) {
        this.draft.fields[field] = entries;
        this.changed();
        const changedRecipientFields = Object.fromEntries(
            [...FIELDS.message, ...FIELDS.appointment, "resources"].map((name) => [name, name === field]),
        );
        const event = { type: RECIPIENTS_CHANGED, changedRecipientFields };
        for (const pane of this.#panes) {
            for (const handler of pane.handlers.get(RECIPIENTS_CHANGED) ?? []) {
                this.settings.schedule(() => handler(Object.freeze({ ...event })), 0);
            }
        }
        const type = this.draft.kind === "message" ? "OnMessageRecipientsChanged" : "OnAppointmentAttendeesChanged";
        void this.#launch(type, event);
    }

    /** Resolves when all events so far have been answered. */
    async settled() {
        await this.#queue;
    }

    /**
     * Starts the pane's runtime.
     *
     * @param {string} [contextData]
     */
    openPane(contextData = "") {
        const pane = makeRuntime(this, { kind: "pane", contextData });
        this.#panes.clear();
        this.#panes.add(pane);
        return pane;
    }

    closePane() {
        this.#panes.clear();
    }

    /** Presses Send. @returns {Send} */
    send() {
        const type = this.draft.kind === "message" ? "OnMessageSend" : "OnAppointmentSend";
        return new Send(this, hasEvent(this.client, this.set, type) ? this.#functionOf(type) : undefined, type);
    }

    /** @param {string} type */
    #functionOf(type) {
        const { events, mobileEvents } = this.manifest;
        return (this.client.hostName === "OutlookAndroid" ? (mobileEvents ?? events) : events)[type];
    }

    // ---- events -----------------------------------------------------------------------------------------

    /**
     * Starts a runtime for one event. Rejects if the script cannot be loaded or lacks the function.
     *
     * @param {string} name
     * @returns {Promise<{ action: (event: object) => unknown, end: () => void }>}
     */
    async start(name) {
        const runtime = makeRuntime(this, { kind: "event" });
        const end = await this.#load(runtime);
        const action = runtime.functions.get(name);
        if (!action) {
            end();
            throw new Error(`the script does not associate ${name}`);
        }
        return { action, end };
    }

    /**
     * @param {string} type
     * @param {object} details
     */
    #launch(type, details) {
        const name = this.#functionOf(type);
        if (name === undefined || !hasEvent(this.client, this.set, type)) {
            return Promise.resolve();
        }
        const draft = this.draft;
        this.#queue = this.#queue.then(async () => {
            if (draft !== this.draft) {
                return;
            }
            const start = this.settings.now();
            try {
                const { action, end } = await this.start(name);
                await this.#run(action, { type, ...details }).finally(end);
                this.note(`${type}: completed in ${Math.round(this.settings.now() - start)} ms`);
            } catch (error) {
                this.note(`${type}: ${error}`, true);
            }
        });
        return this.#queue;
    }

    /**
     * @param {(event: object) => unknown} action
     * @param {{ type: string }} details
     * @returns {Promise<void>}
     */
    #run(action, details) {
        return new Promise((resolve, reject) => {
            let isCompleted = false;
            const event = {
                ...details,
                completed: () => {
                    if (isCompleted) {
                        this.note(`${details.type}: completed twice`, true);
                    }
                    isCompleted = true;
                    resolve();
                },
            };
            this.settings.schedule(() => reject(new Error("not completed in five minutes")), EVENT_MS);
            try {
                action(event);
            } catch (error) {
                reject(error);
            }
        });
    }
}

/** Outlook ends an event that takes longer than this. */
const EVENT_MS = 300_000;

/**
 * @param {"message" | "appointment"} kind
 * @returns {Draft}
 */
function newDraft(kind) {
    return {
        kind,
        fields: Object.fromEntries(FIELDS[kind].map((field) => [field, []])),
        unresolved: {},
        subject: "",
        body: "",
        attachments: [],
        notifications: new Map(),
        sessionData: new Map(),
        customProperties: "{}",
    };
}
