// @ts-check
// A person who has only a keyboard, in the simulated Outlook and in the pane's frame.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

/** More controls than the page has. */
const MOST_PRESSES = 60;

/**
 * Focus crosses between processes where the pane is of another origin: it has arrived when both sides say so.
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
 * Presses and waits until the focus is elsewhere, for the same reason.
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

/** The words of what has the focus, in the pane too. @param {Page} page */
export async function focused(page) {
    const frame = await focusedFrame(page);
    return frame.evaluate(() => {
        const { activeElement } = document;
        return (activeElement?.textContent?.trim() || activeElement?.id) ?? "";
    });
}

/** The same of all controls that can be seen, in the order of the page. @param {Frame} pane */
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
    assert.fail(`no way by keyboard to ${wanted}`);
}

/** Nothing was sent, and nothing is about to be. @param {Page} page */
export async function assertNothingLeft(page) {
    assert.equal(await page.isVisible("#sent"), false);
    assert.equal(await page.isVisible("#checking"), false);
    assert.equal(await page.isVisible("#question[open]"), false);
}
