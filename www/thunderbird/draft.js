// @ts-check
// From a draft in Thunderbird to the checker's verdict and back. Which recipient is suspicious, and what would
// be right, is the checker's to say.

import { loadChecker } from "../shared/checker.js";
import { keyOf } from "./key.js";
import { expandLists } from "./lists.js";
import { loadSettings, onSettingsChanged } from "./settings.js";

/** @typedef {MessengerComposeDetails} ComposeDetails */
/** @typedef {import("../shared/checker.js").CheckerModule} CheckerModule */
/** @typedef {import("../checker/milguard.js").RecipientReport} RecipientReport */
/** @typedef {import("./settings.js").Settings} Settings */
/** @typedef {"to" | "cc" | "bcc" | "replyTo"} Field */

/**
 * A recipient as it is checked, and where it stands in the window.
 *
 * @typedef {object} Entry
 * @property {string} address as written
 * @property {Field} field
 * @property {string} source what stands in the window: the same, or the list that it is a member of
 * @property {Entry[] | null} members all members of that list, this one among them
 * @property {string | null} list its name
 */

/**
 * @typedef {object} Verdict
 * @property {import("../checker/milguard.js").Report} report
 * @property {Entry[]} entries one for each recipient of the report
 * @property {string} key of the recipients, as approvals are made for
 * @property {Settings} settings
 * @property {CheckerModule} milguard
 */

const FIELDS = /** @type {const} */ (["to", "cc", "bcc", "replyTo"]);

/** As much as the checker searches for markings, in characters of at least one byte. */
const MAX_BODY = 1 << 20;

const STOPPING = ["warn", "block"];

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
        // A bad policy never stops mail, and never lets it through unchecked.
        return new milguard.Checker();
    }
}

/**
 * The verdict on a draft. Ordinary mail costs one look at its recipients: address books, body and attachments are
 * only read where something was found.
 *
 * @param {number} tabId
 * @param {ComposeDetails} details
 * @returns {Promise<Verdict>}
 */
export async function checkDraft(tabId, details) {
    const { milguard, checker, settings } = await prepare();
    let entries = entriesOf(details);
    const check = (/** @type {object} */ more = {}) =>
        checker.check({
            recipients: entries.map(({ address, field }) => ({
                address,
                field: field === "replyTo" ? null : field,
            })),
            from: details.from || null,
            ...{ muted: settings.muted },
            ...more,
        });
    let report = check();
    const isUnopened = (/** @type {Entry} */ _, /** @type {number} */ index) =>
        report.recipients[index]?.findings.some(({ reason }) => reason === "unexpanded-group");
    if (entries.some(isUnopened)) {
        entries = await expandLists(entries, isUnopened);
        report = check();
    }
    if (report.severity !== "pass" && settings.policy.markings?.enabled !== false) {
        report = check(await contentOf(tabId, details));
    }
    return { report, entries, key: keyOf(details), settings, milguard };
}

/**
 * @param {ComposeDetails} details
 * @returns {Entry[]}
 */
function entriesOf(details) {
    return FIELDS.flatMap((field) =>
        (details[field] ?? []).map((address) => ({
            address: String(address),
            field,
            source: String(address),
            members: null,
            list: null,
        })),
    );
}

/**
 * @param {number} tabId
 * @param {ComposeDetails} details
 */
async function contentOf(tabId, details) {
    /** @type {string[]} */
    let attachments = [];
    try {
        attachments = (await messenger.compose.listAttachments(tabId)).map(({ name }) => name);
    } catch {
        // The finding stands without them.
    }
    const body = details.plainTextBody || details.body || "";
    return { subject: details.subject ?? "", body: body.slice(0, MAX_BODY), attachments };
}

/** @param {{ severity: string }} verdict */
export const isStopping = ({ severity }) => STOPPING.includes(severity);

/**
 * Puts another address in the place of a recipient, or takes it out. A list gives way to its members, since no
 * add-in may rewrite it.
 *
 * @param {number} tabId
 * @param {CheckerModule} milguard
 * @param {Entry} entry
 * @param {string | null} address
 * @returns {Promise<boolean>} whether that could be done; not where it is no longer there
 */
export async function replaceInDraft(tabId, milguard, entry, address) {
    if (entry.list !== null && entry.members === null) {
        // Not all members are known, so nothing can stand for the list.
        return false;
    }
    const details = await messenger.compose.getComposeDetails(tabId);
    const field = details[entry.field] ?? [];
    const place = field.indexOf(entry.source);
    if (place < 0) {
        return false;
    }
    const corrected = milguard.replaceRecipient(entry.address, 0, address);
    const members = entry.members ?? [entry];
    const texts = members.map((member) => (member === entry ? corrected : member.address));
    const next = [
        ...field.slice(0, place),
        ...texts.filter((text) => text.trim() !== ""),
        ...field.slice(place + 1),
    ];
    await messenger.compose.setComposeDetails(tabId, { [entry.field]: next });
    return true;
}

/**
 * What is reported of a recipient.
 *
 * @param {RecipientReport & { domain?: string | null }} recipient
 */
export function reported({ address, severity, findings, domain = null }) {
    return { address, severity, reasons: [...new Set(findings.map(({ reason }) => reason))], domain };
}
