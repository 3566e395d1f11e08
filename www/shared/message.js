// @ts-check
// Copies a mail client's message before it goes to the checker. A client's object may have getters that throw, lists
// that lie about their length, or more than any message holds; the checker takes only plain data. Each property is
// read once. This file holds no rule: the checker decides what the values mean.

/** @typedef {import("../checker/milguard.js").Message} Message */

/** The most recipients or attachments: more than any mail system takes in one message. */
const MAX_ENTRIES = 100_000;

/**
 * The most UTF-16 code units in all strings of a message together, because a WebAssembly instance never gives
 * memory back.
 */
const MAX_TEXT = 2 ** 25;

/** The most characters of a body to read: the checker searches this many bytes, and a character has at least one. */
export const MAX_BODY = 1 << 20;

const FIELDS = ["from", "subject", "body"];
const LISTS = ["attachments", "muted"];

/**
 * @param {unknown} message
 * @returns {Message}
 * @throws {Error} a `MilguardError` like the checker's own, which names the property and never its content
 */
export function copyMessage(message) {
    const copier = new Copier();
    if (!isObject(message)) {
        throw milguardError("invalid-message", "the message must be an object");
    }
    const recipients = copier.list(read(message, "recipients"), "recipients", (entry, path) => {
        if (!isObject(entry)) {
            throw milguardError("invalid-message", `${path} must be an object`);
        }
        const copied = { address: copier.text(read(entry, "address", path), `${path}.address`) };
        const more = ["name", "field"].map((name) => [name, copier.optional(read(entry, name, path), `${path}.${name}`)]);
        return Object.assign(copied, ...more.map(([name, value]) => ({ [String(name)]: value })));
    });
    /** @type {{ recipients: typeof recipients } & Record<string, unknown>} */
    const copy = { recipients };
    for (const name of FIELDS) {
        copy[name] = copier.optional(read(message, name), name);
    }
    for (const name of LISTS) {
        const list = read(message, name);
        copy[name] = isAbsent(list) ? null : copier.list(list, name, (entry, path) => copier.text(entry, path));
    }
    return /** @type {Message} */ (copy);
}

class Copier {
    #left = MAX_TEXT;

    /**
     * @template Entry
     * @param {unknown} value
     * @param {string} path
     * @param {(entry: unknown, path: string) => Entry} copy
     * @returns {Entry[]}
     */
    list(value, path, copy) {
        if (!guard(() => Array.isArray(value), path)) {
            throw milguardError("invalid-message", `${path} must be an array`);
        }
        const array = /** @type {unknown[]} */ (value);
        const length = guard(() => array.length, path);
        if (!(length >= 0 && length <= MAX_ENTRIES)) {
            throw milguardError("message-too-large", "the message has too many entries");
        }
        /** @type {Entry[]} */
        const entries = [];
        for (let index = 0; index < length; index += 1) {
            const place = `${path}[${index}]`;
            entries.push(copy(guard(() => array[index], place), place));
        }
        return entries;
    }

    /**
     * @param {unknown} value
     * @param {string} path
     */
    text(value, path) {
        if (typeof value !== "string") {
            throw milguardError("invalid-message", `${path} must be a string`);
        }
        this.#left -= value.length;
        if (this.#left < 0) {
            throw milguardError("message-too-large", "the message has too much text");
        }
        return value;
    }

    /**
     * Copies a property that may be missing: some mail clients write `null`, others leave it out.
     *
     * @param {unknown} value
     * @param {string} path
     */
    optional(value, path) {
        return isAbsent(value) ? null : this.text(value, path);
    }
}

/** @param {unknown} value */
function isAbsent(value) {
    return value === undefined || value === null;
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject(value) {
    return typeof value === "object" && value !== null;
}

/**
 * @param {object} owner
 * @param {string} name
 * @param {string} [path] of the owner
 * @returns {unknown}
 */
function read(owner, name, path = "") {
    return guard(() => /** @type {Record<string, unknown>} */ (owner)[name], path === "" ? name : `${path}.${name}`);
}

/**
 * @template Value
 * @param {() => Value} get
 * @param {string} path
 * @returns {Value}
 */
function guard(get, path) {
    try {
        return get();
    } catch {
        throw milguardError("invalid-message", `${path} cannot be read`);
    }
}

/**
 * @param {"invalid-message" | "message-too-large"} code
 * @param {string} message
 */
function milguardError(code, message) {
    const error = Object.assign(new Error(message), { code });
    error.name = "MilguardError";
    return error;
}
