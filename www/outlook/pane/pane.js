// @ts-check
// Shows one item in the pane, and changes it. The pane reads the item again after each change, because the sender may
// change it in Outlook at any time.

import { element } from "../../shared/dom.js";
import { Evidence } from "../../shared/evidence.js";
import { policyTexts, sendAnyway } from "../../shared/policy.js";
import { released } from "../../shared/press.js";
import { reasonsIn } from "../../shared/reasons.js";
import { Calls } from "../calls.js";
import { languagesOf, mayBeCutOff, readContext } from "../host.js";
import { identityOf, kindOf, readContent, readRecipients } from "../item.js";
import { canKeep, joinKept, keep, readKept, readKeptProperty, writeKept } from "../kept.js";
import { Line } from "../line.js";
import { notificationText } from "../texts.js";
import { judge, wantsContent } from "../verdict.js";
import { showAbout } from "./about.js";
import { changeRecipient } from "./edit.js";
import { KeepQuestion } from "./keep.js";
import { showReady } from "./page.js";
import { Reporting } from "./reporting.js";
import { SelfTest } from "./self-test.js";
import { describeReport, showKept, showPartly } from "./show.js";
import { watchRecipients } from "./watch.js";

/** @typedef {import("./settings.js").PaneSettings} PaneSettings */
/** @typedef {import("../verdict.js").Verdict} Verdict */
/** @typedef {import("../verdict.js").Flagged} Flagged */
/** @typedef {(key: string, value?: string) => string} Text */

const READ_MS = 5000;

export class Pane {
    #office;
    #item;
    #kind;
    #milguard;
    #text;
    /** @type {PaneSettings} */
    #settings;
    #calls = new Calls();
    #line;
    #evidence = new Evidence(() => void released().then(() => this.#show()));
    #question;
    #reporting;
    #view;
    /** @type {Verdict | undefined} */
    #verdict;
    /** The recipients in the view, in the order of the view. @type {readonly Flagged[]} */
    #shown = [];
    /**
     * The context from the question at Send, if that question opened the pane.
     *
     * @type {ReturnType<typeof readContext>}
     */
    #context = null;
    /** Whether a change in the pane has made the message ready to send. */
    #isAnswered = false;
    #isBusy = false;
    /** @type {Promise<void> | undefined} */
    #looking;
    #isStale = false;

