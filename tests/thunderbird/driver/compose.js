// @ts-check
// A compose window, and the final state of its message.

import assert from "node:assert/strict";

import { Stop } from "./stop.js";
import { waitFor } from "./wait.js";

/** @typedef {import("./thunderbird.js").Thunderbird} Thunderbird */
/** @typedef {import("../inside/compose.js").Draft} Draft */
/** @typedef {"command" | "button" | "key" | "later" | "draft"} How */

/** How long a test waits before it concludes that a message did not leave. Clean messages arrive within a tenth of this time. */
const PATIENCE_MS = 700;

export { waitFor };

/** A recipient without findings. */
export const CLEAN = "carol@army.mil";

export class Compose {
    /** The time when Send was pressed. */
    sentAt = 0;

    /**
     * @param {Thunderbird} thunderbird
     * @param {number} id
     * @param {string} subject
     */
    constructor(thunderbird, id, subject) {
        this.thunderbird = thunderbird;
        this.id = id;
        this.subject = subject;
    }

    /**
     * @param {string} text
     * @param {"to" | "cc" | "bcc" | "replyTo"} [row]
     */
    enter(text, row = "to") {
        return this.thunderbird.compose("enterRecipient", this.id, text, row);
    }

    /**
     * Types a recipient without finishing it.
     *
     * @param {string} text
     */
    type(text) {
        return this.thunderbird.compose("enterRecipient", this.id, text, "to", true);
    }

    /** @param {string} text */
    remove(text) {
        return this.thunderbird.compose("removeRecipients", this.id, text);
    }

    /** @returns {Promise<Record<string, string[]>>} */
    recipients() {
        return this.thunderbird.compose("recipients", this.id);
    }

    /** @returns {Promise<null | { isLocked: boolean, canSend: boolean, title: string }>} */
    state() {
        return this.thunderbird.compose("composeState", this.id);
    }

    /** @returns {Promise<{ text: string, title: string, colour: string }>} */
    badge() {
        return this.thunderbird.ofAddin("badge", this.id);
    }

    /** @param {How} [how] */
    async send(how = "command") {
        if (how === "key") {
            const { title } = (await this.state()) ?? { title: "" };
            this.sentAt = Date.now();
            await this.thunderbird.display.press("ctrl+Return", title);
        } else {
            this.sentAt = await this.thunderbird.compose("send", this.id, how);
        }
    }

    /**
     * Sends, and waits for the dialog.
     *
     * @param {How} [how]
     */
    async sendAsked(how) {
        /** @type {{ id: number }[]} */
        const pages = await this.thunderbird.windows("pages");
        await this.send(how);
        return Stop.appeared(
            this.thunderbird,
            pages.map(({ id }) => id),
        );
    }

    /**
     * Checks that the message has arrived once, for these recipients.
     *
     * @param {string[]} to
     */
    async assertArrived(...to) {
        const arrived = await this.thunderbird.sink.wait(this.subject);
        assert.deepEqual(arrived.to, [...to].sort(), "the recipients of the message");
        await this.thunderbird.compose("waitComposeClosed", this.id, 60_000);
        assert.equal(this.thunderbird.sink.all(this.subject).length, 1, "it arrived once");
        return arrived;
    }

    /**
     * Checks that the message has not left, still exists, and that its window can be used: a draft is
     * saved from it, and then it is corrected and sent to one right recipient.
     */
    async assertKept() {
        await this.assertNotSent();
        const { thunderbird, subject } = this;
        const drafts = await thunderbird.compose("subjects", "Drafts");
        await this.send("draft");
        await waitFor("the draft", async () => {
            const now = await thunderbird.compose("subjects", "Drafts");
            return now.length > drafts.length && now.includes(subject);
        });
        await thunderbird.compose("waitComposeUnlocked", this.id, 60_000);
        await this.assertSendsClean();
    }

    /** Checks that the message has not left, and that its window is open and not locked. */
    async assertNotSent() {
        const { thunderbird, subject } = this;
        await thunderbird.compose("waitComposeUnlocked", this.id, 60_000);
        await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
        assert.deepEqual(thunderbird.sink.all(subject), [], "nothing was sent");
        assert.ok(!(await thunderbird.compose("subjects", "Queue")).includes(subject), "nothing was queued");
        const state = await this.state();
        assert.equal(state?.isLocked, false, "the window is usable");
    }

    /**
     * Checks that the message, corrected, leaves from the same window once, and only for the right
     * recipient.
     */
    async assertSendsClean() {
        await this.remove("");
        await this.enter(CLEAN);
        await this.send();
        await this.assertArrived(CLEAN);
    }

    close() {
        return this.thunderbird.compose("closeCompose", this.id);
    }
}
