// @ts-check
// A person who has only a keyboard, in the simulated Outlook and in the pane's frame.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

/** More presses than the page has controls. */
const MOST_PRESSES = 60;

/**
 * Focuses a control of the pane. A pane of another origin runs in another process, so the focus has arrived when both
 * processes say so.
 *
 * @param {Page} page
 * @param {Frame} pane
 * @param {string} selector
 */
export async function focusIn(page, pane, selector) {
    await pane.focus(selector);
    await page.waitForFunction(() => document.activeElement?.tagName === "IFRAME");
    await pane.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
}

/**
 * Presses a key, and waits until the focus is on another control of either process.
 *
 * @param {Page} page
 * @param {"Tab" | "Shift+Tab"} [key]
 */
export async function pressTab(page, key = "Tab") {
    const before = await place(page);
    await page.keyboard.press(key);
    for (let looks = 0; looks < 100 && (await place(page)) === before; looks += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/**
 * The pane or the window around it, whichever has the focus. `iframe:focus` matches in some releases of Chromium only.
 *
 * @param {Page} page
 */
async function focusedFrame(page) {
    const active = (await page.evaluateHandle(() => document.activeElement)).asElement();
    return (await active?.contentFrame()) ?? page.mainFrame();
}

/** @param {Page} page */
async function place(page) {
    const frame = await focusedFrame(page);
    const index = await frame.evaluate(() => [...document.querySelectorAll("*")].indexOf(/** @type {Element} */ (document.activeElement)));
    return `${frame.url()} ${index}`;
}

/** Whether the pane has the focus, and not the window around it. @param {Page} page */
export async function isInPane(page) {
    return (await focusedFrame(page)) !== page.mainFrame();
}

/** The text of the control that has the focus, in the window or in the pane. @param {Page} page */
export async function focused(page) {
    const frame = await focusedFrame(page);
    return frame.evaluate(() => {
        const { activeElement } = document;
        return (activeElement?.textContent?.trim() || activeElement?.id) ?? "";
    });
}

/** The texts of all visible controls of the pane, in the order of the page. @param {Frame} pane */
export function controlsOf(pane) {
    return pane.$$eval("a[href], button:enabled, summary, textarea", (all) =>
        all.filter((one) => one.checkVisibility()).map((one) => one.textContent?.trim() || one.id),
    );
}

/** @param {Page} page @param {string} wanted */
export async function tabTo(page, wanted) {
    for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
        if ((await focused(page)) === wanted) {
            return;
        }
        await pressTab(page);
    }
    assert.fail(`the Tab key does not reach ${wanted}`);
}

/** Checks that the message was not sent, and that no Send is under way. @param {Page} page */
export async function assertNothingLeft(page) {
    assert.equal(await page.isVisible("#sent"), false);
    assert.equal(await page.isVisible("#checking"), false);
    assert.equal(await page.isVisible("#question[open]"), false);
}
