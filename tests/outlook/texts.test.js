// @ts-check
// The texts that Outlook shows: they are within its limits, begin with the address, and contain
// nothing that acts.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { textKeys } from "../../www/outlook/keys.js";
import {
    alertText, elide, MAX_ALERT, MAX_BUTTON, MAX_NOTIFICATION, notificationText, trainingLink, visible,
} from "../../www/outlook/texts.js";
import { Outlook, person } from "./outlook.js";

/** @typedef {import("../../www/outlook/verdict.js").Flagged} Flagged */

const languages = readdirSync("www/_locales").filter((name) => !name.includes(".")).sort();

/** @param {string} language */
function load(language) {
    const messages = JSON.parse(readFileSync(`www/_locales/${language}/messages.json`, "utf8"));
    return (/** @type {string} */ key, value = "") => String(messages[key]?.message ?? "").split("$1").join(value);
}

const english = load("en");
const reasons = textKeys(Object.keys(JSON.parse(readFileSync("www/_locales/en/messages.json", "utf8"))))
    .filter((key) => key.startsWith("reason"))
    .map((key) => key.slice("reason".length).replace(/(?!^)[A-Z]/g, (letter) => `-${letter}`).toLowerCase());

/**
 * @param {string} address
 * @param {Partial<{ suggestion: string | null, reason: any, name: string, form: Flagged["entry"]["form"] }>} [more]
 * @returns {Flagged}
 */
const flag = (address, { suggestion = null, reason = "suffix-typo", name = "", form = "address" } = {}) => ({
    entry: { address, name, field: "to", form },
    recipient: {
        ...{ address, severity: "warn", findings: [{ reason, span: null, delegated: null }], raisedBy: [] },
        ...{ suggestion, suggestions: [], domain: null, mutable: false },
    },
    kept: null,
});

/** Right-to-left text is put into isolates, always in pairs. */
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2067\ufeff\u{e0000}-\u{e0fff}]/u;

/** @param {string} text */
function isHarmless(text) {
    for (const line of text.split("\n")) {
        assert.doesNotMatch(line, ACTING, JSON.stringify(line));
        assert.doesNotMatch(line, /[<>]/);
        assert.equal(line.split("\u2068").length, line.split("\u2069").length, JSON.stringify(line));
    }
}

