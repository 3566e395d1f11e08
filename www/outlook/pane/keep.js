// @ts-check
// "Keep", as policy has it: at once, after a countdown, with a reason, or not at all.

import { isJustification } from "../../shared/policy.js";
import { element } from "./page.js";

/** @typedef {import("../../shared/policy.js").Policy} Policy */
/** @typedef {import("../../shared/policy.js").Override} Override */
/** @typedef {(key: string, value?: string) => string} Text */

/** Asks the sender; one question at a time. */
export class KeepQuestion {
    #dialog = /** @type {HTMLDialogElement} */ (element("keep"));
    #submit = /** @type {HTMLButtonElement} */ (element("keep-submit"));
    #reason = /** @type {HTMLTextAreaElement} */ (element("justification"));
    #text;
    #needsReason = false;
    #secondsLeft = 0;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #countdown;
    /** @type {(answer: { reason?: string } | null) => void} */
    #answer = () => {};

    /** @param {Text} text */
    constructor(text) {
        this.#text = text;
        this.#reason.addEventListener("input", () => this.#update());
        element("keep-cancel").addEventListener("click", () => this.#dialog.close());
        element("keep-form").addEventListener("submit", (event) => {
            event.preventDefault();
            if (!this.#submit.disabled) {
                const answer = this.#needsReason ? { reason: this.#reason.value.trim() } : {};
                this.#finish(answer);
                this.#dialog.close();
            }
        });
        this.#dialog.addEventListener("close", () => this.#finish(null));
    }

    /**
     * @param {string} shown the recipient
     * @param {Override} override not `never`
     * @param {Policy} policy
     * @param {import("../../shared/policy.js").Texts} texts
     * @returns {Promise<{ reason?: string } | null>} `null` where the sender has thought better of it
     */
    ask(shown, override, policy, texts) {
        if (override === "allowed" && policy.countdown === 0) {
            return Promise.resolve({});
        }
        this.#needsReason = override === "justification";
        element("reason").hidden = !this.#needsReason;
        if (texts.justification) {
            /** @type {HTMLElement} */ (element("reason").firstElementChild).textContent = texts.justification;
        }
        this.#reason.value = "";
        // The address is a stranger's: kept apart from the words around it.
        const title = this.#text("outlookKeepTitle", "\uFFFC").split("\uFFFC");
        const address = document.createElement("bdi");
        address.className = "mg-text";
        address.textContent = shown;
        element("keep-title").replaceChildren(title[0] ?? "", address, title[1] ?? "");
        clearInterval(this.#countdown);
        this.#secondsLeft = policy.countdown;
        if (this.#secondsLeft > 0) {
            this.#countdown = setInterval(() => this.#count(), 1000);
        }
        this.#update();
        this.#dialog.showModal();
        (this.#needsReason ? this.#reason : element("keep-cancel")).focus();
        return new Promise((resolve) => {
            this.#answer = resolve;
        });
    }

    /** @param {{ reason?: string } | null} answer */
    #finish(answer) {
        clearInterval(this.#countdown);
        this.#answer(answer);
        this.#answer = () => {};
    }

    #count() {
        this.#secondsLeft -= 1;
        if (this.#secondsLeft <= 0) {
            clearInterval(this.#countdown);
        }
        this.#update();
    }

    #update() {
        const isWaiting = this.#secondsLeft > 0;
        this.#submit.disabled = isWaiting || (this.#needsReason && !isJustification(this.#reason.value));
        this.#submit.textContent = isWaiting
            ? this.#text("outlookKeepWait", String(this.#secondsLeft))
            : this.#text("viewKeep");
    }
}
