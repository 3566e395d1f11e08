// @ts-check
// "Keep", as the policy allows it: at once, after a countdown, with a reason, or not at all.

import { element } from "../../shared/dom.js";
import { Justification } from "../../shared/justification.js";

/** @typedef {import("../../shared/policy.js").Policy} Policy */
/** @typedef {import("../../shared/policy.js").Override} Override */
/** @typedef {(key: string, value?: string) => string} Text */

/** Asks the sender; one question at a time. */
export class KeepQuestion {
    #dialog = /** @type {HTMLDialogElement} */ (element("keep"));
    #text;
    #justification;
    #needsReason = false;
    /** @type {(answer: { reason?: string } | null) => void} */
    #answer = () => {};

    /** @param {Text} text */
    constructor(text) {
        this.#text = text;
        this.#justification = new Justification({
            button: /** @type {HTMLButtonElement} */ (element("keep-submit")),
            box: element("reason"),
            reason: /** @type {HTMLTextAreaElement} */ (element("justification")),
            label: (seconds) => (seconds > 0 ? text("outlookKeepWait", String(seconds)) : text("viewKeep")),
        });
        element("keep-cancel").addEventListener("click", () => this.#dialog.close());
        element("keep-form").addEventListener("submit", (event) => {
            event.preventDefault();
            if (this.#justification.isComplete) {
                this.#finish(this.#needsReason ? { reason: this.#justification.text } : {});
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
     * @returns {Promise<{ reason?: string } | null>} `null` if the sender has cancelled
     */
    ask(shown, override, policy, texts) {
        if (override === "allowed" && policy.countdown === 0) {
            return Promise.resolve({});
        }
        this.#needsReason = override === "justification";
        this.#justification.clear();
        this.#justification.ask(this.#needsReason, texts.justification);
        // The address is a stranger's text, so it is isolated from the words around it.
        const title = this.#text("outlookKeepTitle", "\uFFFC").split("\uFFFC");
        const address = document.createElement("bdi");
        address.className = "mg-text";
        address.textContent = shown;
        element("keep-title").replaceChildren(title[0] ?? "", address, title[1] ?? "");
        this.#justification.start(policy.countdown);
        this.#dialog.showModal();
        element(this.#needsReason ? "justification" : "keep-cancel").focus();
        return new Promise((resolve) => {
            this.#answer = resolve;
        });
    }

    /** @param {{ reason?: string } | null} answer */
    #finish(answer) {
        this.#justification.stop();
        this.#answer(answer);
        this.#answer = () => {};
    }
}
