// @ts-check
// Reads from Outlook the message or appointment that is being written. A field that cannot be read is a failure
// in the result, never an empty field. The checker judges recipients; this file only reports what Outlook returns.

import { MAX_BODY } from "../shared/message.js";
import { mayBeCutOff } from "./host.js";

/** @typedef {import("./calls.js").Calls} Calls */
/** @typedef {import("./calls.js").Terms} Terms */
/** @typedef {import("../checker/milguard.js").Field} Field */
/** @typedef {import("../checker/milguard.js").Recipient} Recipient */
/** @typedef {"message" | "appointment"} Kind */

/**
 * A message or an appointment that is being written. Like Microsoft's own type, this one has the members of both; `Kind`
 * says which of the two it is, and a call of a member of the other kind fails.
 *
 * @typedef {Office.MessageCompose & Office.AppointmentCompose} Item
 */

/** A part of an item that can be read. @typedef {{ getAsync(callback: import("./calls.js").Callback): void }} Readable */

/**
 * A recipient as Outlook has it.
 *
 * @typedef {object} Entry
 * @property {string} address Outlook's value for the address, unchanged; it may be invalid or empty
 * @property {string} name the displayed name, often the address again; empty if there is none
 * @property {Field} field
 * @property {"address" | "x500" | "empty"} form `x500`: a name inside Exchange in place of an address; `empty`: a name
 *     alone, as for a contact group. The checker can judge neither, and says so
 */

/**
 * @typedef {object} Reading
 * @property {Kind} kind
 * @property {Entry[]} entries of all fields; Outlook does not report recipients that it has not resolved
 * @property {string | null} from
 * @property {Failure[]} failed the fields whose recipients are not all known
 */

/**
 * Why a field is not completely known: the outcome of the call that failed; `cut-off` if Outlook returned as many
 * recipients as it can return at most; `nameless` if a recipient has neither address nor name.
 *
 * @typedef {{ field: Field, reason: "missing" | "threw" | "failed" | "late" | "cut-off" | "nameless", detail: string }} Failure
 */

/** @typedef {{ subject?: string, body?: string, attachments?: string[] }} Content */

/** The fields with recipients: the property of the item, and the checker's name of the field. */
export const PROPERTIES = Object.freeze({
    message: /** @type {const} */ ([
        ["to", "to"],
        ["cc", "cc"],
        ["bcc", "bcc"],
    ]),
    appointment: /** @type {const} */ ([
        ["requiredAttendees", "required"],
        ["optionalAttendees", "optional"],
    ]),
});

/** The most recipients to read of a field: more than Outlook allows in one. */
const MAX_ENTRIES = 20_000;

/** How Exchange writes a directory name (`legacyExchangeDN`) where an address is expected. */
const X500 = /^\s*(?:EX:)?\/o=/i;

/**
 * @param {Item} item
 * @returns {Kind}
 */
export function kindOf(item) {
    return item.itemType === "appointment" ? "appointment" : "message";
}

/**
 * Reads the recipients and the sender. Never rejects.
 *
 * @param {Item} item
 * @param {Kind} kind
 * @param {Calls} calls
 * @param {Terms} terms
 * @param {(length: number) => boolean} [isCutOff] whether a field with this many recipients may hold more
 * @returns {Promise<Reading>}
 */
