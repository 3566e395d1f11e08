// @ts-check
// A policy in the form for pages.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { completePolicy, isJustification, lessonUrl, policyTexts, sendAnyway } from "../../www/shared/policy.js";

const defaults = JSON.parse(readFileSync(new URL("../../data/policy/default.json", import.meta.url), "utf8"));
const complete = (/** @type {unknown} */ policy) => completePolicy(policy, defaults);

it("a completed policy has a value for each member that the document leaves out", () => {
    assert.deepEqual(complete({}), defaults);
    assert.deepEqual(complete(null), defaults);
    const policy = complete({ id: "unit", override: { warn: "never" }, protected: { domains: ["army.nl"] }, trainingUrl: "https://x.example" });
    assert.equal(policy.id, "unit");
    assert.deepEqual(policy.override, { warn: "never", block: "never" });
    assert.deepEqual(policy.protected, { builtin: true, suffixes: [], domains: ["army.nl"] });
    assert.equal(policy.trainingUrl, "https://x.example");
});

it("a completed policy has only values of the types that pages rely on", () => {
    const hostile = { id: 7, override: "never", protected: [], countdown: "10", texts: null, trainingUrl: {}, markings: { words: "x" }, locked: {} };
    assert.deepEqual(complete(hostile), defaults);
    for (const garbage of ["x", 7, true, [], undefined]) {
        assert.deepEqual(complete(garbage), defaults);
    }
    assert.equal(/** @type {any} */ (complete(JSON.parse('{"__proto__":{"mode":"audit"}}'))).mode, "enforce");
});

it("a completed policy links to the lesson where it names no page and the address of the lesson is known", () => {
    const backend = { url: "https://milguard.example.mil/m/", token: "t" };
    const lesson = "https://addins.example.mil/learn/index.html";
    for (const [config, url] of /** @type {[unknown, string | null][]} */ ([
        [{ lessonUrl: lesson, backend }, lesson],
        [{ backend }, "https://milguard.example.mil/m/learn/"],
        [{ lessonUrl: "javascript:alert(1)", backend: { url: "http://localhost:8080", token: "t" } }, null],
        [{ lessonUrl: 7, backend: "x" }, null],
        [{}, null],
        [null, null],
    ])) {
        assert.equal(lessonUrl(config), url, JSON.stringify(config));
    }
    const linked = (/** @type {unknown} */ policy, url = lesson) => completePolicy(policy, defaults, url).trainingUrl;
    assert.deepEqual([linked({}), linked(null), linked({ trainingUrl: null })], [lesson, lesson, lesson]);
    assert.equal(linked({ trainingUrl: "https://own.example/" }), "https://own.example/");
    assert.equal(completePolicy({}, defaults, null).trainingUrl, null);
    assert.equal(defaults.trainingUrl, null, "the defaults stay as they are");
});

it("the texts of a policy come in the person's first language that the administrator wrote, else in English", () => {
    const policy = complete({ texts: { en: { title: "en" }, "pt-BR": { title: "pt" }, de: { title: "de" } } });
    for (const [tags, title] of /** @type {[string[], string][]} */ ([
        [["de-AT", "en"], "de"],
        [["pt_BR"], "pt"],
        [["pt-PT"], "pt"],
        [["ja", "de"], "de"],
        [["ja"], "en"],
        [[], "en"],
    ])) {
        assert.equal(policyTexts(policy, tags).title, title, tags.join());
    }
    assert.deepEqual(policyTexts(complete({}), ["de"]), {});
});

it("a completed policy says who may send anyway", () => {
    const policy = complete({ override: { warn: "justification" } });
    assert.equal(sendAnyway(policy, "warn"), "justification");
    assert.equal(sendAnyway(policy, "block"), "never");
});

it("a reason has to have some letters, and at most 500 characters", () => {
    for (const text of ["", "  a ", "\n\n\n\n", "x".repeat(501)]) {
        assert.equal(isJustification(text), false, text);
    }
    assert.ok(isJustification("he moved") && isJustification("理由あり"));
});
