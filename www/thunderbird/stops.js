// @ts-check
// The messages that the guard has stopped and whose senders have to decide. This file makes the content of each dialog, and
// does what the buttons in it say.

import { Evidence } from "../shared/evidence.js";
import { applyToDraft, checkDraft, isStopping, recheck, reported } from "./draft.js";
import { text } from "./page.js";
import { stopPage } from "./stop-page.js";

/** @typedef {import("./draft.js").Verdict} Verdict */
/** @typedef {import("./draft.js").ComposeDetails} ComposeDetails */
/** @typedef {import("./stop-page.js").StopPage} StopPage */
/** @typedef {import("../shared/events.js").Decision} Decision */

/**
 * A request of the dialog. `look`: check the message again, because the dialog has no content yet or the sender may have
 * changed the message; `whole`: search the rest of a long text; the others: do what a button says. `index` is the recipient's
 * place in the report; `key` and `message` are those of the content that the dialog shows.
 *
 * @typedef {{ key: string, message: string }} Shown
 * @typedef {{ type: "look", shown: Shown | null, isInterrupted: boolean } | { type: "whole", shown: Shown } |
 *     { type: "use" | "remove", index: number, shown: Shown } | { type: "use-all", shown: Shown }} Question
 */

/**
 * `isDone`: the dialog has neither a question nor a message to send. `isPassed`: the check at Send had failed, and this one
 * finds nothing.
 *
 * @typedef {{ page: StopPage } | { isDone: true } | { isPassed: true, key: string }} Answer
 */

/**
 * @typedef {object} Stop
 * @property {string} message the id under which all decisions about the message are reported
 * @property {number} tabId
 * @property {number} since ms since 1970
 * @property {boolean} hadFinding whether the guard stopped the message for a finding, not because the check failed
 * @property {Verdict | null} verdict
 * @property {string} typed the part of the reason that the sender has typed so far
 */

/** The stopped messages by tab. @type {Map<number, Stop>} */
const stops = new Map();

/** @type {(decision: Decision) => void} */
let report = () => {};

/** @param {(decision: Decision) => void} reporter */
export function onDecision(reporter) {
    report = reporter;
}

/** @type {WeakMap<Stop, Evidence>} */
const evidence = new WeakMap();

/**
 * @param {number} tabId
 * @param {boolean} hadFinding
 * @param {string} [message]
 * @returns {Stop}
 */
function stopOf(tabId, hadFinding, message = crypto.randomUUID()) {
    const known = stops.get(tabId);
    if (known) {
        known.hadFinding ||= hadFinding;
        return known;
    }
    /** @type {Stop} */
    const stop = {
        message,
        tabId,
        since: Date.now(),
        hadFinding,
        verdict: null,
        typed: "",
    };
    stops.set(tabId, stop);
    evidence.set(stop, new Evidence(() => push(stop)));
    return stop;
}

/**
 * The guard stops a message for a finding.
 *
 * @param {number} tabId
 * @param {Verdict} verdict
 * @returns {StopPage}
 */
export function begin(tabId, verdict) {
    const stop = stopOf(tabId, true);
    const isOther = stop.verdict !== null && stop.verdict.key !== verdict.key;
    stop.verdict = verdict;
    const page = show(stop, isOther ? text("stopChanged") : "");
    // Not now, so that asking for evidence does not delay the opening of the dialog.
    setTimeout(() => evidence.get(stop)?.ask(verdict.report.recipients, verdict.settings.backend), 0);
    return page;
}

/**
 * @param {number} tabId
 * @param {Question} question
 * @returns {Promise<Answer>}
 */
export async function answer(tabId, question) {
    const { type, shown } = question;
    const isKnown = stops.has(tabId);
    const stop = stopOf(tabId, shown !== null, shown?.message);
    if (type === "look") {
        return look(stop, shown, question.isInterrupted);
    }
    if (!isKnown) {
        // The event page was suspended meanwhile and has lost the verdict.
        stop.verdict = await freshVerdict(tabId);
    }
    const { verdict } = stop;
    if (verdict?.key !== shown.key) {
        return look(stop, shown, false);
    }
    if (type === "whole") {
        stop.verdict = verdict.whole?.() ?? verdict;
        return { page: show(stop, "") };
    }
    return type === "use-all"
        ? correct(stop, verdict, (_, recipient) => isStopping(recipient) && recipient.suggestion !== null, false)
        : correct(stop, verdict, (index) => index === question.index, type === "remove");
}

