// @ts-check
// What a person reads of a finding, in every host. The checker says which finding it is; these words add what can be seen by
// laying the address beside the one that was probably meant: the two endings, or the character that does not belong.

/**
 * @typedef {object} Explained
 * @property {string} address a bare one
 * @property {string | null} [suggestion]
 * @property {readonly string[]} [raisedBy] what made the verdict graver
 */

/** @typedef {(key: string, value?: string) => string} Text */

/** Endings that people type for `.mil` and that are real ones: they have a text with the country's name. */
const COUNTRIES = Object.freeze(["ml", "il"]);

/** An ending that can stand in a sentence as it is. */
const PLAIN_ENDING = /^[a-z0-9-]{1,24}$/;

const RAISED = Object.freeze(/** @type {Record<string, string>} */ ({ marking: "raisedMarking", sibling: "raisedSibling" }));

/**
 * @param {string} reason a code of the checker, in words joined by hyphens
 * @param {Explained} recipient
 * @param {Text} text
 * @returns {string} empty where this version has no words for it
 */
export function reasonText(reason, { address, suggestion }, text) {
    const whole = text(reasonKey(reason));
    if (!suggestion) {
        return whole;
    }
    if (reason === "suffix-typo" || reason === "suffix-swapped") {
        return endingText(endingOf(address), endingOf(suggestion), text) || whole;
    }
    if (reason === "malformed") {
        const key = malformedKey(address.trim(), suggestion);
        return (key === null ? "" : text(key)) || whole;
    }
    return whole;
}

/**
 * The same for the warning view, which asks with what it shows.
 *
 * @param {Text} text
 * @returns {import("../checker/milguard.js").ViewOptions["reason"]}
 */
export function reasonsIn(text) {
    return (code, address, suggestion = "") => reasonText(code, { address, suggestion }, text);
}

/**
 * What made a finding graver than it is by itself, each in a sentence.
 *
 * @param {Explained} recipient
 * @param {Text} text
 * @returns {string[]}
 */
export function raisedTexts({ raisedBy = [] }, text) {
    return raisedBy.map((code) => text(RAISED[code] ?? "")).filter((sentence) => sentence !== "");
}

/**
 * @param {string} reason
 * @returns {string} the key of its text
 */
export function reasonKey(reason) {
    return `reason${reason.split("-").map(capitalised).join("")}`;
}

/**
 * @param {string} found
 * @param {string} meant
 * @param {Text} text
 */
function endingText(found, meant, text) {
    if (meant !== "mil" || found === meant || !PLAIN_ENDING.test(found)) {
        return "";
    }
    return COUNTRIES.indexOf(found) >= 0 ? text(`endsIn${capitalised(found)}`) : text("endsIn", found);
}

/** @param {string} address */
function endingOf(address) {
    const domain = address.slice(address.lastIndexOf("@") + 1);
    return domain.slice(domain.lastIndexOf(".") + 1).toLowerCase();
}

/**
 * @param {string} address
 * @param {string} meant
 */
function malformedKey(address, meant) {
    const lacks = (/** @type {RegExp} */ character) => character.test(address) && !character.test(meant);
    if (lacks(/,/)) {
        return "malformedComma";
    }
    if (lacks(/\s/)) {
        return "malformedSpace";
    }
    return address.length > meant.length && address.slice(0, meant.length) === meant ? "malformedEnd" : null;
}

/** @param {string} word */
function capitalised(word) {
    return word.slice(0, 1).toUpperCase() + word.slice(1);
}
