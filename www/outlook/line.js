// @ts-check
// The line on the item, which is a notification. In some Outlooks `replaceAsync` does not change the text of a
// notification (office-js issues 6650, 6670, 6733). So a new text gets another key, after the line with the old key was
// removed; an unchanged text stays.

import { ICON, isMobile, PANE_COMMANDS, supports } from "./host.js";
import { PROBE_LINE } from "./probe.js";

/** @typedef {import("./item.js").Kind} Kind */
/** @typedef {import("./calls.js").Calls} Calls */
/** @typedef {(key: string, value?: string) => string} Text */

/** The line's keys among the notifications of all add-ins. */
const [FIRST_KEY, SECOND_KEY] = /** @type {const} */ (["milguard", "milguard.2"]);

/** No message waits for the line, but at Send its calls must not delay others for long. */
const CALL_MS = 1500;

export class Line {
    /**
     * Whether the pane waits for the script's test results (probe.js); known after `show` and
     * `clear`.
     */
    isProbed = false;
    #office;
    #item;
    #kind;
    #calls;
    #text;

    /**
     * @param {object} given
     * @param {import("./host.js").OfficeApi} given.office
     * @param {import("./item.js").Item} given.item
     * @param {Kind} given.kind
     * @param {Calls} given.calls
     * @param {Text} given.text
     */
    constructor({ office, item, kind, calls, text }) {
        this.#office = office;
        this.#item = item;
        this.#kind = kind;
        this.#calls = calls;
        this.#text = text;
    }

    /**
     * Never rejects.
     *
     * @param {string} message at most 150 characters
     */
    async show(message) {
        const shown = await this.#shown();
        if (shown.length === 1 && shown[0]?.message === message) {
            return;
        }
        const key = shown.some((one) => one.key === FIRST_KEY) ? SECOND_KEY : FIRST_KEY;
        await this.#remove(shown);
        const replace = (/** @type {Omit<Office.NotificationMessageDetails, "message" | "icon">} */ details) =>
            this.#call((messages, callback) =>
                messages.replaceAsync(key, { message, icon: ICON, ...details }, callback),
            );
        if (supports(this.#office, "1.10") && !isMobile(this.#office)) {
            const action = {
                actionType: "showTaskPane",
                actionText: this.#text("outlookShow"),
                commandId: PANE_COMMANDS[this.#kind],
                contextData: "{}",
            };
            const outcome = await replace({ type: "insightMessage", actions: [action] });
            if (outcome.ok) {
                return;
            }
        }
        await replace({ type: "informationalMessage", persistent: true });
    }

    /** Never rejects. */
    async clear() {
        await this.#remove(await this.#shown());
    }

    /**
     * Answers the pane's question. Never rejects.
     *
     * @param {string} message at most 150 characters
     */
    async answerProbe(message) {
        const details = { type: "informationalMessage", message, icon: ICON, persistent: true };
        await this.#call((messages, callback) => messages.replaceAsync(PROBE_LINE, details, callback));
    }

    /** @param {readonly { key: string }[]} shown */
    async #remove(shown) {
        for (const { key } of shown) {
            await this.#call((messages, callback) => messages.removeAsync(key, callback));
        }
    }

    /**
     * Our lines on the item. If the client does not list notifications, a line may have the first key.
     *
     * @returns {Promise<{ key: string, message?: string }[]>}
     */
    async #shown() {
        const outcome = await this.#call((messages, callback) => messages.getAllAsync(callback));
        if (!outcome.ok || !Array.isArray(outcome.value)) {
            return [{ key: FIRST_KEY }];
        }
        this.isProbed = outcome.value.some((one) => one?.key === PROBE_LINE);
        return outcome.value.filter((one) => one?.key === FIRST_KEY || one?.key === SECOND_KEY);
    }

    /** @param {(messages: Office.NotificationMessages, callback: import("./calls.js").Callback) => void} start */
    #call(start) {
        const until = this.#calls.clock.now() + CALL_MS;
        return this.#calls.make((callback) => start(this.#item.notificationMessages, callback), { until });
    }
}
