// @ts-check
// The built lesson: in every language its verdict on each address is the checker's, with the reason.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { it } from "node:test";

import { countLesson, deploymentIn } from "../../www/learn/count.js";
import { LESSON } from "../../www/learn/lesson.js";
import { LANGUAGES } from "../../www/shared/i18n.js";
import { loadBuilds } from "./builds.js";

const FOLDER = "dist/www/learn";
const DEPLOYMENT = "0191d3a4-0000-4000-8000-000000000001";

/** @param {string} language */
const fileOf = (language) => (language === "en" ? "index.html" : `${language.replaceAll("_", "-")}.html`);

/** @param {string} language */
const pageOf = (language) => readFileSync(`${FOLDER}/${fileOf(language)}`, "utf8");

/** The visible text of some HTML. @param {string} html */
const textOf = (html) =>
    html
        .replace(/<[^>]*>/g, "")
        .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code))
        .replace(/[ \n]+/g, " ")
        .trim();

/** @param {string} html */
const itemsOf = (html) => html.split('<li class="card"').slice(1).map((rest) => rest.split("</li>")[0] ?? "");

it("the lesson gives the verdict of both builds of the checker on each address", async () => {
    for (const [name, build] of await loadBuilds()) {
        const checker = new build.Checker();
        for (const language of Object.keys(LANGUAGES)) {
            const items = itemsOf(pageOf(language));
            assert.equal(items.length, LESSON.length, language);
            for (const [index, { address, reason }] of LESSON.entries()) {
                const place = `${name}, ${language}, ${address}`;
                const [report] = checker.check({ recipients: [{ address }] }).recipients;
                const item = items[index] ?? "";
                assert.ok(report && textOf(item).includes(address), place);
                assert.match(item, report.severity === "pass" ? /^ data-verdict="send"/ : /^ data-verdict="stop"/, place);
                assert.equal(report.findings[0]?.reason ?? null, reason, place);
                assert.equal(textOf(item).includes(report.suggestion ?? "\n"), report.suggestion !== null, place);
                const [start, end] = report.findings[0]?.span ?? [0, 0];
                assert.equal(textOf(/<mark>.*<\/mark>/.exec(item)?.[0] ?? ""), address.slice(start, end), place);
            }
        }
    }
});

it("the lesson has five look-alikes and three right addresses, so that neither answer is always the right one", () => {
    const verdicts = LESSON.map(({ reason }) => (reason === null ? "send" : "stop"));
    assert.equal(verdicts.filter((verdict) => verdict === "send").length, 3);
    assert.equal(verdicts.length, 8);
});

it("the lesson is complete in every language: all explanations, working links, no remains of the template", () => {
    for (const language of Object.keys(LANGUAGES)) {
        const html = pageOf(language);
        const messages = JSON.parse(readFileSync(`www/_locales/${language}/messages.json`, "utf8"));
        for (const { why } of LESSON) {
            assert.ok(textOf(html).includes(messages[why].message), `${language} ${why}`);
        }
        assert.match(html, new RegExp(`^<!doctype html>\n<html lang="${language.replaceAll("_", "-")}"`), language);
        // The script fills in the one text with numbers.
        assert.doesNotMatch(html.replace(/ data-text="[^"]*"/, ""), /\{\{|data-i18n|<template|\$\d/, language);
        assert.doesNotMatch(html, /<style|style="|<script>| on\w+="/, "no inline style or script");
        for (const [, link = ""] of html.matchAll(/(?:href|src)="([^"#?]*)/g)) {
            assert.ok(link === "" || existsSync(`${FOLDER}/${link}`), `${language} ${link}`);
        }
    }
    assert.deepEqual(
        readdirSync(FOLDER).sort(),
        [...Object.keys(LANGUAGES).map(fileOf), "count.js", "learn.css", "learn.js"].sort(),
    );
});

it("the lesson reads the deployment from a link, and nothing else", () => {
    for (const [query, id] of /** @type {[string, string | null][]} */ ([
        [`?d=${DEPLOYMENT}&lang=en`, DEPLOYMENT],
        ["", null],
        ["?d=", null],
        ["?d=mg_enrol_secret", null],
        [`?d=${DEPLOYMENT}x`, null],
    ])) {
        assert.equal(deploymentIn(new URLSearchParams(query)), id, query);
    }
});

it("the lesson sends only the id of its deployment, and tries again where the server is busy or away", async () => {
    /** @type {{ url: string, body: string, waited: number[] }} */
    const seen = { url: "", body: "", waited: [] };
    /** @param {(Response | Error)[]} answers */
    const host = (answers) => ({
        request: async (/** @type {any} */ url, /** @type {any} */ init) => {
            [seen.url, seen.body] = [new URL(url).pathname, init.body];
            const answer = answers.shift();
            if (answer instanceof Response) {
                return answer;
            }
            throw answer ?? new Error("asked too often");
        },
        sleep: async (/** @type {number} */ ms) => void seen.waited.push(ms),
    });
    const busy = () => new Response("", { status: 429, headers: { "Retry-After": "7" } });
    const away = () => new TypeError("failed to fetch");
    const done = () => new Response(null, { status: 204 });
    for (const [answers, outcome, waited] of /** @type {[(Response | Error)[], string, number[]][]} */ ([
        [[done()], "yes", []],
        [[busy(), done()], "yes", [7000]],
        [[away(), new Response("", { status: 503 }), done()], "yes", [5000, 5000]],
        [[away(), away(), away()], "no", [5000, 5000]],
        [[new Response("", { status: 429, headers: { "Retry-After": "86400" } }), done()], "yes", [60_000]],
        [[new Response("", { status: 404 })], "no", []],
    ])) {
        seen.waited = [];
        assert.equal(await countLesson(DEPLOYMENT, host(answers)), outcome);
        assert.deepEqual(seen.waited, waited);
        assert.deepEqual(JSON.parse(seen.body), { deployment: DEPLOYMENT });
        assert.match(seen.url, /\/www\/v1\/lessons$/);
    }
});
