// @ts-check
// "Send anyway", as policy has it: at once, after a countdown, with a reason, or not at all.

import { isJustification, sendAnyway } from "../shared/policy.js";
import { element, text } from "./page.js";

/** @typedef {import("./draft.js").Verdict} Verdict */

export class SendAnyway {
    #button = /** @type {HTMLButtonElement} */ (element("send-anyway"));
    #reason = /** @type {HTMLTextAreaElement} */ (element("justification"));
    #secondsLeft = 0;
    #isStopped = true;
    #needsReason = false;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    #countdown;

    /** @param {(justification: string) => void} onPress */
    constructor(onPress) {
        this.#reason.addEventListener("input", () => this.#update());
        this.#button.addEventListener("click", () => {
            onPress(this.#needsReason ? this.#reason.value.trim() : "");
        });
    }

    /**
     * @param {Verdict} verdict
     * @returns {"allowed" | "justification" | "never"}
     */
    rule({ settings, report }) {
        return sendAnyway(settings.policy, report.severity);
    }

    /**
     * @param {Verdict} verdict
     * @param {boolean} isStopped
     * @param {Record<string, string | undefined>} texts
     */
    show(verdict, isStopped, texts) {
        const rule = isStopped ? this.rule(verdict) : "allowed";
        this.#isStopped = isStopped;
        this.#needsReason = rule === "justification";
        this.#button.hidden = rule === "never";
        element("reason").hidden = !this.#needsReason;
        if (texts.justification) {
            /** @type {HTMLElement} */ (element("reason").firstElementChild).textContent = texts.justification;
        }
        if (rule === "never") {
            element("lead").textContent = texts.blocked ?? text("stopBlocked");
        }
        if (this.#countdown === undefined) {
            this.#secondsLeft = verdict.settings.policy.countdown ?? 0;
            this.#countdown = setInterval(() => this.#count(), 1000);
        }
        this.#update();
    }

    #count() {
        this.#secondsLeft -= 1;
        if (this.#secondsLeft <= 0) {
            clearInterval(this.#countdown);
        }
        this.#update();
    }

    #update() {
        const isWaiting = this.#isStopped && this.#secondsLeft > 0;
        this.#button.disabled = isWaiting || (this.#needsReason && !isJustification(this.#reason.value));
        const label = this.#isStopped ? text("viewSendAnyway") : text("stopSend");
        this.#button.textContent = isWaiting ? text("stopWait", String(this.#secondsLeft)) : label;
    }
}
