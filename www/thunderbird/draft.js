// @ts-check
// Passes a draft in Thunderbird to the checker, and writes corrections into the draft. The checker alone decides which
// recipient is suspicious and which address was meant.

import { loadChecker } from "../shared/checker.js";
import { copyMessage, MAX_BODY } from "../shared/message.js";
import { isStopping as stops } from "../shared/policy.js";
import { keyOf } from "./key.js";
import { expandLists } from "./lists.js";
import { loadSettings, onSettingsChanged } from "./settings.js";

/** @typedef {messenger.compose.ComposeDetails} ComposeDetails */
/** @typedef {import("../shared/checker.js").CheckerModule} CheckerModule */
/** @typedef {import("../checker/milguard.js").RecipientReport} RecipientReport */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {"to" | "cc" | "bcc" | "replyTo"} Field */

/**
 * A recipient as the checker gets it, and its place in the window.
 *
 * @typedef {object} Entry
 * @property {string} address as written
 * @property {Field} field
 * @property {string} source the text in the window: the same address, or the list that the recipient is a member of
 * @property {Entry[] | null} members all members of that list, with this recipient; null if some could not be read
 * @property {string | null} list the name of that list; null if the recipient is in no list
 */

/**
 * @typedef {object} Verdict
 * @property {import("../checker/milguard.js").Report} report
 * @property {Entry[]} entries one for each recipient of the report
 * @property {string[]} newsgroups that the message goes to as well
 * @property {string} key of the recipients (key.js), to which approvals are bound
 * @property {Content} content
 * @property {Settings} settings
 * @property {CheckerModule} milguard
 * @property {(() => Verdict) | null} whole gives the verdict on all of the text, if only its beginning was searched for markings
 */

/**
 * The text in which the checker looks for markings; `attachments` is null until Thunderbird was asked for their names.
 *
 * @typedef {{ subject: string, body: string, attachments: string[] | null }} Content
 */

const FIELDS = /** @type {const} */ (["to", "cc", "bcc", "replyTo"]);

/** Searching this many characters takes a few milliseconds. With more, the dialog of a long message would appear noticeably later. */
const QUICK_BODY = 1 << 15;

/** @type {Promise<{ milguard: CheckerModule, checker: InstanceType<CheckerModule["Checker"]>, settings: Settings }> | undefined} */
let preparing;

onSettingsChanged(() => {
    preparing = undefined;
});

/** Loads the checker and the policy in force, once for each policy. */
export function prepare() {
    preparing ??= load().catch((error) => {
        preparing = undefined;
        throw error;
    });
    return preparing;
}

async function load() {
    const [milguard, settings] = await Promise.all([loadChecker(), loadSettings()]);
    return { milguard, settings, checker: makeChecker(milguard, settings.checkerPolicy) };
}

/**
 * @param {CheckerModule} milguard
 * @param {object | null} policy
 */
function makeChecker(milguard, policy) {
    try {
        return new milguard.Checker(policy);
    } catch {
        // An invalid policy neither stops mail nor lets it leave unchecked: the built-in one applies.
        return new milguard.Checker();
    }
}

/**
 * The verdict on a draft. For ordinary mail this only checks the recipients once: it opens lists, and looks at text and
 * attachments, only if that check finds something.
 *
 * @param {number} tabId
 * @param {ComposeDetails} details
 * @param {number} [searched] how many characters of the text to search now
 * @returns {Promise<Verdict>}
 */
export async function checkDraft(tabId, details, searched = MAX_BODY) {
    const body = details.plainTextBody || details.body || "";
    const content = { subject: details.subject ?? "", body: body.slice(0, MAX_BODY), attachments: null };
    return check(tabId, details, content, searched);
}

/**
 * The verdict on a draft that somebody waits for: only the beginning of a long text is searched, the rest by `whole`.
 *
 * @param {number} tabId
 * @param {ComposeDetails} details
 */
export function checkQuickly(tabId, details) {
    return checkDraft(tabId, details, QUICK_BODY);
}

/**
 * The verdict on a draft whose recipients have changed since another one; its text is not read again.
 *
 * @param {number} tabId
 * @param {Verdict} verdict
 * @param {ComposeDetails} details
 */
export function recheck(tabId, verdict, details) {
    return check(tabId, details, verdict.content);
}

/**
 * @param {number} tabId
 * @param {ComposeDetails} details
 * @param {Content} content
 * @param {number} [searched]
 * @returns {Promise<Verdict>}
 */
