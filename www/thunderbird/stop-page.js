// @ts-check
// The content of the dialog about a stopped message, as plain data that fits into the address of its window.

import { policyTexts, sendAnyway } from "../shared/policy.js";
import { isStopping } from "./draft.js";
import { languages, noteOf, text } from "./page.js";
import { addressIn, entryTrees } from "./view-tree.js";

/** @typedef {import("./draft.js").Verdict} Verdict */
/** @typedef {import("./view-tree.js").Tree} Tree */

/**
 * @typedef {object} StopPage
 * @property {"asking" | "clear"} state whether something stops the message
 * @property {boolean} isPartial whether only the beginning of a long text was searched: the dialog asks for the rest
 * @property {string} message the id under which all decisions about the message are reported
 * @property {string} key of the recipients that an approval is for
 * @property {string} title
 * @property {string} about subject and recipients, by which the sender recognises the message
 * @property {string} lead
 * @property {string} notice a change since the dialog was last shown
 * @property {Tree[]} findings findings that stop the message
 * @property {Tree[]} others findings that do not stop the message
 * @property {number} useAll how many suggestions the button "Use all" applies; 0 hides the button
 * @property {{ label: string, rule: "allowed" | "justification" | "never", until: number }} send `until` in ms since
 *     1970, when the countdown is over
 * @property {import("../shared/events.js").Decision | null} decision reported if the sender sends the message unchanged
 * @property {string} reasonLabel
 * @property {string} typed the part of the reason that the sender has typed so far
 * @property {{ label: string, url: string } | null} training
 * @property {number} height of the window in CSS pixels, estimated before it is drawn
 */

/**
 * @typedef {object} Circumstances
 * @property {string} subject
 * @property {string} notice
 * @property {string} typed
 * @property {number} since when the sender was first asked, ms since 1970
 * @property {(recipient: import("../checker/milguard.js").RecipientReport) => boolean | null} acceptsMail
 * @property {import("../shared/events.js").Decision} decision
 */

/** The longest subject and address in a title or button, in characters; nobody would read a longer one. */
const MAX_ADDRESS = 60;
const MAX_SUBJECT = 80;

/** The measured height of each part of the page in CSS pixels. The dialog corrects the sum once it is drawn. */
const HEIGHTS = { frame: 230, first: 230, next: 62, also: 44, reason: 150, training: 36, lead: 30 };
const MIN_HEIGHT = 300;
const MAX_HEIGHT = 760;

/**
 * @param {Verdict} verdict
 * @param {Circumstances} circumstances
 * @returns {StopPage}
 */
export function stopPage(verdict, { subject, notice, typed, since, acceptsMail, decision }) {
    const { policy } = verdict.settings;
    const texts = policyTexts(policy, languages());
    const [findings, others] = entriesOf(verdict, acceptsMail);
    const isAsking = findings.length > 0;
    const rule = isAsking ? sendAnyway(policy, verdict.report.severity) : "allowed";
    const suggested = verdict.report.recipients.filter((one) => isStopping(one) && one.suggestion !== null);
    const lead = rule === "never" ? (texts.blocked ?? text("stopBlocked")) : (texts.body ?? "");
    /** @type {StopPage} */
    const page = {
        state: isAsking ? "asking" : "clear",
        isPartial: Boolean(verdict.whole),
        message: decision.message,
        key: verdict.key,
        title: isAsking ? (texts.title ?? titleOf(findings)) : text("stopTitleClear"),
        about: aboutOf(verdict, subject),
        lead: isAsking ? lead : text("stopClean"),
        notice,
        findings,
        others,
        useAll: suggested.length > 1 ? suggested.length : 0,
        send: {
            label: isAsking ? anywayLabel(findings.concat(others)) : sendLabel(verdict),
            rule,
            until: isAsking ? since + (policy.countdown ?? 0) * 1000 : 0,
        },
        decision: isAsking ? decision : null,
        reasonLabel: texts.justification ?? text("stopReason"),
        typed,
        training: policy.trainingUrl
            ? { label: texts.training ?? text("stopTraining"), url: policy.trainingUrl }
            : null,
        height: 0,
    };
    return { ...page, height: heightOf(page) };
}