    /**
     * @param {object} given
     * @param {import("../host.js").OfficeApi} given.office
     * @param {import("../item.js").Item} given.item
     * @param {import("../../shared/checker.js").CheckerModule} given.milguard
     * @param {Text} given.text
     * @param {PaneSettings} given.settings
     */
    constructor({ office, item, milguard, text, settings }) {
        this.#office = office;
        this.#item = item;
        this.#kind = kindOf(item);
        this.#milguard = milguard;
        this.#text = text;
        this.#settings = settings;
        this.#line = new Line({ office, item, kind: this.#kind, calls: this.#calls, text });
        new SelfTest({
            office,
            item,
            kind: this.#kind,
            calls: this.#calls,
            version: milguard.version(),
            server: () => this.#settings.server,
        });
        this.#question = new KeepQuestion(text);
        this.#reporting = new Reporting(office, this.#calls, () => this.#settings, milguard.version(), () => this.#showAbout());
        this.#view = new milguard.WarningView(
            element("view"),
            {
                message: (key, value) => this.#label(key, value),
                reason: reasonsIn(text),
                actions: ["use-suggestion", "remove", "keep"],
            },
            (action, index) => void this.#act(action, index),
        );
    }

    /** Shows the item, now and after each change. */
    async open() {
        this.#context = await this.#readContext();
        await this.look();
        element("title").focus();
        await watchRecipients({
            office: this.#office,
            item: this.#item,
            calls: this.#calls,
            look: () => void this.look(),
        });
        this.#reporting.start();
    }

    /**
     * Uses another policy from now on.
     *
     * @param {PaneSettings} settings
     */
    use(settings) {
        this.#settings = settings;
        void this.look();
    }

    /** Reads the item and shows it. If the item changes meanwhile, it is read again. */
    look() {
        this.#isStale = true;
        this.#looking ??= this.#lookUntilFresh().finally(() => {
            this.#looking = undefined;
        });
        return this.#looking;
    }

    async #lookUntilFresh() {
        while (this.#isStale) {
            this.#isStale = false;
            try {
                this.#verdict = await this.#check();
            } catch {
                this.#verdict = undefined;
            }
            await released();
            this.#show();
        }
        if (this.#verdict) {
            const { flagged } = this.#verdict;
            this.#evidence.ask(flagged.map(({ recipient }) => recipient), this.#settings.server);
        }
    }

    async #check() {
        const { checker, policy } = this.#settings;
        if (!checker) {
            return undefined;
        }
        const terms = { until: this.#calls.clock.now() + READ_MS };
        const isCutOff = mayBeCutOff(this.#office);
        const reading = await readRecipients(this.#item, this.#kind, this.#calls, terms, isCutOff);
        const kept = await this.#readKept();
        const verdict = judge({ reading, kept, checker, policy });
        if (!wantsContent(verdict, policy)) {
            return verdict;
        }
        const content = await readContent(this.#item, this.#calls, { until: this.#calls.clock.now() + READ_MS });
        return judge({ reading, content, kept, checker, policy });
    }

    async #readKept() {
        const terms = { until: this.#calls.clock.now() + READ_MS };
        const [session, property] = await Promise.all([
            readKept(this.#item, this.#calls, terms),
            readKeptProperty(this.#item, this.#calls, terms),
        ]);
        return joinKept(session, property);
    }

    async #readContext() {
        const terms = { until: this.#calls.clock.now() + READ_MS };
        const outcome = await this.#calls.make((callback) => this.#item.getInitializationContextAsync(callback), terms);
        return outcome.ok ? readContext(outcome.value) : null;
    }

    // ---- what is shown ----------------------------------------------------------------------------------

    #show() {
        const { policy, problem } = this.#settings;
        const verdict = this.#verdict;
        this.#showAbout();
        if (!verdict) {
            element("failure-text").textContent = "";
            element("failure-detail").textContent = problem ?? "";
            showReady("failed");
            return;
        }
        const { reading, flagged, kept } = verdict;
        this.#shown = flagged.filter((one) => one.kept === null);
        this.#view.render(
            describeReport({
                shown: this.#shown,
                // While a part of the message is unknown, the view must not say that nobody stands out.
                isEmpty: reading.entries.length === 0 || (this.#shown.length === 0 && reading.failed.length > 0),
                policy,
                canKeep: canKeep(this.#item),
                acceptsMail: (recipient) => this.#evidence.of(recipient),
                text: this.#text,
            }),
        );
        showPartly(reading, this.#text);
        showKept(kept, this.#text, (one) => void this.#unkeep(one));
        const texts = this.#ownTexts();
        const lead = element("lead");
        lead.textContent = this.#leadFor(verdict, texts);
        lead.hidden = lead.textContent === "";
        element("cannot-keep").hidden =
            canKeep(this.#item) || verdict.stopping.length === 0 || verdict.override === "never";
        const link = /** @type {HTMLAnchorElement} */ (element("training").firstElementChild);
        element("training").hidden = policy.trainingUrl === null || this.#shown.length === 0;
        link.href = /^https:/i.test(policy.trainingUrl ?? "") ? String(policy.trainingUrl) : "#";
        link.textContent = texts.training ?? this.#text("stopTraining");
        showReady("ready");
    }

    /**
     * @param {Verdict} verdict
     * @param {import("../../shared/policy.js").Texts} texts
     */
    #leadFor({ reading, stopping, kept, override }, texts) {
        if (this.#settings.policy.mode === "audit") {
            return stopping.length > 0 ? this.#text("optionsModeAudit") : "";
        }
        if (stopping.length > 0) {
            if (override === "never") {
                return texts.blocked ?? this.#text(this.#context ? "stopBlocked" : "outlookBlocked");
            }
            return this.#context ? (texts.body ?? this.#text("stopLead")) : "";
        }
        if (this.#context?.cause === "failed" && !this.#isAnswered) {
            return this.#text("outlookCheckedNow");
        }
        if (reading.failed.length > 0 || reading.entries.length === 0 || !(this.#isAnswered || this.#context)) {
            return "";
        }
        // Some clients pass the list of kept recipients on late, so Outlook stopped a recipient that the sender had kept.
        const isLate = this.#context?.cause === "found" && !this.#isAnswered && kept.length > 0;
        return this.#text(isLate ? "outlookKeptLate" : "outlookSendNow");
    }

    /**
     * A text of the view. In audit mode the policy stops nothing, so no text says that it does.
     *
     * @param {string} key
     * @param {string | undefined} value
     */
    #label(key, value) {
        const isAudit = this.#settings.policy.mode === "audit";
        return this.#text(isAudit && key === "viewSummaryBlock" ? "viewSummaryWarn" : key, value);
    }

    #showAbout() {
        const { waiting } = this.#reporting;
        showAbout(this.#settings, { version: this.#milguard.version(), waiting }, this.#text);
    }

    #ownTexts() {
        return policyTexts(this.#settings.policy, languagesOf(this.#office));
    }

    // ---- what is done -----------------------------------------------------------------------------------

    /**
     * @param {string} action
     * @param {number | null} index
     */
    async #act(action, index) {
        const clicked = this.#shown[index ?? -1];
        if (!clicked || this.#isBusy) {
            return;
        }
        this.#isBusy = true;
        element("notice").textContent = "";
        try {
            const said = action === "keep" ? await this.#keep(clicked) : await this.#change(clicked, action);
            if (said !== null) {
                await this.look();
                element("notice").textContent = said;
            }
        } finally {
            this.#isBusy = false;
        }
    }

    /**
     * @param {Flagged} flagged
     * @param {string} action
     * @returns {Promise<string>} the text to show
     */
    async #change({ entry, recipient }, action) {
        const address = action === "use-suggestion" ? recipient.suggestion : null;
        const edited = await changeRecipient({
            office: this.#office,
            item: this.#item,
            kind: this.#kind,
            calls: this.#calls,
            entry,
            address,
        });
        switch (edited.result) {
            case "done":
                this.#isAnswered = true;
                this.#reporting.add(this.#context?.message, address === null ? "removed" : "fixed", recipient);
                return address === null
                    ? this.#text("tryRemoved", identityOf(entry))
                    : this.#text("tryReplaced", address);
            case "partly":
                return this.#text("outlookEditPartly", edited.missing.join(", "));
            case "unsafe":
                return this.#text("outlookEditUnsafe");
            case "gone":
                return this.#text("stopChanged");
            default:
                return this.#text("outlookEditFailed");
        }
    }

    /**
     * @param {Flagged} flagged
     * @returns {Promise<string | null>} the text to show; `null` if the sender has cancelled
     */
    async #keep({ entry, recipient }) {
        const { policy } = this.#settings;
        const own = sendAnyway(policy, recipient.severity);
        const override = own === "allowed" ? (this.#context?.override ?? own) : own;
        const address = identityOf(entry);
        const answer = override === "never" ? null : await this.#question.ask(address, override, policy, this.#ownTexts());
        if (answer === null) {
            return null;
        }
        const isKept = await this.#store((kept) => keep(kept, address, answer.reason));
        this.#isAnswered ||= isKept;
        await this.#showLine();
        return isKept ? this.#text("outlookKeptNow", address) : this.#text("outlookKeepFailed");
    }

    /** @param {Flagged} flagged */
    async #unkeep({ entry }) {
        const isDone = await this.#store((kept) => kept.filter(({ address }) => address !== identityOf(entry)));
        await this.#showLine();
        element("notice").textContent = isDone ? "" : this.#text("optionsNotSaved");
        element("title").focus();
    }

    /**
     * Reads the item again, and updates the line on the item. Outlook runs no event when the sender keeps a recipient.
     */
    async #showLine() {
        await this.look();
        const open = this.#verdict?.flagged.filter((one) => one.kept === null) ?? [];
        if (open.length > 0) {
            await this.#line.show(notificationText(open, this.#text));
        } else if (this.#verdict?.reading.failed.length === 0) {
            await this.#line.clear();
        }
    }

    /** @param {(kept: import("../kept.js").Kept[]) => import("../kept.js").Kept[]} change */
    async #store(change) {
        const kept = await this.#readKept();
        const terms = { until: this.#calls.clock.now() + READ_MS };
        return writeKept(this.#item, change(kept), this.#calls, terms);
    }
}
