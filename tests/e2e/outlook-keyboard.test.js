// @ts-check
// The pane by keyboard alone: every control is reached in the order of the page, Escape closes what is open, and the focus
// comes in and out without anything being sent.

import assert from "node:assert/strict";

import { browserTests } from "./browser.js";
import { assertNothingLeft, controlsOf, focused, focusIn, isInPane, pressTab, tabTo } from "./keyboard.js";
import { addressesIn, enter, openOutlook, openPane, paneOf, RIGHT, scenario, settled, write, WRONG } from "./outlook.js";

const { open } = browserTests();

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */
/** @typedef {import("./browser.js").Opened} Opened */
/** @typedef {NonNullable<Parameters<typeof openOutlook>[2]>} How */

/** @param {(opened: Opened) => Promise<void>} use @param {How} [how] */
const outlook = (use, how) => openOutlook(open, use, how);

const KEY_ORDER = /** @type {const} */ (["Tab", "Shift+Tab"]);

scenario("by keyboard alone a look-alike is corrected and the message sent", async () => {
    await outlook(async ({ page }) => {
        await page.focus("#field-to");
        await page.keyboard.type(WRONG);
        await page.keyboard.press("Enter");
        await settled(page);
        await page.focus("#window-title ~ button");
        await tabTo(page, "Send");
        await page.keyboard.press("Enter");
        await page.waitForSelector("#question[open]");
        await tabTo(page, "Check recipients");
        await page.keyboard.press("Enter");
        const pane = await paneOf(page);
        await tabTo(page, `Use ${RIGHT}`);
        await page.keyboard.press("Enter");
        await pane.waitForSelector("#lead:has-text('Choose “Send”')");
        assert.equal(await pane.evaluate(() => document.activeElement?.className), "mg-summary");
        await assertNothingLeft(page);
        await page.focus("#new-message");
        await tabTo(page, "Send");
        await page.keyboard.press("Enter");
        await page.waitForSelector("#sent:not([hidden])");
    });
});

scenario("every control of the pane is reached by Tab, in the order of the page, and the last one leads out", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `${WRONG}, tom@navy.ml`);
        const pane = await openPane(page);
        await pane.click("[data-action=keep] >> nth=0");
        await pane.waitForSelector("#kept:not([hidden])");
        const wanted = await controlsOf(pane);
        assert.ok(wanted.includes("Policy and version") && wanted.length >= 5, wanted.join());
        await assertOrder(page, pane, wanted);
        await focusIn(page, pane, "#about > summary");
        await page.keyboard.press("Enter");
        await pane.waitForSelector("#about[open]");
        await assertNothingLeft(page);
        assert.deepEqual(await addressesIn(page), [WRONG, "tom@navy.ml"]);
    });
});

scenario("the check of this Outlook is started, read and copied by keyboard", async () => {
    await outlook(async ({ page }) => {
        const pane = await openPane(page);
        await pane.waitForSelector("#empty:not([hidden])");
        await focusIn(page, pane, "#title");
        await tabTo(page, "Policy and version");
        await page.keyboard.press("Enter");
        await tabTo(page, "Check this Outlook");
        await page.keyboard.press("Enter");
        await pane.waitForSelector("#check-next:not([hidden])");
        const wanted = await controlsOf(pane);
        assert.deepEqual(wanted, ["Policy and version", "Check this Outlook", "check-text", "Copy"]);
        await assertOrder(page, pane, wanted);
        await assertNothingLeft(page);
    });
});

scenario("a pane that could not check is tried again by keyboard", async () => {
    await outlook(
        async ({ page, problems }) => {
            await enter(page, WRONG);
            const pane = await openPane(page, "failed");
            await focusIn(page, pane, "#title");
            await tabTo(page, "Check again");
            const loaded = page.waitForEvent("framenavigated");
            await page.keyboard.press("Enter");
            await loaded;
            await pane.waitForSelector("html[data-state=failed]");
            await assertNothingLeft(page);
            problems.length = 0;
        },
        { choices: { fault: "the checker of the pane cannot be loaded" } },
    );
});

scenario("the question for a reason holds the focus, and Escape closes only the question", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            await focusIn(page, pane, "[data-action=keep]");
            await page.keyboard.press("Enter");
            await pane.waitForSelector("#keep[open]");
            await write(pane, "#justification", "A partner in Mali");
            await pane.waitForSelector("#keep-submit:enabled");
            const order = [];
            for (let presses = 0; presses < 4; presses += 1) {
                await pressTab(page);
                order.push(await pane.evaluate(() => document.activeElement?.id));
            }
            assert.deepEqual(order, ["keep-cancel", "keep-submit", "justification", "keep-cancel"]);
            await pressTab(page, "Shift+Tab");
            await pressTab(page, "Shift+Tab");
            assert.equal(await pane.evaluate(() => document.activeElement?.id), "keep-submit");
            await page.keyboard.press("Escape");
            await pane.waitForSelector("#keep:not([open])", { state: "attached" });
            assert.equal(await pane.evaluate(() => document.activeElement?.getAttribute("data-action")), "keep");
            assert.equal(await isInPane(page), true);
            // The host was not told of that Escape, and nothing was kept or sent.
            assert.deepEqual(await exits(page), []);
            assert.equal(await pane.isVisible("#kept"), false);
            await assertNothingLeft(page);
        },
        { choices: { policy: "agency (asks for a reason)" } },
    );
});