/**
 * @param {Verdict} verdict
 * @param {Circumstances["acceptsMail"]} acceptsMail
 * @returns {[findings: Tree[], others: Tree[]]}
 */
function entriesOf({ report, entries, newsgroups, milguard }, acceptsMail) {
    const shown = {
        severity: report.severity,
        recipients: report.recipients.map((recipient, index) => ({
            ...recipient,
            ...{ note: noteOf(/** @type {import("./draft.js").Entry} */ (entries[index])), acceptsMail: acceptsMail(recipient) },
        })),
    };
    // A message without its only recipient cannot be sent, so this button also leads back to the message.
    const label = (/** @type {string} */ key, value = "") =>
        text(key === "viewRemove" && entries.length + newsgroups.length === 1 ? "stopRemoveAndBack" : key, value);
    const trees = entryTrees(milguard, shown, label);
    const stops = (/** @type {Tree} */ [, attributes]) => isStopping({ severity: attributes["data-severity"] ?? "warn" });
    return [trees.filter(stops), trees.filter((tree) => !stops(tree))];
}

/** @param {Tree[]} findings */
function titleOf(findings) {
    const [only = "", ...more] = findings.map(addressIn);
    return more.length === 0 && only.length <= MAX_ADDRESS
        ? text("stopTitleOne", isolated(only))
        : text("stopTitleSeveral", String(findings.length));
}

/**
 * @param {Verdict} verdict
 * @param {string} subject
 */
function aboutOf(verdict, subject) {
    const shown = subject.trim() === "" ? text("stopNoSubject") : cut(subject.trim(), MAX_SUBJECT);
    const to = destinations(verdict);
    return to.length === 1 && to[0]
        ? text("stopAboutOne", [isolated(shown), isolated(cut(to[0], MAX_ADDRESS))])
        : text("stopAbout", [isolated(shown), String(to.length)]);
}

/** @param {Tree[]} shown */
function anywayLabel(shown) {
    const [only = "", ...more] = shown.map(addressIn);
    if (more.length > 0) {
        return text("stopSendAnywaySeveral", String(shown.length));
    }
    return only.length <= MAX_ADDRESS ? text("stopSendAnywayOne", isolated(only)) : text("viewSendAnyway");
}

/** @param {Verdict} verdict */
function sendLabel(verdict) {
    const [only = "", ...more] = destinations(verdict);
    return more.length === 0 && only.length <= MAX_ADDRESS
        ? text("stopSendOne", isolated(only))
        : text("stopSendSeveral", String(more.length + 1));
}

/**
 * The addresses that get the message, without display names.
 *
 * @param {Verdict} verdict
 */
function destinations({ entries, newsgroups }) {
    return entries
        .filter(({ field }) => field !== "replyTo")
        .map(({ address }) => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address)
        .concat(newsgroups);
}

/** @param {string} value from the message: it must neither reorder the text around it nor hide characters */
function isolated(value) {
    return `\u2068${value.replace(/\p{C}/gu, "\uFFFD")}\u2069`;
}

/**
 * @param {string} value
 * @param {number} length
 */
function cut(value, length) {
    const letters = [...value];
    return letters.length > length ? `${letters.slice(0, length - 1).join("")}…` : value;
}

/** @param {StopPage} page */
function heightOf({ findings, others, lead, send, training, useAll }) {
    const entries = findings.length + others.length;
    const height =
        HEIGHTS.frame +
        (entries === 1 ? HEIGHTS.first : entries * HEIGHTS.next) +
        (others.length > 0 ? HEIGHTS.also : 0) +
        (useAll > 0 ? HEIGHTS.also : 0) +
        (send.rule === "justification" ? HEIGHTS.reason : 0) +
        (training ? HEIGHTS.training : 0) +
        (lead ? HEIGHTS.lead : 0);
    return Math.min(Math.max(height, MIN_HEIGHT), MAX_HEIGHT);
}
