// @ts-check
// Builds the lesson, dist/learn: one page for each language, complete without JavaScript. The checker judges the eight
// addresses here, so that the lesson and the add-ins never contradict each other.
//
// usage: node scripts/build-learn.js

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import vm from "node:vm";

import { LESSON } from "../www/learn/lesson.js";
import { LANGUAGES } from "../www/shared/i18n.js";

/** @typedef {import("../dist/checker/web/milguard.js").Checker} Checker */
/** @typedef {(key: string) => string} Message */

const CHECKER = "dist/checker/script/milguard.js";
const FOLDER = "dist/learn";

const script = await readFile(CHECKER, "utf8").catch(() => {
    throw new Error(`${CHECKER} is missing: run 'make build'`);
});
const context = vm.createContext({});
vm.runInContext(script, context, { filename: CHECKER });
/** @type {Checker} */
const checker = new context.milguard.Checker();

const source = await readFile("www/learn/page.html", "utf8");
const TEMPLATE = /<template>\n([\s\S]*?)<\/template>\n/g;
const [item = "", right = "", lookalike = ""] = [...source.matchAll(TEMPLATE)].map(([, text = ""]) => text);
const page = source.replace(TEMPLATE, "");
const judged = LESSON.map(judge);

await rm(FOLDER, { recursive: true, force: true });
await mkdir(FOLDER, { recursive: true });
for (const language of Object.keys(LANGUAGES)) {
    await writeFile(`${FOLDER}/${fileOf(language)}`, await render(language));
}

/** @param {string} language a key of `LANGUAGES` */
function fileOf(language) {
    return language === "en" ? "index.html" : `${language.replaceAll("_", "-")}.html`;
}

/** @param {string} language */
async function render(language) {
    const messages = JSON.parse(await readFile(`www/_locales/${language}/messages.json`, "utf8"));
    const message = (/** @type {string} */ key) => {
        const text = messages[key]?.message;
        if (text === undefined) {
            throw new Error(`${language} has no text ${key}`);
        }
        return escape(text);
    };
    const html = fill(page, message, {
        languages: Object.keys(LANGUAGES).map((other) => languageLink(other, language)).join("\n      "),
        addresses: judged.map((one, index) => renderItem(one, index + 1, message)).join("").trim(),
    });
    const tag = language.replaceAll("_", "-");
    // Links lead to the English page, `data-entry`; its script then opens the reader's language.
    return html.replace('<html lang="en">', `<html lang="${tag}"${language === "en" ? " data-entry" : ""}>`);
}

/**
 * @param {string} language
 * @param {string} current
 */
function languageLink(language, current) {
    const tag = language.replaceAll("_", "-");
    const query = language === "en" ? "?lang=en" : "";
    const isCurrent = language === current ? ' aria-current="page"' : "";
    const name = LANGUAGES[/** @type {keyof typeof LANGUAGES} */ (language)];
    return `<li><a href="${fileOf(language)}${query}" lang="${tag}" hreflang="${tag}"${isCurrent}>${escape(name)}</a></li>`;
}

/**
 * The checker's verdict on an address of the lesson.
 *
 * @param {import("../www/learn/lesson.js").Item} lesson
 */
function judge(lesson) {
    const [report] = checker.check({ recipients: [{ address: lesson.address }] }).recipients;
    const reasons = report?.findings.map(({ reason }) => reason) ?? [];
    if (!report || (lesson.reason === null) !== (report.severity === "pass") || reasons[0] !== (lesson.reason ?? undefined)) {
        throw new Error(`the lesson explains ${lesson.address} by ${lesson.reason}, but the checker finds ${reasons.join()}`);
    }
    return { ...lesson, suggestion: report.suggestion, span: report.findings[0]?.span ?? null };
}

/**
 * @param {ReturnType<typeof judge>} lesson
 * @param {number} number
 * @param {Message} message
 */
function renderItem({ to, address, reason, why, suggestion, span }, number, message) {
    const [start, end] = span ?? [0, 0];
    const marked = [address.slice(0, start), address.slice(start, end), address.slice(end)].map(escape);
    const values = {
        number: String(number),
        address: escape(address),
        verdict: reason === null ? "send" : "stop",
        why: message(why),
        marked: span ? `${marked[0]}<mark>${marked[1]}</mark>${marked[2]}` : escape(address),
    };
    const answer = fill(reason === null ? right : lookalike, message, values, `<bdi dir="ltr">${escape(suggestion ?? "")}</bdi>`);
    return fill(item, message, { ...values, answer: answer.trim() }, escape(to));
}

/**
 * Puts texts and values into HTML that was written with the English texts.
 *
 * @param {string} html
 * @param {Message} message
 * @param {Record<string, string>} values HTML
 * @param {string} [one] HTML for `$1` in a text
 */
function fill(html, message, values, one = "") {
    return html
        .replace(/ data-i18n="(\w+)"([^>]*)>[^<]*</g, (_, key, rest) => `${rest}>${message(key).replace("$1", () => one)}<`)
        .replace(/ data-i18n-label="(\w+)" aria-label="[^"]*"/g, (_, key) => ` aria-label="${message(key)}"`)
        .replace(/ data-i18n-text="(\w+)" data-text="[^"]*"/g, (_, key) => ` data-text="${message(key)}"`)
        .replace(/\{\{(\w+)\}\}/g, (whole, key) => values[key] ?? whole);
}

/** @param {string} text */
function escape(text) {
    return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
