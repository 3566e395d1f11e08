// @ts-check
// The dialog's content: each recipient that stops the message, and what may be done.

import { Evidence } from "../shared/evidence.js";
import { policyTexts } from "../shared/policy.js";
import { checkDraft, isStopping, replaceInDraft, reported } from "./draft.js";
import { keyOf } from "./key.js";
import { element, languages, noteOf, showReady, text } from "./page.js";
import { SendAnyway } from "./send-anyway.js";

/** @typedef {import("./draft.js").Verdict} Verdict */
/** @typedef {import("./draft.js").Entry} Entry */
/** @typedef {import("../checker/milguard.js").RecipientReport} RecipientReport */
/** @typedef {typeof import("./stop.js").host} Host */

export class Dialog {
    #message = crypto.randomUUID();
    #evidence = new Evidence(() => this.#show());
    #sendAnyway = new SendAnyway((justification) => void this.#override(justification));
    #host;
    /** @type {Verdict | undefined} */
    #verdict;
    /** @type {import("../checker/milguard.js").WarningView | undefined} */
    #view;
    /** What the view shows. @type {{ entry: Entry, recipient: RecipientReport }[]} */
    #shown = [];
    /** Whether the sender has done something here that the message may be sent after. */
    #isAnswered = false;
    #isBusy = false;
    #isOver = false;

    /** @param {Host} host */
    constructor(host) {
        this.#host = host;
        element("training").addEventListener("click", (event) => {
            event.preventDefault();
            const url = this.#verdict?.settings.policy.trainingUrl;
            if (url) {
                void messenger.windows.openDefaultBrowser(url);
            }
        });
        addEventListener("focus", () => {
            // The sender may have been at the message meanwhile.
            if (!this.#isBusy && this.#verdict) {
                void this.look().catch(() => {});
            }
        });
    }

    /** Looks at the message as it is now, and shows what is found. */
    async look() {
        const isFirst = this.#verdict === undefined;
        const verdict = await this.#check();
        if (isFirst && this.#host.isFresh && this.#stopping(verdict).length === 0) {
            // The check at Send failed and this one has not: nobody needs to be asked. Later than that, the sender may
            // have begun to write on.
            if (await this.#send(verdict.key)) {
                return;
            }
        }
        if (!isFirst && verdict.key !== this.#verdict?.key) {
            element("notice").textContent = text("stopChanged");
        }
        this.#verdict = verdict;
        this.#show();
        this.#evidence.ask(verdict.report.recipients, verdict.settings.backend);
    }

    /** The sender has gone back without an answer. */
    left() {
        if (this.#isOver || !this.#verdict) {
            return;
        }
        this.#isOver = true;
        const flagged = this.#stopping(this.#verdict);
        const isBlocked = this.#sendAnyway.rule(this.#verdict) === "never";
        this.#report(isBlocked ? "blocked" : "cancelled", flagged.map(({ recipient }) => recipient));
    }

