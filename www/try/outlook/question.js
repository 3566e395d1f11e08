// @ts-check
// Outlook's dialog at Send.

import { renderMarkdown } from "./markdown.js";

/** @typedef {import("./office/send.js").Dialog} Dialog */
/** @typedef {import("./office/send.js").Button} Button */

const LABELS = Object.freeze({
    "take-action": "trySimTakeAction",
    "send-anyway": "viewSendAnyway",
    "dont-send": "trySimDontSend",
    "try-later": "trySimTryLater",
});

const WORDS = Object.freeze({ alert: "", slow: "trySimSlow", timeout: "trySimTimeout", unavailable: "trySimUnavailable" });

export class Question {
    #dialog = /** @type {HTMLDialogElement} */ (document.getElementById("question"));
    #text;
    /** @type {(button: Button) => void} */
    #press = () => {};
    /** @type {readonly Button[]} */
    #buttons = [];

    /** @param {(key: string, value?: string) => string} text */
    constructor(text) {
        this.#text = text;
        this.#dialog.addEventListener("cancel", (event) => {
            event.preventDefault();
            const back = this.#buttons.find((button) => button === "dont-send" || button === "try-later");
            if (back) {
                this.#press(back);
            }
        });
    }

    /**
     * @param {Dialog} dialog
     * @param {(button: Button) => void} press
     */
    show({ kind, text, markdown, buttons, label }, press) {
        this.#press = press;
        this.#buttons = buttons;
        this.#dialog.dataset.kind = kind;
        const words = document.createElement("p");
        words.className = "plain";
        words.textContent = kind === "alert" ? text : this.#text(WORDS[kind]);
        part(".words").replaceChildren(markdown === null ? words : renderMarkdown(markdown));
        part(".buttons").replaceChildren(
            ...buttons.map((button, index) => {
                const made = document.createElement("button");
                made.type = "button";
                made.dataset.button = button;
                const isNamed = label !== null && (button === "take-action" || !buttons.includes("take-action")) && button !== "send-anyway";
                made.textContent = isNamed ? label : this.#text(LABELS[button]);
                made.classList.toggle("primary", index === 0);
                made.addEventListener("click", () => press(button));
                return made;
            }),
        );
        if (!this.#dialog.open) {
            this.#dialog.showModal();
        }
        /** @type {HTMLElement | null} */ (this.#dialog.querySelector("button"))?.focus();
    }

    hide() {
        this.#dialog.close();
    }
}

/** @param {string} selector */
function part(selector) {
    return /** @type {HTMLElement} */ (document.querySelector(`#question ${selector}`));
}
