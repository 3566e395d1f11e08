// @ts-check
// The texts that Outlook itself shows: one line on the item, and a short text at Send. Address and suggestion come first,
// since Outlook cuts long texts. Addresses and policies are hostile text: no part of them may act, hide or reorder.

import { raisedTexts, reasonText } from "../shared/reasons.js";
import { identityOf } from "./item.js";

/** @typedef {import("./verdict.js").Verdict} Verdict */
/** @typedef {import("./verdict.js").Flagged} Flagged */
/** @typedef {(key: string, value?: string) => string} Text */

/** Outlook's limits, in UTF-16 code units. */
export const MAX_NOTIFICATION = 150;
export const MAX_ALERT = 500;
export const MAX_BUTTON = 20;

/** The most characters of an address to show: two addresses and the words between them fit, even fully escaped. */
const MAX_SHOWN = { notification: 45, alert: 90 };

/**
 * Characters that a reader would not see, or that would move the characters around them; the same as in the warning view
 * (src/text/invisible.rs). The characters beyond U+FFFF are written as surrogate pairs, since ES2016 has no `\p`, and
 * half a pair counts as a character.
 */
const INVISIBLE =
    // eslint-disable-next-line no-control-regex, no-misleading-character-class -- the pattern finds exactly these
    /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|\ud804[\udcbd\udccd]|\ud80d[\udc30-\udc3f]|\ud82f[\udca0-\udca3]|\ud834[\udd73-\udd7a]|[\udb40-\udb43][\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/g;

/**
 * Characters of right-to-left scripts: within a line in another script, they would reorder the characters around them.
 */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]|\ud802|\ud803|\ud83a|\ud83b/;

/**
 * Text of strangers, made harmless for a place that may interpret markup. Invisible characters are spelled out as
 * `[U+202E]`.
 *
 * @param {string} text
 * @returns {string}
 */
