// @ts-check
// Parts that the tests at Send share: recipients, texts, and the allowed answers.

import assert from "node:assert/strict";

import { Outlook, person } from "./outlook.js";

/** @typedef {import("./outlook.js").Setting} Setting */
/** @typedef {import("./outlook.js").Parts} Parts */

export const LOOK_ALIKE = person("bob@army.ml", "Bob");
export const ORDINARY = person("ann@example.com", "Ann");
export const GENUINE = person("eve@army.mil", "Eve");

export const FAILED = "Milguard could not check the recipients. Look closely at each address before you send.";
export const FOUND =
    "bob@army.ml: did you mean bob@army.mil? .ml is Mali’s ending; .mil is the U.S. military’s.";
export const PARTLY = "Milguard could not read all recipients. Look closely at the others too.";
export const BLOCKED = "Your organisation’s policy does not allow sending to these recipients.";

/** @param {object} policy */
export const config = (policy, more = {}) => ({ policy, ...more });
export const DENY = { deny: ["*.ml"] };

/** @param {Setting} setting */
export async function send(setting) {
    const outlook = new Outlook(setting);
    return { outlook, answer: await outlook.answer() };
}

/** @param {any} answer */
export const goes = (answer) => assert.deepEqual({ ...answer }, { allowEvent: true });

/** @param {any} answer @param {string | RegExp} message */
export function stops(answer, message) {
    assert.equal(answer.allowEvent, false);
    if (typeof message === "string") {
        assert.equal(answer.errorMessage, message);
    } else {
        assert.match(answer.errorMessage, message);
    }
    assert.ok(answer.errorMessage.length <= 500 && (answer.errorMessageMarkdown ?? "").length <= 500);
}

/** @param {string[]} addresses */
export const kept = (...addresses) => ({
    sessionData: { value: JSON.stringify({ v: 1, kept: addresses.map((address) => ({ address })) }) },
});

/** @param {string} address @param {unknown} reason */
export const keptWith = (address, reason) => ({
    sessionData: { value: JSON.stringify({ v: 1, kept: [{ address, reason }] }) },
});

/** The ways in which a call can fail. */
export const FAILURES = /** @type {const} */ ([
    ["fails", { error: "busy" }],
    ["throws", "throws"],
    ["is missing", "missing"],
    ["never answers", "never"],
    ["answers too late", { lateMs: 4500, value: [] }],
    ["answers with nothing", { value: undefined }],
    ["answers with a text", { value: "bob@army.ml" }],
    ["answers with more recipients than possible", { value: { length: 1e9 } }],
]);