export async function readRecipients(item, kind, calls, terms, isCutOff = mayBeCutOff(null)) {
    const fields = PROPERTIES[kind].map(async ([property, field]) => {
        const outcome = await read(item, property, calls, terms);
        return { field, outcome: outcome.ok ? entriesOf(outcome.value, field) : outcome };
    });
    // The organizer of an appointment is its sender. For a shared calendar, Outlook may return none.
    const sender = read(item, kind === "message" ? "from" : "organizer", calls, terms);
    /** @type {Reading} */
    const reading = { kind, entries: [], from: null, failed: [] };
    for (const { field, outcome } of await Promise.all(fields)) {
        if (!outcome.ok) {
            reading.failed.push({ field, reason: outcome.reason, detail: outcome.detail });
            continue;
        }
        const known = outcome.value.filter((entry) => identityOf(entry).trim() !== "");
        reading.entries.push(...known);
        if (isCutOff(outcome.value.length)) {
            reading.failed.push({ field, reason: "cut-off", detail: `${outcome.value.length} recipients or more` });
        } else if (known.length < outcome.value.length) {
            // Outlook for Mac returns such recipients while it resolves them (office-js issue
            // 2502).
            reading.failed.push({ field, reason: "nameless", detail: "a recipient without address and name" });
        }
    }
    const from = await sender;
    const address = from.ok ? textOf(from.value, "emailAddress") : "";
    reading.from = address !== "" && !X500.test(address) ? address : null;
    return reading;
}

/**
 * Reads the content besides recipients: the subject, the text, the names of attachments. Leaves out
 * parts that cannot be read, since content can only make a finding graver. Never rejects.
 *
 * @param {Item} item
 * @param {Calls} calls
 * @param {Terms} terms
 * @returns {Promise<Content>}
 */
export async function readContent(item, calls, terms) {
    const [subject, body, attachments] = await Promise.all([
        read(item, "subject", calls, terms),
        calls.make((callback) => item.body.getAsync("text", callback), terms),
        calls.make((callback) => item.getAttachmentsAsync(callback), terms),
    ]);
    /** @type {Content} */
    const content = {};
    if (subject.ok && typeof subject.value === "string") {
        content.subject = subject.value;
    }
    if (body.ok && typeof body.value === "string") {
        content.body = body.value.slice(0, MAX_BODY);
    }
    if (attachments.ok && Array.isArray(attachments.value)) {
        content.attachments = attachments.value.map((file) => textOf(file, "name")).filter((name) => name !== "");
    }
    return content;
}

/**
 * The recipients in the form for the checker. A recipient whose address Outlook does not return has only a name. The
 * checker treats it as a list that it cannot judge.
 *
 * @param {readonly Entry[]} entries
 * @returns {Recipient[]}
 */
export function toRecipients(entries) {
    return entries.map(({ address, name, field, form }) =>
        form === "address" ? { address, name, field } : { address: "", name: name || address, field },
    );
}

/**
 * The identity of a recipient that the sender keeps: the address, or the name if Outlook returns no address.
 *
 * @param {Entry} entry
 */
export function identityOf({ address, name }) {
    return address || name;
}

/**
 * @param {Item} item
 * @param {typeof PROPERTIES[Kind][number][0] | "from" | "organizer" | "subject"} property
 * @param {Calls} calls
 * @param {Terms} terms
 */
async function read(item, property, calls, terms) {
    return calls.make((callback) => /** @type {Readable} */ (item[property]).getAsync(callback), terms);
}

/**
 * @param {unknown} value
 * @param {Field} field
 * @returns {import("./calls.js").Outcome<Entry[]>}
 */
function entriesOf(value, field) {
    if (!Array.isArray(value) || value.length > MAX_ENTRIES) {
        return { ok: false, reason: "failed", detail: "no list of recipients" };
    }
    return { ok: true, value: value.map((details) => entryOf(details, field)) };
}

/**
 * @param {unknown} details
 * @param {Field} field
 * @returns {Entry}
 */
function entryOf(details, field) {
    const address = textOf(details, "emailAddress");
    const name = textOf(details, "displayName");
    if (address.trim() !== "") {
        return { address, name, field, form: X500.test(address) ? "x500" : "address" };
    }
    // For a contact card, Outlook returns the address as the name and leaves the address empty.
    if (name.indexOf("@") > 0) {
        return { address: name, name: "", field, form: "address" };
    }
    return { address: "", name, field, form: "empty" };
}

/**
 * @param {unknown} object
 * @param {string} property
 * @returns {string} empty if there is none
 */
function textOf(object, property) {
    try {
        const value = /** @type {Record<string, unknown>} */ (object)[property];
        return typeof value === "string" ? value : "";
    } catch {
        return "";
    }
}