export function visible(text) {
    const shown = text
        .replace(INVISIBLE, codePoint)
        // Replaces the second half of a pair if the first is missing; ES2016 has no lookbehind for that.
        .replace(/[\ud800-\udbff][\udc00-\udfff]|[\udc00-\udfff]/g, (match) => (match.length === 2 ? match : "\ufffd"))
        .replace(/</g, "\u2039")
        .replace(/>/g, "\u203a")
        .replace(/&(?=#?\w+;)/g, "\uff06");
    return RIGHT_TO_LEFT.test(shown) ? `\u2068${shown}\u2069` : shown;
}

/** @param {string} character */
function codePoint(character) {
    const value = character.codePointAt(0) ?? 0;
    // Half a surrogate pair is not a character.
    const isHalf = value >= 0xd800 && value < 0xe000;
    return isHalf ? "\ufffd" : `[U+${`000${value.toString(16)}`.slice(value > 0xffff ? 3 : -4).toUpperCase()}]`;
}

/**
 * A sentence of a policy, made harmless by `visible`; each run of spaces and line breaks becomes one space.
 *
 * @param {string} text
 */
function tidy(text) {
    return visible(text.replace(/\s+/g, " ").trim());
}

/**
 * The text without its middle if it is too long. More of the end is kept, because domains differ there.
 *
 * @param {string} text
 * @param {number} max in UTF-16 code units
 * @returns {string}
 */
export function elide(text, max) {
    if (text.length <= max) {
        return text;
    }
    const head = Math.floor((max - 1) / 3);
    const start = text.slice(0, head).replace(/[\ud800-\udbff]$/, "");
    const end = text.slice(text.length - (max - 1 - head)).replace(/^[\udc00-\udfff]/, "");
    return `${start}\u2026${end}`;
}

/**
 * How a text is written: as plain text, or in the Markdown that Outlook knows from Mailbox 1.15 on.
 *
 * @typedef {object} Format
 * @property {(text: string) => string} plain
 * @property {(text: string) => string} strong
 * @property {string} separator between lines
 */

/** @type {Format} */
const PLAIN = { plain: (text) => text, strong: (text) => text, separator: "\n" };

const escapeMarkdown = (/** @type {string} */ text) => text.replace(/[\\`*_[\]~|#]/g, "\\$&");

/** @type {Format} */
const MARKDOWN = {
    plain: escapeMarkdown,
    strong: (text) => `**${escapeMarkdown(text)}**`,
    separator: "\n\n",
};

/**
 * The line on the item while it is being written: the gravest recipient, the reason, and the number of further recipients.
 *
 * @param {readonly Flagged[]} flagged at least one, gravest first
 * @param {Text} text
 * @returns {string} at most `MAX_NOTIFICATION` long
 */
export function notificationText(flagged, text) {
    const [first] = flagged;
    if (!first) {
        return "";
    }
    const { head, reason } = describeFlagged(first, text, PLAIN, MAX_SHOWN.notification);
    const more = flagged.length > 1 ? ` (${text("viewMore", String(flagged.length - 1))})` : "";
    const room = MAX_NOTIFICATION - head.length - more.length - 1;
    if (reason.length <= room) {
        return sentence(head, reason) + more;
    }
    // A reason that is cut off still helps, but not if only a few letters remain.
    return room > 40 ? `${head} ${reason.slice(0, room - 1)}\u2026${more}` : (head + more).slice(0, MAX_NOTIFICATION);
}

/**
 * The question at Send.
 *
 * @typedef {object} Alert
 * @property {string} plain
 * @property {string} markdown
 */

/**
 * The text at Send: the recipients that fit, the number of the others, and what the sender can do.
 *
 * @param {readonly Flagged[]} stopping gravest first
 * @param {readonly string[]} notes the most important first; notes that do not fit are left out
 * @param {Text} text
 * @param {string | null} training the policy's link text and address
 * @returns {Alert} each at most `MAX_ALERT` long
 */
export function alertText(stopping, notes, text, training = null) {
    const distinct = stopping.filter(
        ({ entry }, index) => stopping.findIndex((other) => identityOf(other.entry) === identityOf(entry)) === index,
    );
    const write = (/** @type {Format} */ format, /** @type {string | null} */ link) => {
        const lines = distinct.map((flagged) => {
            const { head, reason } = describeFlagged(flagged, text, format, MAX_SHOWN.alert);
            return { head, whole: sentence(head, reason) };
        });
        const tail = notes.map((note) => format.plain(tidy(note)));
        return fit(lines, link === null ? tail : tail.concat(link), format.separator, (left) =>
            format.plain(text("viewMore", String(left))),
        );
    };
    return { plain: write(PLAIN, null), markdown: write(MARKDOWN, training) };
}

/**
 * A link in Markdown; plain text can have none.
 *
 * @param {string} label
 * @param {string} url
 * @returns {string | null} `null` if the address could end the link or is missing
 */
export function trainingLink(label, url) {
    return /^https:\/\/[\w.~:/?#@!$&'*+,;=%-]+$/.test(url) ? `[${escapeMarkdown(tidy(label))}](${url})` : null;
}

/**
 * The text of the lines and notes that fit: first one recipient, then notes, then further recipients.
 *
 * @param {readonly { head: string, whole: string }[]} lines
 * @param {readonly string[]} notes
 * @param {string} separator
 * @param {(left: number) => string} more
 */
function fit(lines, notes, separator, more) {
    const join = (/** @type {readonly string[]} */ shown, /** @type {readonly string[]} */ below) => {
        const left = lines.length - shown.length;
        return [...shown, ...(left > 0 ? [more(left)] : []), ...below].join(separator);
    };
    const [first] = lines;
    /** @type {string[]} */
    let shown = [];
    if (first) {
        shown = [join([first.whole], []).length <= MAX_ALERT ? first.whole : first.head];
    }
    /** @type {string[]} */
    const below = [];
    for (const note of notes) {
        if (join(shown, below.concat(note)).length <= MAX_ALERT) {
            below.push(note);
        }
    }
    for (const { whole } of lines.slice(1)) {
        if (join(shown.concat(whole), below).length > MAX_ALERT) {
            break;
        }
        shown.push(whole);
    }
    return join(shown, below).slice(0, MAX_ALERT);
}

/**
 * @param {Flagged} flagged
 * @param {Text} text
 * @param {Format} format
 * @param {number} max of each address
 * @returns {{ head: string, reason: string }} the recipient, the suggestion and the reason
 */
function describeFlagged({ entry, recipient }, text, format, max) {
    const shown = elide(visible(identityOf(entry)), max) || text("outlookNoAddress");
    const head = `${format.strong(shown)}:`;
    if (entry.form !== "address") {
        return { head, reason: format.plain(text("outlookUnreadable")) };
    }
    const [first] = recipient.findings;
    const sentences = first ? [reasonText(first.reason, recipient, text)] : [];
    const reason = sentences
        .concat(raisedTexts(recipient, text))
        .filter((words) => words !== "")
        .map(format.plain)
        .join(" ");
    const meant = suggestionsOf(recipient).map((address) => format.strong(elide(visible(address), max)));
    if (meant.length === 0) {
        return { head, reason };
    }
    // The words come from our own file, the addresses from strangers: only the words are escaped here, and the addresses,
    // which are escaped already, inserted afterwards.
    const question = format.plain(text("outlookPerhaps", "\u0000")).split("\u0000").join(meant.join(" / "));
    return { head: `${head} ${question}`, reason };
}

/**
 * The address that was probably meant, or those that are equally close.
 *
 * @param {{ suggestion: string | null, suggestions?: readonly string[] }} recipient
 * @returns {readonly string[]}
 */
function suggestionsOf({ suggestion, suggestions = [] }) {
    return suggestion === null ? suggestions : [suggestion];
}

/**
 * @param {string} head
 * @param {string} reason empty if this version has no text for it
 */
function sentence(head, reason) {
    return reason === "" ? head : `${head} ${reason}`;
}
