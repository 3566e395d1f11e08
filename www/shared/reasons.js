// @ts-check
// The texts about a finding, the same in every host. The checker names the finding. These texts add what a comparison with
// the suggested address shows: the two endings, or the character that does not belong.

/**
 * @typedef {object} Explained
 * @property {string} address without a display name
 * @property {string | null} [suggestion]
 * @property {readonly string[]} [raisedBy] codes of the facts that made the verdict graver
 */

/** @typedef {(key: string, value?: string) => string} Text */

/** Real endings that people type for `.mil`; each has a text with the country's name. */
const COUNTRIES = Object.freeze(["ml", "il"]);

/** An ending that needs no escaping in a sentence. */
const PLAIN_ENDING = /^[a-z0-9-]{1,24}$/;

const RAISED = Object.freeze(/** @type {Record<string, string>} */ ({ marking: "raisedMarking", sibling: "raisedSibling" }));

/**
 * @param {string} reason a code of the checker: words joined by hyphens
 * @param {Explained} recipient
 * @param {Text} text
 * @returns {string} empty if this version has no text for it
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
 * `reasonText` in the form that the warning view calls.
 *
 * @param {Text} text
 * @returns {import("../checker/milguard.js").ViewOptions["reason"]}
 */
export function reasonsIn(text) {
    return (code, address, suggestion = "") => reasonText(code, { address, suggestion }, text);
}

/**
 * The facts that made a finding graver, each as a sentence.
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
