// @ts-check
// axe-core in a page or a frame, with a check that everything fits, which axe cannot make.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { picture } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

const axeSource = await readFile("node_modules/axe-core/axe.min.js", "utf8");

/**
 * Takes a picture, then looks for axe's findings and for content that does not fit.
 *
 * @param {Page} page
 * @param {string} name
 */
export async function assertAccessible(page, name) {
    await page.screenshot({ path: picture(name), fullPage: true });
    await assertClean(page.mainFrame(), name);
}

/**
 * @param {Frame} frame
 * @param {string} name
 */
export async function assertClean(frame, name) {
    await assertFits(frame, name);
    // The debugger runs axe-core, because the page's policy allows no script from elsewhere.
    await frame.evaluate(axeSource);
    const found = await frame.evaluate(async () => {
        // Each frame is checked separately.
        const options = { resultTypes: ["violations"], iframes: false };
        // @ts-expect-error Defined by the line above.
        const { violations } = await globalThis.axe.run(document, options);
        return violations.flatMap((/** @type {any} */ violation) =>
            violation.nodes.map((/** @type {any} */ node) => `${violation.id}: ${node.html}`),
        );
    });
    assert.deepEqual(found, [], name);
}

/**
 * @param {Page | Frame} page
 * @param {string} name
 */
export async function assertFits(page, name) {
    const surplus = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(surplus <= 0, `${name} is ${surplus} px too wide`);
}
