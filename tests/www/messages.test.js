// @ts-check
// The texts of all pages: complete in every language, and none unused.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";

import { LANGUAGES, loadMessages, pickLanguage } from "../../www/shared/i18n.js";
import { reasonKey } from "../../www/shared/reasons.js";

const LOCALES = "www/_locales";

/**
 * @param {string} language
 * @returns {Promise<Record<string, { message: string, description?: string }>>}
 */
async function read(language) {
    return JSON.parse(await readFile(`${LOCALES}/${language}/messages.json`, "utf8"));
}

/** The folders of languages; the glossary for translators is beside them. */
async function languages() {
    const entries = await readdir(LOCALES, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** The keys of the reasons that the checker may give. */
async function reasonKeys() {
    const [, list = ""] = /type Reason =([^;]*);/.exec(await readFile("src/wasm/types.d.ts", "utf8")) ?? [];
    const codes = [...list.matchAll(/"([a-z-]+)"/g)].map(([, code = ""]) => code);
    assert.ok(codes.length > 10);
    return codes.map(reasonKey);
}

/** @param {string} folder */
async function sources(folder) {
    const names = await readdir(folder, { recursive: true });
    const texts = names
        .filter((name) => /\.(?:rs|js|html)$/.test(name))
        .map((name) => readFile(`${folder}/${name}`, "utf8"));
    return (await Promise.all(texts)).join("\n");
}

test("pages offer exactly the languages that exist", async () => {
    assert.deepEqual(Object.keys(LANGUAGES).sort(), (await languages()).sort());
});

test("every language has every text, with the same placeholder", async () => {
    const english = await read("en");
    for (const language of Object.keys(LANGUAGES)) {
        const messages = await read(language);
        assert.deepEqual(Object.keys(messages), Object.keys(english), language);
        for (const [key, { message }] of Object.entries(messages)) {
            const place = `${language} ${key}`;
            assert.equal(message, message.trim(), place);
            assert.ok(message.length > 0, place);
            const placeholders = message.match(/\$./g) ?? [];
            assert.deepEqual(placeholders, english[key]?.message.match(/\$./g) ?? [], place);
            // No translation may bring invisible or bidirectional controls into a page.
            assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\uFFFC<>]/u, place);
        }
    }
});

test("each language uses only its own quotes and spaces", async () => {
    /** @type {Record<string, RegExp>} */
    const foreign = {
        en: /["«»„「‚]/,
        de: /["”«»「]/,
        es: /["“”„「]/,
        // A line must not begin with a colon.
        fr: /["“”„「]| [:;?!»]|« /,
        it: /["«»„「]/,
        nl: /["«»„「“”]/,
        pl: /["«»「“]/,
        pt_BR: /["«»„「]/,
        ja: /["«»„“”]|[:?](?: |$)/,
        ko: /["«»„「]/,
    };
    for (const language of Object.keys(LANGUAGES)) {
        for (const [key, { message }] of Object.entries(await read(language))) {
            assert.doesNotMatch(message, foreign[language] ?? /$^/, `${language} ${key}`);
        }
    }
});

test("each text has a note that tells translators where it appears", async () => {
    for (const [key, { description }] of Object.entries(await read("en"))) {
        assert.ok(description?.endsWith("."), key);
    }
});

test("every text is used, and every text that is used exists", async () => {
    const code = (await sources("www")) + (await sources("src/wasm/view")) + (await sources("src/bundle"));
    const keys = Object.keys(await read("en"));
    const used = new Set(await reasonKeys());
    const named =
        code.match(
            /\b(?:endsIn\w*|(?:severity|malformed|raised|view|stop|compose|options|outlook|try|learn|example)[A-Z]\w*)(?=["'])/g,
        ) ?? [];
    named.forEach((key) => used.add(key));
    assert.deepEqual(
        keys.filter((key) => !used.has(key)),
        [],
        "unused",
    );
    assert.deepEqual(
        [...used].filter((key) => !keys.includes(key)),
        [],
        "missing",
    );
});

test("pages are written with the English texts", async () => {
    const english = await read("en");
    for (const page of ["www/try/index.html", "www/try/outlook/index.html", "www/outlook/taskpane.html", "www/learn/page.html"]) {
        const html = await readFile(page, "utf8");
        const marked = [
            ...html.matchAll(/data-i18n="(\w+)"[^>]*>([^<]*)</g),
            ...html.matchAll(/data-i18n-placeholder="(\w+)" placeholder="([^"]*)"/g),
            ...html.matchAll(/data-i18n-label="(\w+)" aria-label="([^"]*)"/g),
            ...html.matchAll(/data-i18n-text="(\w+)" data-text="([^"]*)"/g),
        ];
        assert.ok(marked.length > 20, page);
        for (const [, key = "", text] of marked) {
            assert.equal(text, english[key]?.message, `${page} ${key}`);
        }
    }
});

test("a person gets the available language that they want most", () => {
    for (const [wanted, picked] of /** @type {const} */ ([
        [["de"], "de"],
        [["de-AT", "en"], "de"],
        [["pt-BR"], "pt_BR"],
        [["pt-PT"], "pt_BR"],
        [["is", "ja-JP"], "ja"],
        [["is"], "en"],
        [["", "FR-ca"], "fr"],
        [[], "en"],
    ])) {
        assert.equal(pickLanguage(wanted), picked, wanted.join());
    }
});

test("a value appears unchanged, and a missing text appears in English", async (context) => {
    /** @type {Record<string, object>} */
    const files = {
        "/_locales/de/messages.json": { a: { message: "Nimm $1!" } },
        "/_locales/en/messages.json": { a: { message: "Use $1!" }, b: { message: "Keep" } },
    };
    context.mock.method(globalThis, "fetch", async (/** @type {URL} */ url) => {
        const path = Object.keys(files).find((name) => url.pathname.endsWith(name));
        return path !== undefined ? Response.json(files[path]) : new Response("", { status: 404 });
    });
    const german = await loadMessages("de");
    assert.equal(german("a", "$& $1 $$"), "Nimm $& $1 $$!");
    assert.equal(german("b"), "Keep");
    assert.equal(german("c"), "");
    const french = await loadMessages("fr");
    assert.equal(french("a", "x"), "Use x!");
});