    async #check() {
        const { tabId } = this.#host;
        return checkDraft(tabId, await messenger.compose.getComposeDetails(tabId));
    }

    /** @param {Verdict} verdict */
    #stopping({ report, entries }) {
        return this.#pairs({ report, entries }).filter(({ recipient }) => isStopping(recipient));
    }

    /**
     * @param {Pick<Verdict, "report" | "entries">} verdict
     * @returns {{ entry: Entry, recipient: RecipientReport }[]}
     */
    #pairs({ report, entries }) {
        return entries.flatMap((entry, index) => {
            const recipient = report.recipients[index];
            return recipient && recipient.severity !== "pass" ? [{ entry, recipient }] : [];
        });
    }

    #show() {
        const verdict = this.#verdict;
        if (!verdict) {
            return;
        }
        const { policy } = verdict.settings;
        const texts = policyTexts(policy, languages());
        const stopping = this.#stopping(verdict);
        const isStopped = stopping.length > 0;
        this.#shown = this.#pairs(verdict);
        this.#view ??= new verdict.milguard.WarningView(
            element("view"),
            {
                message: (key, value) => this.#label(key, value),
                actions: ["use-suggestion", "remove"],
                urgent: true,
            },
            (action, index) => void this.#act(action, index),
        );
        this.#view.render({
            severity: verdict.report.severity,
            recipients: this.#shown.map(({ entry, recipient }) => ({
                ...recipient,
                ...{ note: noteOf(entry), acceptsMail: this.#evidence.of(recipient) },
            })),
        });
        element("title").textContent = texts.title ?? text("stopTitle");
        element("lead").textContent = isStopped ? (texts.body ?? text("stopLead")) : text("stopClean");
        element("hint").hidden = stopping.length < 2;
        element("training").hidden = !policy.trainingUrl;
        const training = /** @type {HTMLElement} */ (element("training").firstElementChild);
        training.textContent = texts.training ?? text("stopTraining");
        this.#sendAnyway.show(verdict, isStopped, texts);
        showReady("ready");
    }

    /**
     * What a button does is what it says: the last correction sends the message.
     *
     * @param {string} key
     * @param {string | undefined} value
     */
    #label(key, value) {
        const isLast = this.#shown.length === 1 && this.#shown.every(({ recipient }) => isStopping(recipient));
        if (isLast && key === "viewUse") {
            return text("stopUseAndSend", value);
        }
        if (isLast && key === "viewRemove" && this.#recipientCount() > 1) {
            return text("stopRemoveAndSend", value);
        }
        return text(key, value);
    }

    #recipientCount() {
        return this.#verdict?.entries.filter(({ field }) => field !== "replyTo").length ?? 0;
    }

    /**
     * @param {string} action
     * @param {number | null} index
     */
    async #act(action, index) {
        const clicked = index === null ? undefined : this.#shown[index];
        if (!clicked || this.#isBusy || !this.#verdict) {
            return;
        }
        const { entry, recipient } = clicked;
        const address = action === "use-suggestion" ? recipient.suggestion : null;
        this.#isBusy = true;
        element("notice").textContent = "";
        try {
            const { milguard } = this.#verdict;
            if (await replaceInDraft(this.#host.tabId, milguard, entry, address)) {
                this.#report(address === null ? "removed" : "fixed", [recipient]);
                this.#isAnswered = true;
            } else {
                element("notice").textContent = text("stopEditFailed");
            }
            await this.#goOn();
        } catch {
            element("notice").textContent = text("stopEditFailed");
        } finally {
            this.#isBusy = false;
        }
    }

    /** Sends the message if nothing is left to ask, or shows what is. */
    async #goOn() {
        const verdict = await this.#check();
        this.#verdict = verdict;
        void messenger.runtime
            .sendMessage({ to: "guard", type: "edited", tabId: this.#host.tabId })
            .catch(() => {});
        if (this.#stopping(verdict).length > 0) {
            this.#show();
            return;
        }
        if (this.#recipientCount() === 0) {
            this.#isOver = true;
            this.#host.close();
            return;
        }
        if (!this.#isAnswered || !(await this.#send(null))) {
            this.#show();
        }
    }

    /** @param {string} justification */
    async #override(justification) {
        const asked = this.#verdict;
        if (this.#isBusy || !asked) {
            return;
        }
        this.#isBusy = true;
        element("notice").textContent = "";
        try {
            const details = await messenger.compose.getComposeDetails(this.#host.tabId);
            if (keyOf(details) !== asked.key) {
                this.#isBusy = false;
                await this.look();
                return;
            }
            const flagged = this.#stopping(asked).map(({ recipient }) => recipient);
            await this.#send(asked.key, () => this.#report("sent-anyway", flagged, justification));
        } catch {
            element("notice").textContent = text("stopNotSent");
        } finally {
            this.#isBusy = false;
        }
    }

    /**
     * @param {string | null} key
     * @param {() => void} [onSending]
     */
    async #send(key, onSending) {
        this.#isOver = true;
        onSending?.();
        if (await this.#host.send(key)) {
            return true;
        }
        this.#isOver = false;
        element("notice").textContent = text("stopNotSent");
        return false;
    }

    /**
     * By way of the event page, which outlives this one.
     *
     * @param {import("./reporting.js").Decision["action"]} action
     * @param {RecipientReport[]} recipients
     * @param {string} [justification]
     */
    #report(action, recipients, justification) {
        if (recipients.length === 0) {
            return;
        }
        const event = {
            message: this.#message,
            action,
            recipients: recipients.map(reported),
            ...(justification ? { justification } : {}),
        };
        void messenger.runtime.sendMessage({ to: "guard", type: "report", event }).catch(() => {});
    }
}
