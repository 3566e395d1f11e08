// @ts-check
// axe over the pane and the simulated Outlook in every state, with checks that axe cannot make.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES } from "../../www/shared/i18n.js";
import { assertAccessible, assertClean, assertFits } from "./axe.js";
import { browserTests, takePicture } from "./browser.js";
import { choose, enter, openOutlook, openPane, paneOf, pressSend, put, settled, WRONG } from "./outlook.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./browser.js").ContextOptions} ContextOptions */

const { open } = browserTests();

/** @type {Record<string, ContextOptions>} */
const DEVICES = {
    light: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
    dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
    phone: { viewport: { width: 360, height: 740 }, colorScheme: "light", hasTouch: true },
    "phone-dark": { viewport: { width: 360, height: 740 }, colorScheme: "dark", hasTouch: true },
    contrast: { viewport: { width: 1280, height: 900 }, forcedColors: "active" },
    // Zoom halves the width that the page is given.
    zoom: { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 },
};

const SEVERAL = [
    [WRONG, "Jane Doe"],
    ["bob@evil.example", "bob@army.mil"],
    ["jane@\u0430rmy.mil", ""],
    ["eve@eb.mil.br", ""],
    ["", "Project team"],
].map(([emailAddress = "", displayName = ""]) => ({ emailAddress, displayName, recipientType: "externalUser" }));

/** @type {Record<string, (page: Page) => Promise<void>>} */
const STATES = {
    empty: async (page) => {
        await openPane(page);
    },
    several: async (page) => {
        await put(page, SEVERAL);
        await openPane(page);
    },
    question: async (page) => {
        await enter(page, WRONG);
        await pressSend(page);
    },
    kept: async (page) => {
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#kept:not([hidden])");
        await pane.click("#about > summary");
    },
    reason: async (page) => {
        await choose(page, { policy: "agency (asks for a reason)" });
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#keep[open]");
    },
    unread: async (page) => {
        await enter(page, WRONG);
        await choose(page, { fault: "all reading fails" });
        await openPane(page);
    },
    sent: async (page) => {
        await enter(page, "ann@us.army.mil");
        await pressSend(page);
    },
    settings: async (page) => {
        await enter(page, WRONG);
        await page.click("#settings > summary");
    },
};

for (const [device, options] of Object.entries(DEVICES)) {
    test(`axe finds no fault in the pane and the simulated Outlook: ${device}`, async () => {
        for (const [state, enterState] of Object.entries(STATES)) {
            await openOutlook(
                open,
                async ({ page }) => {
                    await enterState(page);
                    await settled(page);
                    await assertAccessible(page, `outlook-${device}-${state}`);
                    const frame = await page.$("#frame > iframe");
                    const pane = await frame?.contentFrame();
                    if (pane) {
                        await assertClean(pane, `outlook-${device}-${state} (pane)`);
                    }
                },
                { options },
            );
        }
    });
}

test("axe finds no fault in the pane without Office.js", async () => {
    for (const [device, options] of Object.entries(DEVICES)) {
        await open(
            async ({ page, problems }) => {
                await assertAccessible(page, `outlook-${device}-failed`);
                problems.length = 0;
            },
            {
                path: "/outlook/taskpane.html",
                state: "failed",
                options,
                prepare: (page) => page.route("https://appsforoffice.microsoft.com/**", (route) => route.abort()),
            },
        );
    }
});

test("the texts of every language fit in the pane and on a phone", async () => {
    for (const language of Object.keys(LANGUAGES)) {
        await openOutlook(
            open,
            async ({ page }) => {
                await put(page, SEVERAL);
                const pane = await openPane(page);
                await assertFits(page, language);
                await assertFits(pane, `${language} (pane)`);
                await takePicture(page, `outlook-phone-${language}`, { fullPage: true });
            },
            { language, options: { viewport: { width: 320, height: 740 } } },
        );
    }
});

test("written from right to left, the window is mirrored and addresses are not", async () => {
    await openOutlook(
        open,
        async ({ page }) => {
            await page.evaluate(() => {
                document.documentElement.dir = "rtl";
            });
            await enter(page, WRONG);
            const pane = await openPane(page);
            await pane.evaluate(() => {
                document.documentElement.dir = "rtl";
            });
            await assertFits(page, "right to left");
            await assertFits(pane, "right to left (pane)");
            const left = (/** @type {string} */ selector) =>
                page.$eval(selector, (element) => element.getBoundingClientRect().left);
            assert.ok((await left("#window")) > (await left("#pane")));
            const isAtEnd = await pane.evaluate(() => {
                const place = (/** @type {string} */ selector) =>
                    document.querySelector(selector)?.getBoundingClientRect().left ?? NaN;
                return place(".mg-address mark") > place(".mg-address");
            });
            assert.equal(isAtEnd, true);
            await takePicture(page, "outlook-rtl", { fullPage: true });
        },
        { options: { viewport: { width: 1280, height: 900 } } },
    );
});

test("every control is large enough for a finger, and nothing moves for a person who asked for less motion", async () => {
    await openOutlook(
        open,
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            for (const frame of [page.mainFrame(), pane]) {
                const { small, isMoving } = await frame.evaluate(() => {
                    const controls = [...document.querySelectorAll("button, select, summary, input, textarea")];
                    return {
                        small: controls
                            .filter((control) => control.getClientRects().length > 0)
                            .filter((control) => {
                                const { width, height } = control.getBoundingClientRect();
                                return width < 24 || height < 24;
                            })
                            .map((control) => control.id || control.textContent),
                        isMoving: [...document.querySelectorAll("*")].some((element) => {
                            const { transitionDuration, animationName } = getComputedStyle(element);
                            return transitionDuration !== "0s" || animationName !== "none";
                        }),
                    };
                });
                assert.deepEqual([small, isMoving], [[], false]);
            }
        },
        { options: { viewport: { width: 360, height: 740 }, reducedMotion: "reduce" } },
    );
});

test("the pages link to the simulated Outlook, which says that it is simulated", async () => {
    for (const path of ["/", "/try/"]) {
        await open(
            async ({ page }) => {
                await page.click("a:has-text('simulated Outlook')");
                await page.waitForSelector("html[data-state=ready] #window");
                assert.match(await page.innerText(".lead"), /This is not Outlook\..*Nothing is sent/);
            },
            { path, state: "none" },
        );
    }
});

test("takes the picture for the README", async () => {
    await openOutlook(
        open,
        async ({ page }) => {
            await page.fill("#subject", "Delivery on Thursday");
            await enter(page, `ann@contractor.example, ${WRONG}`);
            await page.click("#notifications button >> nth=0");
            await paneOf(page);
            await page.waitForTimeout(200);
            await takePicture(page.locator("#stage"), "outlook-readme");
        },
        { options: { viewport: { width: 1120, height: 900 }, deviceScaleFactor: 1.5 } },
    );
});
