// @ts-check
// Each fact has one home: code that two clients need is in www/shared. These tests find a second copy.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { parse, tokenizer } from "acorn";

import { DEFAULTS } from "../../www/outlook/pane/settings.js";

/** The scripts of the pages and add-ins: path below www, and text. */
const SCRIPTS = readdirSync("www", { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .sort()
    .map((name) => ({ name, source: readFileSync(`www/${name}`, "utf8") }));

/** Shorter functions are alike by chance. */
const MIN_TOKENS = 24;

/** Functions that exist twice: their files in order, and the reason. @type {Record<string, string>} */
const TWICE = {
    "shared/checker.js, thunderbird/draft.js": "three lines that keep a promise until it fails, for different promises",
    "shared/dom.js, thunderbird/stop-view.js": "the dialog draws before any module is loaded, so it imports nothing",
    "thunderbird/approvals.js, thunderbird/key.js": "the guard must not wait for a module, so it imports nothing",
};

/** Facts that only their homes may state, with a pattern that recognises them elsewhere. */
const FACTS = [
    { fact: "a failure doubles the pause", pattern: /2 \*\* [A-Za-z]|Math\.pow/, homes: ["shared/retry.js"] },
    { fact: "the pause that a server asks for with Retry-After", pattern: /"Retry-After"/i, homes: ["shared/retry.js"] },
    { fact: "the server's address for policies, events and keys", pattern: /["`]\/v1\/(policy|events|enrol)/, homes: ["shared/backend.js"] },
    { fact: "the interval at which clients ask for the policy", pattern: /\bPERIOD_MS = 50_000/, homes: ["shared/follow.js"] },
    { fact: "the countdown before a button", pattern: /secondsLeft [-+]=|secondsLeft--/, homes: ["shared/justification.js"] },
    {
        fact: "the length of a reason: the field checks it, and Send checks it again for kept recipients",
        pattern: /isJustification\(|MAX_JUSTIFICATION = /,
        homes: ["outlook/kept.js", "shared/justification.js", "shared/policy.js"],
    },
    { fact: "the words for each reason", pattern: /`reason\$\{|"reason[A-Z]\w+"/, homes: ["shared/reasons.js"] },
    { fact: "the verdicts that stop a message", pattern: /\["warn", "block"\]|=== "warn" \|\|/, homes: ["shared/policy.js"] },
    { fact: "the length of a body that is read", pattern: /1 << 20\b/, homes: ["shared/message.js"] },
    { fact: "the requirement sets of a simulated Outlook", pattern: /isSetSupported\(\/\*\*/, homes: ["try/outlook/office/office.js"] },
];

/**
 * The shape of a piece of code: its tokens, with names numbered in their order and without the words of texts.
 *
 * @param {string} code
 * @returns {string[]}
 */
function shapeOf(code) {
    /** @type {Map<unknown, number>} */
    const names = new Map();
    return [...tokenizer(code, { ecmaVersion: 2022 })].map((token) => {
        const { type, value } = /** @type {{ type: { label: string }, value?: unknown }} */ (/** @type {unknown} */ (token));
        if (type.label === "name" || type.label === "privateId") {
            const number = names.get(value) ?? names.size;
            names.set(value, number);
            return `name ${number}`;
        }
        return type.label === "string" || type.label === "template" ? type.label : `${type.label} ${value ?? ""}`;
    });
}

/**
 * The bodies of all functions and methods with a name.
 *
 * @param {string} source
 * @returns {{ name: string, body: string }[]}
 */
function functionsIn(source) {
    /** @type {{ name: string, body: string }[]} */
    const found = [];
    const visit = (/** @type {any} */ node, /** @type {string} */ name) => {
        if (typeof node?.type !== "string") {
            return;
        }
        if (/Function/.test(node.type) && node.body.type === "BlockStatement") {
            found.push({ name: node.id?.name ?? name, body: source.slice(node.body.start, node.body.end) });
        }
        const inner = node.key?.name ?? node.id?.name ?? name;
        Object.values(node).flat().forEach((child) => visit(child, inner));
    };
    visit(parse(source, { ecmaVersion: 2022, sourceType: "module" }), "");
    return found;
}

describe("each fact has one home", () => {
    it("no function exists in two files, not even under two names", () => {
        assert.ok(SCRIPTS.length > 80, `${SCRIPTS.length} scripts`);
        /** Where functions of each shape stand. @type {Map<string, { file: string, name: string }[]>} */
        const places = new Map();
        for (const { name: file, source } of SCRIPTS) {
            for (const { name, body } of functionsIn(source)) {
                const shape = shapeOf(body);
                if (shape.length >= MIN_TOKENS) {
                    const key = shape.join("\n");
                    places.set(key, [...(places.get(key) ?? []), { file, name }]);
                }
            }
        }
        const twice = [...places.values()]
            .map((all) => ({ files: [...new Set(all.map(({ file }) => file))].join(", "), names: all.map(({ name }) => name) }))
            .filter(({ files }) => files.includes(","));
        assert.deepEqual(twice.filter(({ files }) => !(files in TWICE)), []);
        for (const files of Object.keys(TWICE)) {
            assert.ok(twice.some((one) => one.files === files), `${files} no longer needs an exception`);
        }
    });

    it("no constant exists in two files, except times, which are alike by chance", () => {
        /** @type {Map<string, string[]>} */
        const places = new Map();
        for (const { name, source } of SCRIPTS) {
            for (const [, constant = "", value = ""] of source.matchAll(/^(?:export )?const ([A-Z][A-Z_\d]*) = (.*);$/gm)) {
                if (!constant.endsWith("_MS")) {
                    const key = `${constant} = ${value}`;
                    places.set(key, [...(places.get(key) ?? []), name]);
                }
            }
        }
        // The longest name that Outlook accepts: the add-in keeps to it, and the simulated Outlook enforces it.
        places.delete("MAX_NAME = 255");
        assert.deepEqual([...places].filter(([, files]) => files.length > 1), []);
    });

    it("the policy that the pane knows by itself is the built-in one", () => {
        const builtIn = JSON.parse(readFileSync("data/policy/default.json", "utf8"));
        const known = Object.fromEntries(Object.keys(DEFAULTS).map((key) => [key, builtIn[key]]));
        assert.deepEqual(DEFAULTS, known);
    });

    for (const { fact, pattern, homes } of FACTS) {
        it(`only its homes state the fact: ${fact}`, () => {
            const code = (/** @type {string} */ source) => source.replace(/^ *(?:\/\*\*|\*|\/\/).*$/gm, "");
            const files = SCRIPTS.filter(({ source }) => pattern.test(code(source))).map(({ name }) => name);
            assert.deepEqual(files, homes);
        });
    }
});
