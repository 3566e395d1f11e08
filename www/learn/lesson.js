// @ts-check
// The eight addresses of the lesson. People are made up; protected domains and the two organisations are real. The checker
// gives the verdict when the page is built; the texts here explain it.

/**
 * @typedef {object} Item
 * @property {string} to the person whom the reader wants to write to
 * @property {string} address the address in the recipient field
 * @property {string | null} reason the reason that the checker must find; `null` if it must find none. If the checker finds
 *     another one, the build fails, because the explanation would be wrong
 * @property {string} why the key of the explanation
 */

/** @type {readonly Item[]} */
export const LESSON = Object.freeze([
    { to: "Jane Doe, U.S. Army", address: "jane.doe@us.army.ml", reason: "suffix-typo", why: "learnWhyTypo" },
    { to: "Jane Doe, U.S. Navy", address: "jane.doe@us.navy.mil", reason: null, why: "learnWhyGenuine" },
    { to: "Jane Doe, U.S. Air Force", address: "jane.doe@us.af.mil.com", reason: "suffix-embedded", why: "learnWhyEmbedded" },
    { to: "Kim Park, Navy Federal Credit Union", address: "kim.park@navyfederal.org", reason: null, why: "learnWhyReal" },
    { to: "Bob Jones, U.S. Army", address: "bob.jones@armymil.com", reason: "suffix-glued", why: "learnWhyGlued" },
    { to: "Jane Doe, U.S. Army", address: "jane.doe@\u0430rmy.mil", reason: "confusable", why: "learnWhyConfusable" },
    { to: "Lee Chen, City of Milwaukee", address: "lee.chen@milwaukee.gov", reason: null, why: "learnWhyOrdinary" },
    {
        to: "Bob Jones, U.S. Army",
        address: '"bob.jones@army.mil" <bob.jones@quickmail.example>',
        reason: "name-mismatch",
        why: "learnWhyName",
    },
]);
