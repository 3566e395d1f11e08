// @ts-check
// Recipients that the sender has checked in the pane and wants to keep, with the reason if the policy asks for one. The
// next Send passes exactly these. They are written to two places of the item: its session data (Mailbox 1.11), which some
// Outlooks give to the script at Send late or not at all (office-js issue 5951), and its custom properties (Mailbox 1.1).
// Without the second place, senders with such an Outlook could never send under a policy that asks for a reason.

import { isJustification, MAX_JUSTIFICATION, sendAnyway } from "../shared/policy.js";

/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {import("../shared/policy.js").Severity} Severity */
/** @typedef {{ address: string, reason?: string }} Kept */

export const KEPT_KEY = "milguard.kept";

/** The longest list in the session data, in characters. Before Mailbox 1.16, an add-in may store 50,000 in an item. */
const MAX_TEXT = 20_000;

/**
 * The longest list in the custom properties, in characters. Office.js allows 2,500, which it counts after it has encoded
 * the text once more.
 */
const MAX_PROPERTIES = 2300;
const MAX_ADDRESS = 1000;

/**
 * The entry that lets the sender send to a recipient. Stored data cannot allow a recipient that policy never allows, nor
 * one without a reason if policy requires a reason.
 *
 * @param {readonly Kept[]} kept
 * @param {{ address: string, severity: Severity }} recipient its `identityOf`, and its severity
 * @param {Policy} policy
 * @returns {Kept | undefined}
 */
export function findKept(kept, { address, severity }, policy) {
    const found = address === "" ? undefined : kept.find((entry) => entry.address === address);
    const override = sendAnyway(policy, severity);
    if (!found || override === "never") {
        return undefined;
    }
    return override !== "justification" || isJustification(found.reason ?? "") ? found : undefined;
}

/**
 * The list with one more entry, which replaces a previous one for that address. If the list gets too long, it loses its
 * oldest entries.
 *
 * @param {readonly Kept[]} kept
 * @param {string} address the recipient's `identityOf`
 * @param {string} [reason]
 * @returns {Kept[]}
 */
export function keep(kept, address, reason) {
    const entry = reason === undefined ? { address } : { address, reason: reason.slice(0, MAX_JUSTIFICATION) };
    const list = kept.filter((other) => other.address !== address).concat(entry);
    while (list.length > 1 && write(list).length > MAX_TEXT) {
        list.shift();
    }
    return list;
}

/**
 * The list in the item's session data; empty if Outlook keeps none, does not answer, or returns another value. Never
 * rejects.
 *
 * @param {import("./item.js").Item} item
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<Kept[]>}
 */
export async function readKept(item, calls, terms) {
    const outcome = await calls.make((callback) => item.sessionData.getAsync(KEPT_KEY, callback), terms);
    return outcome.ok ? parse(outcome.value) : [];
}

/**
 * The list in the custom properties. Some Outlooks call the server for them, so they are read only if a recipient
 * would be stopped. Never rejects.
 *
 * @param {import("./item.js").Item} item
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<Kept[]>}
 */
export async function readKeptProperty(item, calls, terms) {
    const properties = await loadProperties(item, calls, terms);
    try {
        return parse(properties?.get(KEPT_KEY));
    } catch {
        return [];
    }
}

/**
 * Both lists as one. If both have an entry for a recipient, that of the first list counts.
 *
 * @param {readonly Kept[]} first
 * @param {readonly Kept[]} second
 * @returns {Kept[]}
 */
export function joinKept(first, second) {
    return first.concat(second.filter(({ address }) => !first.some((other) => other.address === address)));
}

/**
 * @param {import("./item.js").Item} item
 * @param {readonly Kept[]} kept
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<boolean>} whether one of the two places has stored it
 */
export async function writeKept(item, kept, calls, terms) {
    const text = write(kept);
    if (text.length > MAX_TEXT || !kept.every(isEntry)) {
        return false;
    }
    const [session, property] = await Promise.all([
        calls.make((callback) => item.sessionData.setAsync(KEPT_KEY, text, callback), terms),
        writeProperty(item, kept, calls, terms),
    ]);
    return session.ok || property;
}

/**
 * @param {import("./item.js").Item} item
 * @param {readonly Kept[]} kept
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 */
async function writeProperty(item, kept, calls, terms) {
    const properties = await loadProperties(item, calls, terms);
    if (properties === null) {
        return false;
    }
    const list = [...kept];
    while (list.length > 0 && JSON.stringify(write(list)).length > MAX_PROPERTIES) {
        list.shift();
    }
    try {
        properties.set(KEPT_KEY, write(list));
    } catch {
        return false;
    }
    const outcome = await calls.make((callback) => properties.saveAsync(callback), terms);
    return outcome.ok && list.length === kept.length;
}

/**
 * @param {import("./item.js").Item} item
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<Office.CustomProperties | null>} `null` if Outlook returns none
 */
async function loadProperties(item, calls, terms) {
    const outcome = await calls.make((callback) => item.loadCustomPropertiesAsync(callback), terms);
    return outcome.ok && typeof outcome.value === "object"
        ? /** @type {Office.CustomProperties | null} */ (outcome.value)
        : null;
}

/**
 * Whether this client has at least one of the two places.
 *
 * @param {import("./item.js").Item} item
 */
export function canKeep(item) {
    try {
        const hasSession = typeof item.sessionData?.getAsync === "function" && typeof item.sessionData.setAsync === "function";
        return hasSession || typeof item.loadCustomPropertiesAsync === "function";
    } catch {
        return false;
    }
}

/** @param {readonly Kept[]} kept */
function write(kept) {
    return JSON.stringify({ v: 1, kept });
}

/**
 * @param {unknown} text
 * @returns {Kept[]}
 */
function parse(text) {
    if (typeof text !== "string" || text.length > MAX_TEXT) {
        return [];
    }
    try {
        const { v, kept } = JSON.parse(text);
        return v === 1 && Array.isArray(kept) ? kept.filter(isEntry) : [];
    } catch {
        return [];
    }
}

/**
 * @param {unknown} given
 * @returns {given is Kept}
 */
function isEntry(given) {
    const entry = /** @type {Record<string, unknown> | null} */ (given);
    const isText = (/** @type {unknown} */ value, /** @type {number} */ max) =>
        typeof value === "string" && value.length <= max;
    const reason = entry?.reason;
    return isText(entry?.address, MAX_ADDRESS) && (reason === undefined || isText(reason, MAX_JUSTIFICATION));
}
