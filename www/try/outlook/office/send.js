// @ts-check
// One press of Send: runs the add-in's handler, shows the dialog that the documentation describes for the handler's answer,
// and takes the person's choice.

import { ArgumentError, readString } from "./calls.js";

/** @typedef {import("./outlook.js").Outlook} Outlook */
/** @typedef {import("./outlook.js").SendMode} SendMode */

/**
 * The effect of a button in the dialog.
 *
 * @typedef {"take-action" | "send-anyway" | "dont-send" | "try-later"} Button
 */

/**
 * Outlook's dialog. `alert`: the add-in asks. `slow`: the add-in has not answered in five seconds. `timeout`: it has not
 * answered in five minutes. `unavailable`: it could not be loaded.
 *
 * @typedef {object} Dialog
 * @property {"alert" | "slow" | "timeout" | "unavailable"} kind
 * @property {string} text the add-in's text; empty if Outlook's own is shown
 * @property {string | null} markdown
 * @property {Button[]} buttons the emphasised one first
 * @property {string | null} label the add-in's label for the button that opens the pane or cancels
 */

/** @typedef {{ state: "checking" } | { state: "asking", dialog: Dialog } | { state: "sent" } | { state: "kept" }} State */

/**
 * @typedef {object} Answer
 * @property {boolean} allowEvent
 * @property {string} text
 * @property {string | null} markdown
 * @property {string | null} commandId
 * @property {string} contextData
 * @property {string | null} cancelLabel
 * @property {boolean} isRelaxed
 */

const SLOW_MS = 5000;
const TIMEOUT_MS = 300_000;
const MAX_MESSAGE = 500;
const MAX_LABEL = 20;

export class Send {
    /** @type {State} */
    state = { state: "checking" };
    #outlook;
    /** @type {Answer | null} */
    #answer = null;
    #isOver = false;
    #isCompleted = false;
    /** Ends the runtime. Code that runs after an answer must not have an effect. */
    #end = () => {};
    #type;
    /** @type {(state: State) => void} */
    #onState = () => {};
    #start;