const HOSTILE = [
    "<img src=x onerror=alert(1)>@army.ml",
    "&lt;b&gt;@army.ml",
    "**bold**_x_[a](https://evil.example)@army.ml",
    "`code`~~x~~|a|#h@army.ml",
    "a\r\nBcc: eve@evil.example\r\n@army.ml",
    "bob\u202elim.ymra@army.ml",
    "\u2066bob\u2069\u200e\u200f@army.ml",
    "b\u200bo\u2060b\ufeff@ar\u00admy.ml",
    "bob\u{e0041}\u{e0042}@army.ml",
    "bob\ufe0f\u034f@army.ml",
    "\ud83dbob@army.ml\udc00",
    "בוב@army.ml",
    "$1$&@army.ml",
    "bob\u0000\u0007\u001b[31m@army.ml",
    "bob\u2028\u2029\u0085@army.ml",
];

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("text of strangers", () => {
    it("text of strangers has no effect in any text for Outlook", async () => {
        for (const address of HOSTILE) {
            for (const flagged of [flag(address), flag("bob@army.ml", { suggestion: address }), flag("", { name: address, form: "empty" })]) {
                isHarmless(notificationText([flagged], english));
                const { plain, markdown } = alertText([flagged], [address], english);
                isHarmless(plain);
                isHarmless(markdown);
                // Between our own asterisks, every Markdown character is escaped.
                const unescaped = markdown.replace(/\\[\\`*_[\]~|#]/g, "").replace(/\*\*/g, "");
                assert.doesNotMatch(unescaped, /[\\`*_[\]~|#]/, markdown);
            }
        }
    });

    it("text of strangers has no effect in the answers to Send and to a change of recipients", async () => {
        const to = HOSTILE.map((address) => ({ emailAddress: address, displayName: address }));
        const severity = { malformed: "warn", "unexpanded-group": "warn" };
        const outlook = new Outlook({ parts: { to: [...to, person("bob@army.ml", "<b>")] }, config: { policy: { severity } } });
        const answer = await outlook.answer();
        assert.equal(answer.allowEvent, false);
        isHarmless(answer.errorMessage);
        isHarmless(answer.errorMessageMarkdown);
        await outlook.answer("onMessageRecipientsChanged");
        isHarmless(outlook.notifications.get("milguard").message);
    });

    it("text of strangers has its invisible characters spelled out", () => {
        for (const [text, shown] of [
            ["bob\u202e@army.ml", "bob[U+202E]@army.ml"],
            ["a\nb\u0000", "a[U+000A]b[U+0000]"],
            ["bob\u{e0041}@x", "bob[U+E0041]@x"],
            ["\u{1d173}\u{110bd}", "[U+1D173][U+110BD]"],
            ["a\ud83d", "a\ufffd"],
            ["\udc00a", "\ufffda"],
        ]) {
            assert.equal(visible(text ?? ""), shown);
        }
    });

    it("the texts for Outlook spell out the same characters as the warning view", () => {
        const rust = readFileSync("src/text/invisible.rs", "utf8");
        const [, list = ""] = /const fn kind[^]*?match character {([^]*?)_ => return None/.exec(rust) ?? [];
        const value = (/** @type {string} */ text) => {
            const [, hex] = /^\\[ux]\{?([\dA-F]+)/i.exec(text) ?? [];
            return hex === undefined ? 0 : parseInt(hex, 16);
        };
        const ranges = [...list.matchAll(/'([^']+)'(?:\.\.='([^']+)')?/g)].map(([, first = "", last = first]) => [value(first), value(last)]);
        assert.ok(ranges.length > 25);
        for (let point = 0; point <= 0x10ffff; point += 1) {
            if (point < 0xd800 || point > 0xdfff) {
                const isInvisible = ranges.some(([first = 0, last = 0]) => point >= first && point <= last);
                assert.equal(visible(String.fromCodePoint(point)).startsWith("[U+"), isInvisible, point.toString(16));
            }
        }
    });

    it("text of strangers stays as it is where it is harmless", () => {
        for (const text of ["bob@army.ml", "аrmy.mil", "bob+r&d@bücher.example", "佐藤@例え.jp", "o'brien@x.example", "😀@x.example"]) {
            assert.equal(visible(text), text);
        }
    });

    it("text of strangers stays between its neighbours where it runs from right to left", () => {
        assert.equal(visible("בוב@army.ml"), "\u2068בוב@army.ml\u2069");
    });
});

describe("a text that is too long", () => {
    it("a text that is too long loses its middle, and never half of a character", () => {
        assert.equal(elide("bob@army.ml", 20), "bob@army.ml");
        const cut = elide(`${"a".repeat(100)}@us.army.ml`, 20);
        assert.equal(cut.length, 20);
        assert.match(cut, /^a+\u2026.*us\.army\.ml$/);
        for (let max = 5; max < 30; max += 1) {
            const shown = elide("😀".repeat(50), max);
            assert.ok(shown.length <= max);
            assert.doesNotMatch(shown, /\p{Cs}/u);
        }
    });

    for (const language of languages) {
        it(`a text that is too long is cut to the length that Outlook takes, in ${language}`, () => {
            const text = load(language);
            for (const reason of reasons) {
                for (const size of [1, 12, 40, 64, 320]) {
                    for (const letter of ["a", "*", "א"]) {
                        const address = `${letter.repeat(size)}@${"b".repeat(size)}.example.ml`;
                        const many = Array.from({ length: 40 }, (_, index) =>
                            flag(`${index}${address}`, { suggestion: index % 2 ? null : address, reason }),
                        );
                        const line = notificationText(many, text);
                        assert.ok(line.length <= MAX_NOTIFICATION, line);
                        const notes = ["outlookAlertPartly", "outlookAlertJustify", "x".repeat(300)];
                        const { plain, markdown } = alertText(many, notes, text, trainingLink("x", "https://x.example/"));
                        for (const alert of [plain, markdown]) {
                            assert.ok(alert.length <= MAX_ALERT, alert);
                            // Whatever the length, the text names the first recipient, and says how many
                            // are left out.
                            assert.match(alert, /^(?:\*\*)?\u2068?0/);
                            assert.ok(alert.includes(text("viewMore", "3").replace(/3.*/, "")));
                        }
                    }
                }
            }
            assert.ok(text("outlookAlertButton").length <= MAX_BUTTON);
            assert.ok(text("outlookShow").length <= MAX_BUTTON);
            for (const key of ["outlookAlertFailed", "outlookAlertFailedBlocked"]) {
                assert.ok(text(key).length <= MAX_ALERT);
            }
        });

        it(`a finding has address, suggestion and reason at Send and in the line on the item, in ${language}`, async () => {
            const text = load(language);
            const outlook = new Outlook({ language: language.replace("_", "-"), parts: { to: [person("bob@army.ml")] } });
            const expected = `bob@army.ml: ${text("outlookPerhaps", "bob@army.mil")} ${text("endsInMl")}`;
            assert.equal((await outlook.answer()).errorMessage, expected);
            await outlook.answer("onMessageRecipientsChanged");
            const { message } = outlook.notifications.get("milguard");
            assert.ok(message.length <= MAX_NOTIFICATION && message.startsWith(expected.slice(0, 100)), message);
        });
    }
});

describe("the first line", () => {
    it("the first line has address, suggestion and reason, in this order", () => {
        const flagged = flag("bob@army.ml", { suggestion: "bob@army.mil" });
        assert.equal(
            alertText([flagged], [], english).markdown,
            "**bob@army.ml**: did you mean **bob@army.mil**? .ml is Mali’s ending; .mil is the U.S. military’s.",
        );
    });

    it("the first line has words for each reason that the checker may give", () => {
        const types = readFileSync("src/wasm/types.d.ts", "utf8");
        const known = [...(/export type Reason =([^;]*)/.exec(types)?.[1] ?? "").matchAll(/"([a-z-]+)"/g)];
        assert.deepEqual(known.map(([, reason]) => reason).sort(), [...reasons].sort());
        for (const reason of reasons) {
            assert.match(notificationText([flag("bob@army.ml", { reason })], english), /^bob@army\.ml: [A-Z].*\.$/);
        }
    });

    it("the first line says what a person sees: the endings, what is wrong with the address, what made it graver", () => {
        for (const [address, suggestion, reason, wanted] of /** @type {[string, string | null, string, string][]} */ ([
            ["bob@army.ml", "bob@army.mil", "suffix-typo", ".ml is Mali’s ending; .mil is the U.S. military’s."],
            ["bob@army.IL", "bob@army.mil", "suffix-typo", ".il is Israel’s ending; .mil is the U.S. military’s."],
            ["bob@army.com", "bob@army.mil", "suffix-swapped", "The ending is .com; .mil is the U.S. military’s."],
            ["bob@army.nl", "bob@army.example", "suffix-typo", "The domain’s ending looks like a mistyped protected ending."],
            ["bob@army.ml", null, "suffix-typo", "The domain’s ending looks like a mistyped protected ending."],
            ["bob@army,mil", "bob@army.mil", "malformed", "The address has a comma instead of a dot."],
            ["bob@army mil", "bob@army.mil", "malformed", "The address contains a space, which no address may contain."],
            ["bob@army.mil'", "bob@army.mil", "malformed", "Extra text follows the address."],
            ["bob@army", null, "malformed", "This is not a complete address."],
        ])) {
            assert.ok(alertText([flag(address, { suggestion, reason })], [], english).plain.endsWith(wanted), address);
        }
        const raised = flag("bob@eb.mil.br", { reason: "foreign-military" });
        Object.assign(raised.recipient, { raisedBy: ["marking", "brand-new"] });
        assert.match(alertText([raised], [], english).plain, /alliance\. This message carries a marking such as CUI\./);
        const choices = flag("bob@us-africom-mil.us", { reason: "suffix-glued" });
        Object.assign(choices.recipient, { suggestions: ["bob@africom.mil", "bob@us.af.mil"] });
        assert.match(alertText([choices], [], english).markdown, /did you mean \*\*bob@africom\.mil\*\* \/ \*\*bob@us\.af\.mil\*\*\?/);
    });

    it("the first line also has words for a reason of a later checker", () => {
        assert.equal(notificationText([flag("bob@army.ml", { reason: "brand-new" })], english), "bob@army.ml:");
        assert.equal(notificationText([], english), "");
    });
});