scenario("Escape in the pane gives the focus back to Outlook, and the pane and the message stay", async () => {
    await outlook(async ({ page }) => {
        await enter(page, WRONG);
        const pane = await openPane(page);
        await focusIn(page, pane, "[data-action=keep]");
        await page.keyboard.press("Escape");
        await page.waitForFunction(() => document.activeElement?.tagName !== "IFRAME");
        assert.equal(await page.isVisible("#frame > iframe"), true);
        assert.deepEqual(await addressesIn(page), [WRONG]);
        await assertNothingLeft(page);
    });
});

scenario(
    "Outlook moves the focus into the pane at its first or last control, even if no recipient has a finding",
    async () => {
        await outlook(async ({ page }) => {
            let pane = await openPane(page);
            await pane.waitForSelector("#empty:not([hidden])");
            await enterPane(page, pane, "TabIn", "Policy and version");
            await page.click("#close-pane");
            await enter(page, WRONG);
            pane = await openPane(page);
            const controls = await controlsOf(pane);
            await enterPane(page, pane, "TabIn", controls[0] ?? "");
            await enterPane(page, pane, "TabInShift", controls.at(-1) ?? "");
            assert.deepEqual(await exits(page), []);
            await page.keyboard.press("Control+F6");
            await page.waitForFunction(() => document.activeElement?.tagName !== "IFRAME");
            assert.deepEqual(await exits(page), ["CtrlF6Exit"]);
            await assertNothingLeft(page);
        });
    },
    ["Office.js"],
);

scenario(
    "the keys that send a message in Outlook are not passed on to it from the pane",
    async () => {
        await outlook(
            async ({ page }) => {
                await enter(page, WRONG);
                const pane = await openPane(page);
                await pane.click("[data-action=keep]");
                await focusIn(page, pane, "#justification");
                // The last combination sends nothing; Office.js passes it on after all others.
                for (const keys of ["Control+Enter", "Meta+Enter", "Alt+s", "Control+Alt+k"]) {
                    await page.keyboard.press(keys);
                }
                const passed = () =>
                    page.evaluate(() =>
                        /** @type {{ keyCode: number }[]} */ (/** @type {any} */ (globalThis).officejsPane.shortcuts).map(
                            ({ keyCode }) => String.fromCharCode(keyCode),
                        ),
                    );
                await page.waitForFunction(() =>
                    /** @type {any} */ (globalThis).officejsPane.shortcuts.some(
                        (/** @type {{ keyCode: number }} */ { keyCode }) => keyCode === "K".charCodeAt(0),
                    ),
                );
                const keys = await passed();
                assert.ok(!keys.includes("\r") && !keys.includes("S"), JSON.stringify(keys));
                await assertNothingLeft(page);
            },
            { choices: { policy: "agency (asks for a reason)" } },
        );
    },
    ["Office.js"],
);

/**
 * Moves the focus into the pane as Outlook on the web does: the window announces it, and Office.js in the pane takes
 * it.
 *
 * @param {Page} page
 * @param {Frame} pane
 * @param {"TabIn" | "TabInShift"} action
 * @param {string} wanted
 */
async function enterPane(page, pane, action, wanted) {
    await page.focus("#new-message");
    await page.evaluate((how) => /** @type {any} */ (globalThis).officejsPane.enter(how), action);
    await page.waitForFunction(() => document.activeElement?.tagName === "IFRAME");
    await pane.waitForFunction((words) => document.activeElement?.textContent?.trim() === words, wanted);
}

/** How Office.js has given the focus back; the simulated `Office` does not report that. @param {Page} page @returns {Promise<string[]>} */
function exits(page) {
    return page.evaluate(() => /** @type {any} */ (globalThis).officejsPane?.exits ?? []);
}

/**
 * Tabs from the title through all controls and out of the pane, then from the last control back and out on the other
 * side.
 *
 * @param {Page} page
 * @param {Frame} pane
 * @param {readonly string[]} wanted
 */
async function assertOrder(page, pane, wanted) {
    for (const key of KEY_ORDER) {
        const order = key === "Tab" ? wanted : [...wanted].reverse().slice(1);
        await (key === "Tab" ? focusIn(page, pane, "#title") : focusLast(page, pane));
        for (const name of order) {
            await pressTab(page, key);
            assert.equal(await focused(page), name, key);
        }
        await pressTab(page, key);
        assert.equal(await isInPane(page), false, `${key} leads out of the pane`);
    }
}

/** @param {Page} page @param {Frame} pane */
async function focusLast(page, pane) {
    await pane.evaluate(() => {
        const all = [...document.querySelectorAll("a[href], button:enabled, summary, textarea")];
        const last = all.filter((one) => one.checkVisibility()).at(-1);
        /** @type {HTMLElement} */ (last).focus();
    });
    await page.waitForFunction(() => document.activeElement?.tagName === "IFRAME");
}