    /**
     * @param {Outlook} outlook
     * @param {string | undefined} name of the function; `undefined` if the client has no such event
     * @param {string} type
     */
    constructor(outlook, name, type) {
        this.#outlook = outlook;
        this.#type = type;
        this.#start = outlook.settings.now();
        if (name === undefined) {
            outlook.note(`${type}: not in this client`);
            this.#become({ state: "sent" });
            return;
        }
        const { schedule } = outlook.settings;
        schedule(() => this.#wait("slow"), SLOW_MS);
        schedule(() => this.#wait("timeout"), TIMEOUT_MS);
        void this.#run(name);
    }

    /** @param {(state: State) => void} onState now, and after each change */
    watch(onState) {
        this.#onState = onState;
        onState(this.state);
    }

    /**
     * The person has pressed a button.
     *
     * @param {Button} button
     * @returns {{ opensPane: boolean, contextData: string }}
     */
    press(button) {
        const answer = this.#answer;
        this.#isOver = true;
        this.#end();
        this.#outlook.note(`${this.#type}: the sender chose ${button}`);
        this.#become({ state: button === "send-anyway" ? "sent" : "kept" });
        const { controls } = this.#outlook.manifest;
        // Without a separate button, the button that cancels opens the pane.
        const opener = this.#outlook.client.hasTakeAction ? "take-action" : "dont-send";
        const opensPane = button === opener && controls.includes(answer?.commandId ?? "");
        return { opensPane, contextData: opensPane ? (answer?.contextData ?? "") : "" };
    }

    /** @param {string} name */
    async #run(name) {
        const { draft } = this.#outlook;
        let action;
        try {
            ({ action, end: this.#end } = await this.#outlook.start(name));
        } catch (error) {
            this.#outlook.note(`${this.#type}: ${error}`, true);
            this.#unavailable();
            return;
        }
        const event = { type: this.#type, completed: (/** @type {unknown} */ options) => this.#completed(options) };
        try {
            action(Object.freeze(event));
        } catch (error) {
            // Outlook waits for the handler anyway.
            this.#outlook.note(`${this.#type}: the handler threw ${error}`, true);
        }
        if (draft !== this.#outlook.draft) {
            this.#isOver = true;
        }
    }

    /** @param {unknown} options */
    #completed(options) {
        if (this.#isCompleted) {
            this.#outlook.note(`${this.#type}: completed twice`, true);
            return;
        }
        let answer;
        try {
            answer = this.#read(options);
        } catch (error) {
            this.#outlook.note(`${this.#type}: ${error}`, true);
            throw error;
        }
        this.#isCompleted = true;
        this.#answer = answer;
        this.#outlook.settings.schedule(this.#end, 0);
        const ms = Math.round(this.#outlook.settings.now() - this.#start);
        this.#outlook.note(`${this.#type}: ${answer.allowEvent ? "allowed" : "stopped"} in ${ms} ms`);
        if (this.#isOver) {
            return;
        }
        this.#become(answer.allowEvent ? { state: "sent" } : { state: "asking", dialog: this.#alert(answer) });
    }

    /**
     * @param {unknown} given
     * @returns {Answer}
     */
    #read(given) {
        const { set, client } = this.#outlook;
        const options = /** @type {Record<string, unknown>} */ (given ?? {});
        if (typeof options.allowEvent !== "boolean") {
            throw new ArgumentError("type", "allowEvent");
        }
        const text = (/** @type {string} */ name, /** @type {number} */ max, /** @type {number} */ since) => {
            const value = options[name];
            if (value === undefined) {
                return null;
            }
            if (set < since && !client.isOnPremises) {
                throw new ArgumentError("value", name, `used before Mailbox 1.${since}`);
            }
            const checked = readString(value, name, max);
            // Classic Outlook has this event even if the server announces an older set; it then ignores newer options.
            return set < since && since > 12 ? null : checked;
        };
        const message = text("errorMessage", MAX_MESSAGE, 12);
        const commandId = text("commandId", MAX_MESSAGE, 14);
        return {
            allowEvent: options.allowEvent,
            text: message ?? "",
            markdown: text("errorMessageMarkdown", MAX_MESSAGE, 15),
            commandId,
            cancelLabel: text("cancelLabel", MAX_LABEL, 14),
            contextData: (commandId === null ? null : text("contextData", 50_000, 14)) ?? "",
            isRelaxed: text("sendModeOverride", MAX_LABEL, 14) === "promptUser",
        };
    }

    /**
     * @param {Answer} answer
     * @returns {Dialog}
     */
    #alert({ text, markdown, commandId, cancelLabel, isRelaxed }) {
        const { manifest, client } = this.#outlook;
        const mode = isRelaxed ? "PromptUser" : manifest.sendMode;
        /** @type {Button[]} */
        const buttons = commandId === null || !client.hasTakeAction ? [] : ["take-action"];
        if (mode === "PromptUser") {
            buttons.push("send-anyway");
        }
        buttons.push("dont-send");
        const standard = `${manifest.name} is preventing this ${this.#outlook.draft.kind === "message" ? "email" : "event"} from being sent.`;
        return { kind: "alert", text: text || standard, markdown, buttons, label: cancelLabel };
    }

    /** @param {"slow" | "timeout"} kind */
    #wait(kind) {
        if (this.#isOver || this.#isCompleted) {
            return;
        }
        const isPrompt = this.#outlook.manifest.sendMode === "PromptUser";
        /** @type {Button[]} */
        const buttons = isPrompt ? ["send-anyway", "dont-send"] : kind === "timeout" ? ["dont-send"] : [];
        this.#become({ state: "asking", dialog: { kind, text: "", markdown: null, buttons, label: null } });
    }

    #unavailable() {
        const isBlock = this.#outlook.manifest.sendMode === "Block";
        /** @type {Button[]} */
        const buttons = isBlock ? ["dont-send"] : ["send-anyway", "try-later"];
        this.#isOver = true;
        this.#become({
            state: "asking",
            dialog: { kind: "unavailable", text: "", markdown: null, buttons, label: null },
        });
    }

    /** @param {State} state */
    #become(state) {
        this.state = state;
        this.#onState(state);
    }
}
