// @ts-check
// Replaces or removes a recipient. Outlook can only write a whole field, a hundred recipients per call. So this writes a
// field only if every recipient in it is known and can be written back, and then compares the contents.

import { mayBeCutOff } from "../host.js";
import { identityOf, PROPERTIES } from "../item.js";

/** @typedef {import("../item.js").Entry} Entry */
/** @typedef {import("../item.js").Item} Item */
/** @typedef {import("../item.js").Kind} Kind */
/** @typedef {import("../calls.js").Calls} Calls */
/** @typedef {typeof PROPERTIES[Kind][number][0]} Property a field of the item, as Outlook calls it */
/** @typedef {{ emailAddress: string, displayName: string }} User */

/**
 * `gone`: the recipient is no longer in the field. `unsafe`: something else in the field could be lost, so nothing was
 * written. `failed`: Outlook refused, and everything is as before. `partly`: the field lacks recipients that it had before;
 * `missing` names them.
 *
 * @typedef {{ result: "done" | "gone" | "unsafe" | "failed" } | { result: "partly", missing: string[] }} Edited
 */

const MAX_WRITE = 100;
const MAX_NAME = 255;
const CALL_MS = 10_000;

/** Outlook may have to ask a server before the field shows a new recipient, so the pane reads the field several times. */
const LOOKS = 5;
const LOOK_MS = 300;

/**
 * @param {object} given
 * @param {import("../host.js").OfficeApi} given.office
 * @param {import("../item.js").Item} given.item
 * @param {Kind} given.kind
 * @param {Calls} given.calls
 * @param {Entry} given.entry
 * @param {string | null} given.address `null` removes the recipient
 * @returns {Promise<Edited>} never rejects
 */
export async function changeRecipient({ office, item, kind, calls, entry, address }) {
    const property = PROPERTIES[kind].find(([, name]) => name === entry.field)?.[0];
    const field = property && new Field(item, property, calls);
    const before = field ? await field.read() : null;
    if (!field || before === null) {
        return { result: "failed" };
    }
    const place = before.findIndex((user) => isSame(user, entry));
    if (place < 0) {
        return { result: "gone" };
    }
    const others = before.filter((_, at) => at !== place);
    // Recipients that Outlook did not return would be lost.
    if (mayBeCutOff(office)(before.length) || !others.every(canBeWritten)) {
        return { result: "unsafe" };
    }
    const after = address === null ? others : [...before];
    if (address !== null) {
        after[place] = { emailAddress: address, displayName: nameFor(entry, address) };
    }
    if (await field.put(after)) {
        const missing = await field.missing(after);
        return missing.length === 0 ? { result: "done" } : { result: "partly", missing };
    }
    // Outlook took only a part, or nothing, so the previous recipients are restored.
    if (canBeWritten(/** @type {User} */ (before[place]))) {
        await field.put(before);
    }
    const missing = await field.missing(before);
    return missing.length === 0 ? { result: "failed" } : { result: "partly", missing };
}

class Field {
    #item;
    #property;
    #calls;

    /**
     * @param {Item} item
     * @param {Property} property
     * @param {Calls} calls
     */
    constructor(item, property, calls) {
        this.#item = item;
        this.#property = property;
        this.#calls = calls;
    }

    /** @returns {Promise<User[] | null>} */
    async read() {
        const outcome = await this.#call((recipients, callback) => recipients.getAsync(callback));
        return outcome.ok && Array.isArray(outcome.value) ? outcome.value.map(userOf) : null;
    }

    /**
     * @param {readonly User[]} users
     * @returns {Promise<boolean>} whether Outlook took all
     */
    async put(users) {
        const given = users.map(forWriting);
        const first = given.slice(0, MAX_WRITE);
        if (!(await this.#call((recipients, callback) => recipients.setAsync(first, callback))).ok) {
            return false;
        }
        for (let at = MAX_WRITE; at < given.length; at += MAX_WRITE) {
            const next = given.slice(at, at + MAX_WRITE);
            if (!(await this.#call((recipients, callback) => recipients.addAsync(next, callback))).ok) {
                return false;
            }
        }
        return true;
    }

    /**
     * The recipients that are not in the field after Outlook has had time to resolve them.
     *
     * @param {readonly User[]} wanted
     * @returns {Promise<string[]>}
     */
    async missing(wanted) {
        /** @type {string[]} */
        let missing = [];
        for (let look = 0; look < LOOKS; look += 1) {
            if (look > 0) {
                await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
            }
            const found = await this.read();
            const left = (found ?? []).map(({ emailAddress }) => emailAddress.toLowerCase());
            missing = wanted.flatMap(({ emailAddress, displayName }) => {
                const at = left.indexOf(emailAddress.toLowerCase());
                left.splice(at, at < 0 ? 0 : 1);
                return at < 0 ? [emailAddress || displayName] : [];
            });
            if (missing.length === 0) {
                break;
            }
        }
        return missing;
    }

    /** @param {(recipients: Office.Recipients, callback: import("../calls.js").Callback) => void} start */
    #call(start) {
        const until = this.#calls.clock.now() + CALL_MS;
        return this.#calls.make((callback) => start(this.#item[this.#property], callback), { until });
    }
}

/**
 * @param {unknown} details
 * @returns {User}
 */
function userOf(details) {
    const { emailAddress, displayName } = /** @type {Partial<Record<keyof User, unknown>>} */ (details ?? {});
    const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
    return { emailAddress: text(emailAddress), displayName: text(displayName).slice(0, MAX_NAME) };
}

/**
 * @param {User} user
 * @param {Entry} entry
 */
function isSame({ emailAddress, displayName }, entry) {
    // For a contact card, Outlook returns the address as the name.
    const address = emailAddress.trim() === "" ? displayName : emailAddress;
    return address === identityOf(entry) && (entry.name === "" || displayName === entry.name.slice(0, MAX_NAME));
}

/**
 * Whether Outlook can take the recipient back. It refuses a contact group, which has no address; it takes a name inside
 * Exchange, but does not resolve it.
 *
 * @param {User} user
 */
function canBeWritten({ emailAddress }) {
    return emailAddress.includes("@") && !/^\s*(?:EX:)?\//i.test(emailAddress);
}

/**
 * The recipient with a name that Outlook takes. Classic Outlook makes a recipient invalid if its name is another address
 * (office-js issue 6477), and a version of Outlook for Mac failed on an empty name (office-js issue 1003).
 *
 * @param {User} user
 * @returns {User}
 */
function forWriting({ emailAddress, displayName }) {
    const isName = displayName !== "" && !displayName.includes("@");
    return { emailAddress, displayName: isName ? displayName : emailAddress };
}

/**
 * The name for the new address: the old name, unless that is an address itself, which would be the wrong one.
 *
 * @param {Entry} entry
 * @param {string} address
 */
function nameFor({ name }, address) {
    return name.includes("@") ? address : name.slice(0, MAX_NAME);
}