async function check(tabId, details, content, searched = MAX_BODY) {
    const { milguard, checker, settings } = await prepare();
    let entries = entriesOf(details);
    const judge = (/** @type {object} */ more = {}) =>
        checker.check(
            copyMessage({
                recipients: entries.map(({ address, field }) => ({
                    address,
                    field: field === "replyTo" ? null : field,
                })),
                from: addressText(details.from) || null,
                ...{ muted: settings.muted },
                ...more,
            }),
        );
    let report = judge();
    const isUnopened = (/** @type {Entry} */ _, /** @type {number} */ index) =>
        report.recipients[index]?.findings.some(({ reason }) => reason === "unexpanded-group");
    if (entries.some(isUnopened)) {
        entries = await expandLists(entries, isUnopened);
        report = judge();
    }
    let isWhole = true;
    if (report.severity !== "pass" && settings.policy.markings?.enabled !== false) {
        content.attachments ??= await attachmentsOf(tabId);
        isWhole = content.body.length <= searched;
        report = judge({ ...content, body: content.body.slice(0, searched) });
    }
    const newsgroups = [details.newsgroups ?? []].flat();
    const verdict = { report, entries, newsgroups, key: keyOf(details), content, settings, milguard, whole: null };
    return isWhole ? verdict : { ...verdict, whole: () => ({ ...verdict, report: judge(content) }) };
}

/** @param {number} tabId */
async function attachmentsOf(tabId) {
    try {
        return (await messenger.compose.listAttachments(tabId)).map(({ name }) => name ?? "");
    } catch {
        // The checker then judges the message without its attachments.
        return [];
    }
}

/**
 * @param {ComposeDetails} details
 * @returns {Entry[]}
 */
function entriesOf(details) {
    return FIELDS.flatMap((field) =>
        textsOf(details[field]).map((address) => ({ address, field, source: address, members: null, list: null })),
    );
}

/**
 * Thunderbird always gives recipients as texts, although its interface would also allow a contact of an address book.
 * Leaving such a contact out would let it pass unchecked, so it counts as a failed check.
 *
 * @param {messenger.compose.ComposeRecipientList | null | undefined} list
 */
function textsOf(list) {
    const texts = [list ?? []].flat().map((recipient) => {
        if (typeof recipient !== "string") {
            throw new Error("a recipient is not a text");
        }
        return recipient;
    });
    return texts.filter((text) => text !== "");
}

/** @param {unknown} recipient */
function addressText(recipient) {
    return typeof recipient === "string" ? recipient : "";
}

/** @param {{ severity: string }} verdict */
export const isStopping = ({ severity }) => stops(severity);

/** @typedef {{ entry: Entry, recipient: RecipientReport, address: string | null }} Change null removes the recipient */

/**
 * Replaces the addresses of recipients, or removes them. A mailing list is replaced by its members, since no add-in may
 * rewrite the list itself.
 *
 * @param {number} tabId
 * @param {CheckerModule} milguard
 * @param {Change[]} changes
 * @returns {Promise<{ done: Change[], details: ComposeDetails }>} `done`: the changes made, without those whose recipient the
 *     sender has removed meanwhile; `details`: the message as it is now
 */
export async function applyToDraft(tabId, milguard, changes) {
    const details = await messenger.compose.getComposeDetails(tabId);
    /** @type {Partial<Record<Field, string[]>>} */
    const changed = {};
    const done = changes.filter((change) => {
        const { field } = change.entry;
        const next = replaced(changed[field] ?? textsOf(details[field]), milguard, change, changes);
        if (next) {
            changed[field] = next;
        }
        return next !== null;
    });
    if (done.length > 0) {
        await messenger.compose.setComposeDetails(tabId, changed);
    }
    return { done, details: { ...details, ...changed } };
}

/**
 * @param {string[]} field
 * @param {CheckerModule} milguard
 * @param {Change} change
 * @param {Change[]} all changes; those of other members of the same list are made together with `change`
 * @returns {string[] | null}
 */
function replaced(field, milguard, { entry }, all) {
    const place = field.indexOf(entry.source);
    if (entry.list === null) {
        return place < 0 ? null : spliced(field, place, corrected(milguard, entry, all));
    }
    if (entry.members === null) {
        // Some members are unknown, and would be lost if the known ones replaced the list.
        return null;
    }
    if (place < 0) {
        // Another change has already put the members there, with this correction among them.
        return all.some(({ entry: other }) => other !== entry && other.members === entry.members) ? field : null;
    }
    const members = entry.members.flatMap((member) => corrected(milguard, member, all));
    return spliced(field, place, members);
}

/**
 * @param {string[]} field
 * @param {number} place
 * @param {string[]} texts that take its place
 */
function spliced(field, place, texts) {
    return [...field.slice(0, place), ...texts, ...field.slice(place + 1)];
}

/**
 * @param {CheckerModule} milguard
 * @param {Entry} entry
 * @param {Change[]} all
 */
function corrected(milguard, entry, all) {
    const change = all.find((one) => one.entry === entry);
    const text = change ? milguard.replaceRecipient(entry.address, 0, change.address) : entry.address;
    return text.trim() === "" ? [] : [text];
}

/**
 * The data to report about a recipient.
 *
 * @param {RecipientReport & { domain?: string | null }} recipient
 */
export function reported({ address, severity, findings, raisedBy = [], domain = null }) {
    return { address, severity, reasons: [...new Set(findings.map(({ reason }) => reason))], raisedBy, domain };
}
