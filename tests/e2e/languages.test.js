// @ts-check
// Thunderbird's dialog and Outlook's pane at narrow widths, in every language and in a pseudo-language with texts that are
// 40 % longer. All texts can be read: nothing is cut off, overlaps or requires scrolling sideways.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { LANGUAGES } from "../../www/shared/i18n.js";
import { prepareAddin } from "./addin.js";
import { browserTests, takePicture } from "./browser.js";
import { assertReadable } from "./cut-off.js";
import { choose, enter, openOutlook, openPane, put, WRONG } from "./outlook.js";
import { pseudo, pseudoMessages } from "./pseudo-locale.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

const { open } = browserTests();

const PSEUDO = pseudoMessages(JSON.parse(await readFile("www/_locales/en/messages.json", "utf8")));

/** The size at which the add-in opens the dialog, and the narrowest that Thunderbird allows. */
const DIALOG_WIDTHS = [680, 360];

/** The narrowest pane in Outlook on the web. */
const PANE_WIDTH = 320;

const ONE = { recipients: [WRONG], subject: "Travel orders" };
const SEVERAL = {
    recipients: [
        WRONG,
        '"bob@army.mil" <bob@evil.example>',
        "jane@\u0430rmy.mil",
        "eve@eb.mil.br",
        "maximilian.von.und.zu.hohenfels.ctr@training.logistics.readiness.us.army.ml",
        "Project team: ;",
    ],
    subject: "CUI//SP-PRVCY travel orders for the whole of the third quarter",
};

/** @type {Record<string, import("./addin.js").Config>} */
const DIALOGS = {
    one: { stopped: ONE },
    several: { stopped: SEVERAL },
    reason: { stopped: ONE, managed: { policy: policy({ override: { warn: "justification" }, countdown: 60 }) } },
    forbidden: { stopped: ONE, managed: { policy: policy({ override: { warn: "never" } }) } },
    failed: { stopped: ONE, isGuardGone: true },
};

/** @type {Record<string, (page: Page) => Promise<Frame>>} */
const PANES = {
    several: async (page) => {
        const entries = SEVERAL.recipients.slice(0, 5).map((emailAddress) => ({ emailAddress, displayName: "", recipientType: "externalUser" }));
        await put(page, [...entries, { emailAddress: "", displayName: "Project team", recipientType: "distributionList" }]);
        return openPane(page);
    },
    kept: async (page) => {
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#kept:not([hidden])");
        await pane.click("#about > summary");
        return pane;
    },
    reason: async (page) => {
        await choose(page, { policy: "agency (asks for a reason)" });
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#keep[open]");
        return pane;
    },
    unread: async (page) => {
        await enter(page, WRONG);
        await choose(page, { fault: "all reading fails" });
        return openPane(page);
    },
};

/** @param {object} members */
function policy(members) {
    return { id: "narrow", version: 1, trainingUrl: "https://example.mil/look-alikes", ...members };
}

/**
 * @param {string} name
 * @param {import("./addin.js").Config} config
 * @param {number} width
 */
function assertDialog(name, config, width) {
    const state = config.isGuardGone ? "failed" : "ready";
    return open(
        async ({ page }) => {
            await assertReadable(page, name);
            await takePicture(page, name, { fullPage: true });
        },
        {
            path: "/thunderbird/stop.html?tab=1&dialog=d",
            state,
            options: { viewport: { width, height: 640 } },
            prepare: (page) => prepareAddin(page, config),
        },
    );
}

/**
 * @param {string} name
 * @param {(page: Page) => Promise<Frame>} enterState
 * @param {string} language
 * @param {(page: Page) => Promise<unknown>} [prepare]
 */
function assertPane(name, enterState, language, prepare) {
    return openOutlook(
        open,
        async ({ page }) => {
            const pane = await enterState(page);
            const frame = page.locator("#frame > iframe");
            await frame.evaluate((element, width) => {
                // Outlook's own frame has no border, and is as high as the window.
                Object.assign(element.style, { border: "0", flex: "none", inlineSize: `${width}px`, blockSize: "1250px" });
            }, PANE_WIDTH);
            await pane.waitForFunction((width) => innerWidth === width, PANE_WIDTH);
            await assertReadable(pane, name);
            await takePicture(frame, name);
        },
        { language, options: { viewport: { width: 1280, height: 1400 } }, ...(prepare ? { prepare } : {}) },
    );
}

test("a pseudo-locale is 40 % longer and keeps its placeholders", () => {
    for (const text of ["Send", "Use $1", "$1 of $2", "OK", "Look at the address: $1, and $1."]) {
        const longer = pseudo(text);
        assert.equal([...longer].length, [...text].length + Math.ceil([...text].length * 0.4) + 2, text);
        assert.deepEqual(longer.match(/\$\d/g), text.match(/\$\d/g), text);
    }
});

test("the check finds unreadable text", async () => {
    await open(
        async ({ page }) => {
            for (const [html, fault] of /** @type {[string, RegExp][]} */ ([
                ["<p style='width: 3em; overflow: hidden; white-space: nowrap'>cut off at its side</p>", /cut off at the side/],
                ["<p style='height: 0.5em; overflow: hidden'>cut off below</p>", /cut off below/],
                ["<button style='width: 2em; white-space: nowrap; overflow: visible'>wider than its button</button>", /side of button/],
                ["<p style='width: 3000px'>wide</p>", /too wide/],
                ["<div style='position: absolute; top: 0'>one</div><div style='position: absolute; top: 0'>two</div>", /lies over/],
            ])) {
                await page.setContent(`<!doctype html><title>x</title>${html}`);
                await assert.rejects(assertReadable(page, "broken"), fault, html);
            }
        },
        { path: "/learn/", options: { bypassCSP: true } },
    );
});

for (const width of DIALOG_WIDTHS) {
    test(`the dialog of Thunderbird can be read with texts that are 40 % longer, ${width} px wide`, async () => {
        for (const [state, config] of Object.entries(DIALOGS)) {
            await assertDialog(`dialog-pseudo-${state}-${width}`, { ...config, messages: PSEUDO }, width);
        }
    });
}

test("the pane of Outlook can be read with texts that are 40 % longer", async () => {
    for (const [state, enterState] of Object.entries(PANES)) {
        await assertPane(`pane-pseudo-${state}`, enterState, "en", (page) =>
            page.route("**/_locales/en/messages.json", (route) => route.fulfill({ json: PSEUDO })),
        );
    }
});

test("the dialog of Thunderbird can be read in every language", async () => {
    for (const language of Object.keys(LANGUAGES)) {
        for (const state of ["several", "reason"]) {
            await assertDialog(`dialog-${language}-${state}`, { ...DIALOGS[state], language }, 680);
        }
    }
});

test("the pane of Outlook can be read in every language", async () => {
    for (const language of Object.keys(LANGUAGES)) {
        await assertPane(`pane-${language}`, async (page) => {
            await enter(page, "eve@eb.mil.br");
            const pane = await /** @type {(page: Page) => Promise<Frame>} */ (PANES.kept)(page);
            await pane.waitForSelector("#view [data-action=remove]");
            return pane;
        }, language);
    }
});
