// @ts-check
// A recipient field as add-ins see it: `Office.Recipients`.

import { ArgumentError, CallError } from "./calls.js";
import { fieldLimit, readLimit, writeLimit } from "./clients.js";

/**
 * A recipient that the client has resolved.
 *
 * @typedef {object} Entry
 * @property {string} emailAddress
 * @property {string} displayName
 * @property {string} recipientType
 */

const MAX_NAME = 255;
const MAX_ADDRESS = 571;

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 * @param {string} field `to`, `cc`, `bcc`, `requiredAttendees` or `optionalAttendees`
 */
export function makeRecipients(outlook, calls, field) {
    const { client, set } = outlook;
    const known = () => outlook.draft.fields[field] ?? [];

    /**
     * @param {string} method
     * @param {unknown} given
     * @param {readonly unknown[]} tail
     * @param {boolean} isAdding
     */
    function write(method, given, tail, isAdding) {
        const sent = readEntries(given, writeLimit(client) ?? Infinity);
        calls.take(`${field}.${method}`, tail, () => {
            const entries = sent.map(entryOf);
            if (entries.some(({ emailAddress }) => emailAddress === "")) {
                // An add-in cannot write a contact group, which has no address.
                throw new CallError(5010, "InvalidRecipients", "The recipients provided are not valid.");
            }
            // Outlook resolves only SMTP addresses again; it shows other recipients, but add-ins do not see them.
            const resolved = entries.filter(({ emailAddress }) => emailAddress.includes("@"));
            const next = isAdding ? known().concat(resolved) : resolved;
            const most = fieldLimit(client);
            if (most !== null && next.length > most) {
                throw tooMany(most);
            }
            outlook.setField(field, next);
        });
    }

    return Object.freeze({
        getAsync(/** @type {unknown[]} */ ...tail) {
            calls.take(
                `${field}.getAsync`,
                tail,
                () => {
                    const limit = readLimit(client, set);
                    return known()
                        .slice(0, limit ?? undefined)
                        .map((entry) => ({ ...entry, appointmentResponse: "none" }));
                },
                { needsCallback: true },
            );
        },
        setAsync(/** @type {unknown} */ recipients, /** @type {unknown[]} */ ...tail) {
            write("setAsync", recipients, tail, false);
        },
        addAsync(/** @type {unknown} */ recipients, /** @type {unknown[]} */ ...tail) {
            write("addAsync", recipients, tail, true);
        },
    });
}

/**
 * The checks that Office itself makes before it asks the client.
 *
 * @param {unknown} given
 * @param {number} limit
 * @returns {{ emailAddress?: unknown, displayName?: unknown }[]} in the form that goes to the
 *     client
 */
function readEntries(given, limit) {
    if (!Array.isArray(given)) {
        throw new ArgumentError("type", "recipients");
    }
    if (given.length > limit) {
        throw new ArgumentError("range", "recipients", `more than ${limit}`);
    }
    return given.map((one) => {
        const entry = typeof one === "string" ? { emailAddress: one, displayName: one } : one;
        if (typeof entry !== "object" || entry === null) {
            throw new ArgumentError("type", "recipients");
        }
        const { emailAddress, displayName } = entry;
        if (!emailAddress && !displayName) {
            throw new ArgumentError("value", "recipients");
        }
        if (typeof displayName === "string" && displayName.length > MAX_NAME) {
            throw new ArgumentError("range", "displayName");
        }
        if (typeof emailAddress === "string" && emailAddress.length > MAX_ADDRESS) {
            throw new ArgumentError("range", "emailAddress");
        }
        return JSON.parse(JSON.stringify({ emailAddress, displayName }));
    });
}

/**
 * @param {{ emailAddress?: unknown, displayName?: unknown }} sent
 * @returns {Entry}
 */
function entryOf({ emailAddress = "", displayName = "" }) {
    if (typeof emailAddress !== "string" || typeof displayName !== "string") {
        throw new CallError(9020, "GenericResponseError", "An internal error has occurred.");
    }
    return { emailAddress, displayName: displayName || emailAddress, recipientType: "externalUser" };
}

/** @param {number} limit */
function tooMany(limit) {
    return new CallError(
        9013,
        "NumberOfRecipientsExceeded",
        `The total number of recipients in the field can't exceed ${limit}.`,
    );
}
