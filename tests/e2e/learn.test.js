// @ts-check
// The lesson as people take it: by mouse, by keyboard, with a screen reader, on a phone, on paper, without a script.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LESSON } from "../../www/learn/lesson.js";
import { LANGUAGES } from "../../www/shared/i18n.js";
import { assertAccessible, assertFits } from "./axe.js";
import { browserTests, takePicture } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./browser.js").ContextOptions} ContextOptions */

const { open, origin, deployment } = browserTests();

const LOOKALIKES = LESSON.map(({ reason }) => reason !== null);

/** @type {Record<string, ContextOptions>} */
const DEVICES = {
    light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true },
    "phone-dark": { viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true },
    contrast: { viewport: { width: 1280, height: 900 }, forcedColors: "active" },
};

/** The address of the lesson to which warnings of the server's deployment link, at this test's origin. */
async function link() {
    const config = await (await fetch(`${origin()}${deployment()}/outlook/config.json`)).json();
    const url = new URL(config.lessonUrl);
    assert.match(url.search, /^\?d=[\da-f-]{36}$/, "a deployment's link");
    return url.pathname + url.search;
}

/**
 * Judges all addresses: those at the positions in `wrong` incorrectly, the others correctly.
 *
 * @param {Page} page
 * @param {number[]} [wrong]
 */
async function judgeAll(page, wrong = []) {
    for (const [index, isLookalike] of LOOKALIKES.entries()) {
        const value = isLookalike !== wrong.includes(index) ? "stop" : "send";
        await page.click(`#addresses > li:nth-child(${index + 1}) button[value=${value}]`);
    }
}

/**
 * The visible answers.
 *
 * @param {Page} page
 */
const answersShown = (page) =>
    page.$$eval(".answer", (answers) => answers.map((answer) => answer.getClientRects().length > 0));

test("each answer comes when the user judges the address, and the server counts one lesson at the end", async () => {
    const path = await link();
    await open(
        async ({ page }) => {
            /** @type {(string | null)[]} */
            const posted = [];
            page.on("request", (request) => {
                if (request.method() === "POST") {
                    posted.push(new URL(request.url()).pathname, request.postData());
                }
            });
            assert.deepEqual(await answersShown(page), LESSON.map(() => false));
            const first = page.locator("#addresses > li").first();
            await first.locator("button[value=send]").click();
            assert.match(await first.locator(".answer").innerText(), /^Not this time\.\n+This address is a look-alike\./);
            assert.match(await first.locator(".answer").innerText(), /The right address: jane\.doe@us\.army\.mil$/);
            assert.equal(await first.locator(".answer mark").innerText(), "ml");
            assert.equal(await page.innerText("#progress"), "Judged: 1 of 8 · Correct: 0");
            assert.ok(await first.locator("button[value=stop]").isDisabled());
            assert.deepEqual(posted, [], "nothing is sent before the end");
            for (const [index, isLookalike] of LOOKALIKES.entries()) {
                if (index > 0) {
                    await page.click(`#addresses > li:nth-child(${index + 1}) button[value=${isLookalike ? "stop" : "send"}]`);
                }
            }
            assert.equal(await page.innerText("#progress"), "Judged: 8 of 8 · Correct: 7");
            await page.waitForSelector("html[data-counted=yes]");
            const id = new URL(page.url()).searchParams.get("d");
            assert.deepEqual(posted, ["/v1/lessons", JSON.stringify({ deployment: id })]);
            await page.click("#again");
            assert.deepEqual(await answersShown(page), LESSON.map(() => false));
            assert.equal(await page.evaluate(() => document.activeElement?.id), "addresses");
            await judgeAll(page);
            assert.equal(await page.innerText("#progress"), "Judged: 8 of 8 · Correct: 8");
            assert.equal(posted.length, 2, "the same page is one lesson");
        },
        { path },
    );
});

test("without a deployment in the link nothing is sent", async () => {
    await open(
        async ({ page, requests }) => {
            await judgeAll(page);
            assert.ok(await page.isVisible("#done"));
            assert.deepEqual(requests.filter((url) => url.includes("/v1/")), []);
            assert.equal(await page.getAttribute("html", "data-counted"), null);
        },
        { path: "/learn/" },
    );
});

