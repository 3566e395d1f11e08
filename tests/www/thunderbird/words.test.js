// @ts-check
// The texts of a reason: Thunderbird's dialog, which the warning view draws, and Outlook's line say the same, in every language.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { alertText } from "../../../www/outlook/texts.js";
import { LANGUAGES } from "../../../www/shared/i18n.js";
import { installDocument } from "./dom.js";
import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

const fake = fakeMessenger();
globalThis.fetch = /** @type {any} */ (fetchFile);
Object.assign(globalThis, { messenger: fake.messenger });
installDocument();

const { checkDraft } = await import(new URL("thunderbird/draft.js", ADDIN).href);
const stops = await import(new URL("thunderbird/stops.js", ADDIN).href);

/** Recipients that are stopped or shown, and the text of their first reason; a key in every language. */
const CASES = /** @type {[string, string, string?][]} */ ([
    ["bob@army.ml", "endsInMl"],
    ["Bob <bob@us.army.ML>", "endsInMl"],
    ["bob@us.af.il", "endsInIl"],
    ["bob@navy.mi", "endsIn", "mi"],
    ["jane@us.army.com", "endsIn", "com"],
    // These have texts of their own, because no ending was mistyped.
    ["jane@us.army.mil.com", "reasonSuffixEmbedded"],
    ["jane@armymil.com", "reasonSuffixGlued"],
    ["jane@\u0430rmy.mil", "reasonConfusable"],
    ["jane@amry.mil", "reasonUnregisteredDomain"],
    ["jane@eb.mil.br", "reasonForeignMilitary"],
]);

const HOW = /** @type {const} */ ({ field: "to", form: "address" });

/**
 * @param {string} language
 * @returns {(key: string, value?: any) => string}
 */
function textsOf(language) {
    const messages = JSON.parse(readFileSync(`www/_locales/${language}/messages.json`, "utf8"));
    return (key, value = "") => {
        const [first = "", second = ""] = [value].flat();
        return String(messages[key]?.message ?? "").split("$1").join(first).split("$2").join(second);
    };
}

/**
 * The first reason in a part of the dialog.
 *
 * @param {any} tree
 * @returns {string}
 */
function reasonIn([, { class: name }, ...children]) {
    if (name === "mg-reason") {
        return children.join("");
    }
    return children.map((/** @type {any} */ child) => (typeof child === "string" ? "" : reasonIn(child))).find(Boolean) ?? "";
}

/** @param {string} address */
async function judged(address) {
    fake.drafts[1] = { from: "alice@example.mil", subject: "Roster", to: [address] };
    const verdict = await checkDraft(1, fake.drafts[1]);
    const page = stops.begin(1, verdict);
    stops.end(1);
    return { recipient: verdict.report.recipients[0], tree: [...page.findings, ...page.others][0] };
}

for (const language of Object.keys(LANGUAGES)) {
    it(`the dialog says what Outlook's line says, in ${language}`, async () => {
        const text = textsOf(language);
        fake.messenger.i18n.getMessage = text;
        for (const [address, key, value] of CASES) {
            const { recipient, tree } = await judged(address);
            const said = reasonIn(tree);
            assert.equal(said, text(key, value), address);
            const bare = /<(.*)>/.exec(address)?.[1] ?? address;
            const entry = { address: bare, name: "", ...HOW };
            const line = alertText([{ entry, recipient: { ...recipient, address: bare }, kept: null }], [], text).plain;
            assert.ok(line.endsWith(said), `${address}: ${line}`);
        }
    });
}

it("the dialog names a country only where the checker calls the ending mistyped", async () => {
    fake.messenger.i18n.getMessage = textsOf("en");
    for (const address of ["jane@eb.mil.br", "jane@us.army.mil.ml", "jane@armymil.ml"]) {
        const { tree } = await judged(address);
        assert.doesNotMatch(reasonIn(tree), /Mali|Israel/, address);
    }
});