/**
 * @param {number} tabId
 * @param {string} reason as far as the sender has typed it
 */
export function typed(tabId, reason) {
    const stop = stops.get(tabId);
    if (stop) {
        stop.typed = reason;
    }
}

/** @param {number} tabId */
export function verdictOn(tabId) {
    return stops.get(tabId)?.verdict ?? null;
}

/** @param {number} tabId of a message that has left, or whose window is closed */
export function end(tabId) {
    stops.delete(tabId);
}

/** @param {number} tabId */
async function freshVerdict(tabId) {
    return checkDraft(tabId, await messenger.compose.getComposeDetails(tabId));
}

/**
 * Checks the message as it is now.
 *
 * @param {Stop} stop
 * @param {Shown | null} shown
 * @param {boolean} isInterrupted
 * @returns {Promise<Answer>}
 */
async function look(stop, shown, isInterrupted) {
    const verdict = await freshVerdict(stop.tabId);
    stop.verdict = verdict;
    const isClear = !verdict.report.recipients.some(isStopping);
    if (isClear && !stop.hadFinding && !isInterrupted) {
        return { isPassed: true, key: verdict.key };
    }
    stop.hadFinding = true;
    evidence.get(stop)?.ask(verdict.report.recipients, verdict.settings.backend);
    const hasChanged = shown !== null && shown.key !== verdict.key;
    const notice = isInterrupted ? text("stopInterrupted") : "";
    return { page: show(stop, hasChanged ? text("stopChanged") : notice) };
}

/**
 * @param {Stop} stop
 * @param {Verdict} verdict
 * @param {(index: number, recipient: import("./draft.js").RecipientReport) => boolean} isMeant
 * @param {boolean} isRemoval
 * @returns {Promise<Answer>}
 */
async function correct(stop, verdict, isMeant, isRemoval) {
    const changes = verdict.report.recipients.flatMap((recipient, index) => {
        const entry = verdict.entries[index];
        return entry && isMeant(index, recipient)
            ? [{ entry, recipient, address: isRemoval ? null : recipient.suggestion }]
            : [];
    });
    const { done, details } = await applyToDraft(stop.tabId, verdict.milguard, changes);
    const isWhole = done.length === changes.length;
    if (done.length > 0) {
        report(decisionOf(stop, isRemoval ? "removed" : "fixed", done.map(({ recipient }) => recipient)));
    }
    stop.verdict = await recheck(stop.tabId, verdict, details);
    const goesNowhere = stop.verdict.newsgroups.length === 0 && stop.verdict.entries.every(({ field }) => field === "replyTo");
    if (isWhole && goesNowhere) {
        end(stop.tabId);
        return { isDone: true };
    }
    return { page: show(stop, isWhole ? "" : text("stopEditFailed")) };
}

/**
 * @param {Stop} stop
 * @param {string} notice
 * @returns {StopPage}
 */
function show(stop, notice) {
    const verdict = /** @type {Verdict} */ (stop.verdict);
    const flagged = verdict.report.recipients.filter(isStopping);
    return stopPage(verdict, {
        subject: verdict.content.subject,
        notice,
        typed: stop.typed,
        since: stop.since,
        acceptsMail: (recipient) => evidence.get(stop)?.of(recipient) ?? null,
        decision: decisionOf(stop, "sent-anyway", flagged),
    });
}

/** @param {Stop} stop for which evidence has arrived */
function push(stop) {
    if (stop.verdict && stops.get(stop.tabId) === stop) {
        const message = { to: "dialog", tabId: stop.tabId, type: "show", page: show(stop, "") };
        void messenger.runtime.sendMessage(message).catch(() => {});
    }
}

/**
 * @param {Stop} stop
 * @param {Decision["action"]} action
 * @param {import("./draft.js").RecipientReport[]} recipients
 * @returns {Decision}
 */
function decisionOf({ message }, action, recipients) {
    return { message, action, recipients: recipients.map(reported) };
}
