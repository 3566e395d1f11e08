// @ts-check
// Two things that a policy can require of a sender who wants to send in spite of a finding: waiting for some seconds,
// and giving a reason. The pages for Outlook and Thunderbird show the same countdown and the same box.

import { isJustification } from "./policy.js";

const SECOND_MS = 1000;

/**
 * Disables a button until its countdown is over and the sender has written a reason, if the policy asks
 * for one.
 */
export class Justification {
    #button;
    #box;
    #reason;
    #label;
    #needsReason = false;
    #secondsLeft = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #countdown;

    /**
     * @param {object} given
     * @param {HTMLButtonElement} given.button the button that sends or keeps
     * @param {HTMLElement} given.box the box with the reason; its first element is the question
     * @param {HTMLTextAreaElement} given.reason
     * @param {(secondsLeft: number) => string} given.label the button's label for the remaining
     *     seconds; 0 once it can be pressed
     */
    constructor({ button, box, reason, label }) {
        this.#button = button;
        this.#box = box;
        this.#reason = reason;
        this.#label = label;
        reason.addEventListener("input", () => this.update());
    }

    /**
     * Restarts the countdown.
     *
     * @param {number} seconds 0 if the policy asks for no wait
     */
    start(seconds) {
        this.stop();
        this.#secondsLeft = seconds;
        if (seconds > 0) {
            this.#countdown = setInterval(() => this.#count(), SECOND_MS);
        }
        this.update();
    }

    /** Ends the countdown early, when the question is closed. */
    stop() {
        clearInterval(this.#countdown);
        this.#countdown = undefined;
        this.#secondsLeft = 0;
    }

    /**
     * @param {boolean} needsReason
     * @param {string} [question] the administrator's text for it
     */
    ask(needsReason, question) {
        this.#needsReason = needsReason;
        this.#box.hidden = !needsReason;
        const label = this.#box.firstElementChild;
        if (question && label) {
            label.textContent = question;
        }
        this.update();
    }

    /** Deletes the text in the box. */
    clear() {
        this.#reason.value = "";
        this.update();
    }

    /** The reason as written; empty if the policy asks for none. */
    get text() {
        return this.#needsReason ? this.#reason.value.trim() : "";
    }

    /** Whether the sender may press the button now. */
    get isComplete() {
        return this.#secondsLeft <= 0 && (!this.#needsReason || isJustification(this.#reason.value));
    }

    /** Updates the button, for example after its label has changed. */
    update() {
        this.#button.disabled = !this.isComplete;
        this.#button.textContent = this.#label(Math.max(0, this.#secondsLeft));
    }

    #count() {
        this.#secondsLeft -= 1;
        if (this.#secondsLeft <= 0) {
            this.stop();
        }
        this.update();
    }
}
