// @ts-check
// axe-core checks every state of the pages; further tests check zoom, motion and writing direction,
// which axe cannot see.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES } from "../../www/shared/i18n.js";
import { assertAccessible, assertFits } from "./axe.js";
import { browserTests, takePicture, settled, typeRecipients } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */

const { open } = browserTests();

const DEVICES = {
    light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true },
    "phone-dark": { viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true },
    contrast: { viewport: { width: 1280, height: 900 }, forcedColors: "active" },
};

/** @type {Record<string, (page: Page) => Promise<void>>} */
const STATES = {
    // The content of the picture in README.md (docs/images/try.png).
    readme: async (page) => {
        await typeRecipients(
            page,
            'ann@contractor.example, jane.doe@us.army.ml, "bob@army.mil" <bob@evil.example>',
        );
        await page.click("#result-title");
    },
    warn: async (page) => {
        await page.click("[data-example=sibling]");
    },
    several: async (page) => {
        await typeRecipients(
            page,
            'jane@us.army.ml, eve@eb.mil.br, "bob@army.mil" <bob@evil.example>, jane@\u0430rmy.mil, b\u202Eb@army.mil.com',
        );
    },
    pass: async (page) => {
        await page.click("[data-example=ordinary]");
    },
    empty: async (page) => {
        await page.click("#clear");
    },
    marking: async (page) => {
        await page.click("[data-example=markings]");
    },
    policy: async (page) => {
        await page.click("summary:text-is('Policy')");
        await page.fill("#policy", '{"id":"x","version":1,"deny":["*@gmail.com"]}');
        await page.waitForSelector("#policy-state[data-valid=true]");
        await typeRecipients(page, "sam@gmail.com");
    },
    "policy-invalid": async (page) => {
        await page.click("summary:text-is('Policy')");
        await page.fill("#policy", '{"id":');
        await page.waitForSelector("#policy-state[data-valid=false]");
    },
};

for (const [device, options] of Object.entries(DEVICES)) {
    test(`axe finds no fault: ${device}`, async () => {
        for (const [state, enter] of Object.entries(STATES)) {
            await open(
                async ({ page }) => {
                    await enter(page);
                    await settled(page);
                    await assertAccessible(page, `${device}-${state}`);
                },
                { options: /** @type {import("./browser.js").ContextOptions} */ (options) },
            );
        }
    });
}

test("axe finds no fault where the checker is missing", async () => {
    await open(
        async ({ page, problems }) => {
            await assertAccessible(page, "light-failed");
            problems.length = 0;
        },
        {
            state: "failed",
            prepare: (page) => page.route("**/milguard_bg.wasm", (route) => route.abort()),
        },
    );
});

test("axe finds no fault on the start page", async () => {
    for (const [device, options] of Object.entries(DEVICES)) {
        await open(({ page }) => assertAccessible(page, `${device}-start`), {
            path: "/",
            state: "none",
            options: /** @type {import("./browser.js").ContextOptions} */ (options),
        });
    }
});

test("the texts of every language fit on the page, also on a phone", async () => {
    for (const language of Object.keys(LANGUAGES)) {
        await open(
            async ({ page }) => {
                await page.click("[data-example=name]");
                await settled(page);
                await assertFits(page, language);
                await takePicture(page, `phone-${language}`, { fullPage: true });
            },
            { path: `/try/?lang=${language}`, options: { viewport: { width: 360, height: 740 } } },
        );
    }
});

test("at 200 % zoom and with large text all content stays visible", async () => {
    // Zoom halves the width that the page is given.
    await open(
        async ({ page }) => {
            await page.click("[data-example=sibling]");
            await assertFits(page, "zoom");
        },
        { options: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 } },
    );
    await open(
        async ({ page }) => {
            await page.evaluate(() => {
                document.documentElement.style.fontSize = "200%";
            });
            await page.click("[data-example=name]");
            await assertFits(page, "large text");
            await takePicture(page, "large-text", { fullPage: true });
        },
        { options: { viewport: { width: 640, height: 800 } } },
    );
});

test("nothing moves for a person who asked for less motion", async () => {
    await open(
        async ({ page }) => {
            const moving = await page.evaluate(() =>
                [...document.querySelectorAll("*")].some((element) => {
                    const { transitionDuration, animationName } = getComputedStyle(element);
                    return transitionDuration !== "0s" || animationName !== "none";
                }),
            );
            assert.equal(moving, false);
        },
        { options: { reducedMotion: "reduce" } },
    );
});

test("written from right to left, the page is mirrored and addresses are not", async () => {
    await open(
        async ({ page }) => {
            await page.evaluate(() => {
                document.documentElement.dir = "rtl";
            });
            await page.click("[data-example=sibling]");
            await assertFits(page, "right to left");
            const places = await page.evaluate(() => {
                const left = (/** @type {string} */ selector) =>
                    document.querySelector(selector)?.getBoundingClientRect().left ?? NaN;
                return {
                    mirrored: left("#compose") > left("#result"),
                    end: left(".mg-address mark") > left(".mg-address"),
                };
            });
            assert.deepEqual(places, { mirrored: true, end: true });
            await takePicture(page, "rtl", { fullPage: true });
        },
        { options: { viewport: { width: 1280, height: 900 } } },
    );
});

test("every control is large enough for a finger", async () => {
    await open(
        async ({ page }) => {
            const small = await page.$$eval("button, select, summary, input, textarea", (controls) =>
                controls
                    .filter((control) => control.getClientRects().length > 0)
                    .filter((control) => {
                        const { width, height } = control.getBoundingClientRect();
                        return width < 24 || height < 24;
                    })
                    .map((control) => control.id || control.textContent),
            );
            assert.deepEqual(small, []);
        },
        { options: { viewport: { width: 360, height: 740 } } },
    );
});