test("by keyboard, the focus goes to the answer and on to the next address", async () => {
    await open(
        async ({ page }) => {
            await page.keyboard.press("Tab");
            assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
            await page.keyboard.press("Enter");
            for (const isLookalike of LOOKALIKES) {
                await page.keyboard.press("Tab");
                if (isLookalike) {
                    await page.keyboard.press("Tab");
                }
                await page.keyboard.press("Space");
                assert.equal(await page.evaluate(() => document.activeElement?.className), "answer");
                const isSeen = await page.evaluate(() => {
                    const answer = document.activeElement?.getBoundingClientRect();
                    return answer !== undefined && answer.top >= 0 && answer.top < innerHeight;
                });
                assert.ok(isSeen, "the answer is in sight");
            }
            assert.equal(await page.innerText("#progress"), "Judged: 8 of 8 · Correct: 8");
        },
        { path: "/learn/" },
    );
});

test("a screen reader finds names and roles", async () => {
    await open(
        async ({ page }) => {
            const choices = page.getByRole("group", { name: "jane.doe@us.army.ml" });
            await choices.getByRole("button", { name: "Stop" }).click();
            assert.equal(await page.getByRole("status").innerText(), "Judged: 1 of 8 · Correct: 1");
            assert.equal(await choices.getByRole("button", { name: "Stop", pressed: true }).count(), 1);
            assert.equal(await page.getByRole("heading", { level: 2 }).count(), LESSON.length + 1);
            assert.equal(await page.getByRole("navigation", { name: "Language" }).getByRole("link").count(), 10);
        },
        { path: "/learn/" },
    );
});

test("the page opens in the reader's language, and keeps the deployment when another is chosen", async () => {
    const path = await link();
    await open(
        async ({ page }) => {
            await page.waitForSelector("html[lang=pt-BR][data-state=ready]");
            const id = new URL(page.url()).searchParams.get("d");
            assert.equal(`/learn/?d=${id}`, path);
            await page.click("text=日本語");
            await page.waitForSelector("html[lang=ja][data-state=ready]");
            assert.equal(new URL(page.url()).searchParams.get("d"), id);
            await page.click("text=English");
            await page.waitForSelector("html[lang=en][data-state=ready]");
            assert.equal(new URL(page.url()).searchParams.get("d"), id, "English stays English once it is chosen");
        },
        { path, options: { locale: "pt-PT" } },
    );
});

test("without a script the page shows all answers", async () => {
    await open(
        async ({ page }) => {
            assert.deepEqual(await answersShown(page), LESSON.map(() => true));
            assert.equal(await page.locator("button:visible").count(), 0);
            assert.match(await page.innerText("main"), /you see each answer below its address/);
            await takePicture(page, "learn-plain", { fullPage: true });
        },
        { path: "/learn/", state: "none", options: { javaScriptEnabled: false } },
    );
});

test("on paper the page shows all answers, and no buttons", async () => {
    await open(
        async ({ page }) => {
            await page.click("#addresses > li:first-child button[value=stop]");
            await page.emulateMedia({ media: "print" });
            assert.deepEqual(await answersShown(page), LESSON.map(() => true));
            assert.equal(await page.locator("button:visible").count(), 0);
            await takePicture(page, "learn-print", { fullPage: true });
        },
        { path: "/learn/", options: { viewport: { width: 720, height: 1000 } } },
    );
});

// scripts/take-pictures copies this picture into docs/images.
test("takes the picture for docs/lesson.md", async () => {
    await open(
        async ({ page }) => {
            await page.click("#addresses > li:nth-child(1) button[value=stop]");
            await page.click("#addresses > li:nth-child(2) button[value=stop]");
            await page.evaluate(() => scrollTo(0, 0));
            await takePicture(page, "learn-docs");
        },
        { path: "/learn/", options: { viewport: { width: 880, height: 1010 } } },
    );
});

for (const [device, options] of Object.entries(DEVICES)) {
    test(`axe finds no fault in the lesson: ${device}`, async () => {
        await open(
            async ({ page }) => {
                await assertAccessible(page, `${device}-learn`);
                await judgeAll(page, [2, 3]);
                await assertAccessible(page, `${device}-learn-done`);
            },
            { path: "/learn/", options },
        );
    });
}

test("the texts of every language fit on a narrow phone, from left to right and from right to left", async () => {
    for (const language of Object.keys(LANGUAGES)) {
        const file = language === "en" ? "index.html?lang=en" : `${language.replaceAll("_", "-")}.html`;
        await open(
            async ({ page }) => {
                await judgeAll(page, [0]);
                await assertFits(page, language);
                await takePicture(page, `learn-${language}`, { fullPage: true });
                await page.evaluate(() => {
                    document.documentElement.dir = "rtl";
                });
                await assertFits(page, `${language} from right to left`);
            },
            { path: `/learn/${file}`, options: { viewport: { width: 320, height: 700 } } },
        );
    }
});
