// @ts-check
// Whatever an address contains is shown as text, in its place, and has no effect.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests, settled, shown, typeRecipients } from "./browser.js";

const { open } = browserTests();

/** The elements that the view is made of. */
const ALLOWED = ["BDI", "BUTTON", "DIV", "LI", "MARK", "P", "SPAN", "UL"];

const MARKUP = [
    "<img src=x onerror=alert(1)>@army.ml",
    '"<script>alert(1)</script>"@army.ml',
    '"<img src=x onerror=alert(1)>" <bob@army.ml>',
    "bob@army.ml\"><svg onload=alert(1)>",
    "<bob@army.ml><iframe src=//evil.example>",
    "&lt&#60img src=x&gt@army.ml",
    "javascript:alert(1)@army.ml",
    "bob@<style>*{display:none}</style>army.ml",
    "${alert(1)}{{constructor.constructor('alert(1)')()}}@army.ml",
    "$1 $& \uFFFC%s@army.ml",
];

test("markup in an address creates no element", async () => {
    await open(async ({ page }) => {
        for (const text of MARKUP) {
            await typeRecipients(page, text);
            const elements = await page.evaluate(() => ({
                names: [
                    ...new Set(
                        [...document.querySelectorAll("#view *")].map((found) => found.tagName),
                    ),
                ],
                attributes: [
                    ...new Set(
                        [...document.querySelectorAll("#view *")].flatMap((found) =>
                            found.getAttributeNames(),
                        ),
                    ),
                ],
            }));
            assert.deepEqual(
                elements.names.filter((name) => !ALLOWED.includes(name)),
                [],
                text,
            );
            const fixed = /^(?:class|role|tabindex|dir|type|aria-label|data-(?:severity|action|index))$/;
            assert.deepEqual(
                elements.attributes.filter((name) => !fixed.test(name)),
                [],
                text,
            );
            const view = await shown(page);
            assert.equal(view.entries.length, 1, text);
            assert.notEqual(view.severity, "pass", text);
            assert.ok(
                (await page.innerText("#view")).includes(text.trim()) ||
                    view.entries[0]?.address === text,
                `${text} is shown as it is`,
            );
        }
    });
});

test("characters that are invisible or reorder text are spelled out", async () => {
    const cases = {
        "bob@army\u202Elim.com": "bob@army[U+202E]lim.com",
        "bob\u200B@army.ml": "bob[U+200B]@army.ml",
        "bob@army.ml\u2066 x": "bob@army.ml[U+2066] x",
        "a\u0007b@army.ml": "a[U+0007]b@army.ml",
    };
    await open(async ({ page }) => {
        for (const [typed, expected] of Object.entries(cases)) {
            await typeRecipients(page, typed);
            const [entry] = (await shown(page)).entries;
            assert.equal(entry?.address, expected);
            const labels = await page.$$eval("#view button", (buttons) =>
                buttons.map((button) => button.getAttribute("aria-label") ?? button.textContent),
            );
            assert.ok(labels.includes(`Remove ${expected}`), `${labels}`);
        }
    });
});

test("right-to-left letters do not reorder the address or what stands beside it", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "\u05D1\u05D5\u05D1@army.ml");
        const order = await page.evaluate(() => {
            const address = document.querySelector(".mg-address");
            const left = (/** @type {string} */ selector) =>
                document.querySelector(selector)?.getBoundingClientRect().left ?? NaN;
            const range = document.createRange();
            const text = /** @type {Text} */ (address?.firstChild);
            range.setStart(text, 0);
            range.setEnd(text, 1);
            const first = range.getBoundingClientRect().left;
            return {
                isIsolated: getComputedStyle(/** @type {Element} */ (address)).unicodeBidi,
                ordered: first < left(".mg-address mark") && left(".mg-address") < left(".mg-severity"),
            };
        });
        assert.deepEqual(order, { isIsolated: "isolate", ordered: true });
    });
});

test("an endless address stays within the page and shows its end", async () => {
    for (const width of [360, 1280]) {
        await open(
            async ({ page }) => {
                const long = `${"a".repeat(100_000)}@${"b".repeat(60)}.us.army.ml`;
                await page.evaluate((text) => {
                    const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("to"));
                    field.value = text;
                    field.dispatchEvent(new Event("input"));
                }, long);
                await settled(page);
                const [entry] = (await shown(page)).entries;
                assert.ok((entry?.address?.length ?? 0) <= 400);
                assert.ok(entry?.address?.endsWith(".us.army.ml"));
                assert.ok(await fits(page), `${width}`);
            },
            { options: { viewport: { width, height: 800 } } },
        );
    }
});

test("a tower of accents does not cover its neighbours", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, `b${"\u0301".repeat(200)}ob@army.ml`);
        const clip = await page.evaluate(
            () => getComputedStyle(/** @type {Element} */ (document.querySelector(".mg-address"))).overflow,
        );
        assert.equal(clip, "clip");
    });
});

test("the page says that it refuses more input than the checker takes, and checks the next input", async () => {
    await open(async ({ page }) => {
        // The browser would take minutes to lay out a field with this much text.
        await page.evaluate(() => {
            const field = /** @type {HTMLInputElement} */ (document.getElementById("subject"));
            const value = "x".repeat(2 ** 25 + 1);
            Object.defineProperty(field, "value", { value, configurable: true });
            field.dispatchEvent(new Event("input"));
        });
        await page.waitForSelector("#problem:not(:empty)");
        assert.match(await page.innerText("#problem"), /^Milguard did not check this\. .*too much text/);
        assert.deepEqual((await shown(page)).entries, []);
        await page.evaluate(() => {
            const field = /** @type {HTMLInputElement} */ (document.getElementById("subject"));
            Reflect.deleteProperty(field, "value");
            field.dispatchEvent(new Event("input"));
        });
        await page.waitForSelector("#problem", { state: "hidden" });
        assert.equal((await shown(page)).severity, "warn");
    });
});

/** @param {import("playwright-core").Page} page */
function fits(page) {
    return page.evaluate(
        () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
    );
}
