// @ts-check
// Recipients that the sender looked at in the pane and means to keep, with the reason where policy asks for one. Outlook
// keeps them with the item while it is being written; the next Send passes exactly these.

import { isJustification, MAX_JUSTIFICATION, sendAnyway } from "../shared/policy.js";

/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {import("../shared/policy.js").Severity} Severity */
/** @typedef {{ address: string, reason?: string }} Kept */

export const KEPT_KEY = "milguard.kept";

/** Of the 50,000 characters that an add-in has in an item before Mailbox 1.16. */
const MAX_TEXT = 20_000;
const MAX_ADDRESS = 1000;

/**
 * What lets the sender send to a recipient because they kept it. What policy never allows cannot be kept, and what needs
 * a reason not without one, whatever is stored.
 *
 * @param {readonly Kept[]} kept
 * @param {{ address: string, severity: Severity }} recipient its `identityOf`, and how grave it is
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
 * The list with one more, in place of what was kept for that address before. The oldest go where it gets too long.
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
 * What is kept for the item; nothing where Outlook keeps nothing, cannot say, or gives something else. Never rejects.
 *
 * @param {any} item
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<Kept[]>}
 */
export async function readKept(item, calls, terms) {
    const outcome = await calls.make((callback) => item.sessionData.getAsync(KEPT_KEY, callback), terms);
    return outcome.ok ? parse(outcome.value) : [];
}

/**
 * @param {any} item
 * @param {readonly Kept[]} kept
 * @param {import("./calls.js").Calls} calls
 * @param {import("./calls.js").Terms} terms
 * @returns {Promise<boolean>} whether it will be there at Send
 */
export async function writeKept(item, kept, calls, terms) {
    const text = write(kept);
    if (!canKeep(item) || text.length > MAX_TEXT || !kept.every(isEntry)) {
        return false;
    }
    const outcome = await calls.make((callback) => item.sessionData.setAsync(KEPT_KEY, text, callback), terms);
    return outcome.ok;
}

/**
 * Whether this client has a place for it: Mailbox 1.11.
 *
 * @param {any} item
 */
export function canKeep(item) {
    try {
        return typeof item.sessionData.getAsync === "function" && typeof item.sessionData.setAsync === "function";
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
 * @param {any} entry
 * @returns {entry is Kept}
 */
function isEntry(entry) {
    const isText = (/** @type {unknown} */ value, /** @type {number} */ max) =>
        typeof value === "string" && value.length <= max;
    const reason = entry?.reason;
    return isText(entry?.address, MAX_ADDRESS) && (reason === undefined || isText(reason, MAX_JUSTIFICATION));
}
