// @ts-check
// axe-core in a page or a frame, with a check that everything fits, which axe cannot make.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { takePicture } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

const axeSource = await readFile("node_modules/axe-core/axe.min.js", "utf8");

/**
 * Looks for axe's findings and for content that does not fit.
 *
 * @param {Page} page
 * @param {string} name
 */
export async function assertAccessible(page, name) {
    await takePicture(page, name, { fullPage: true });
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
    const { surplus, widest } = await page.evaluate(() => {
        const { clientWidth, scrollWidth } = document.documentElement;
        const edges = [...document.querySelectorAll("main *")].map((element) => ({
            html: element.outerHTML.slice(0, 200),
            right: element.getBoundingClientRect().right,
        }));
        const right = Math.max(...edges.map((edge) => edge.right));
        return { surplus: scrollWidth - clientWidth, widest: edges.filter((edge) => edge.right === right).at(-1)?.html };
    });
    assert.ok(surplus <= 0, `${name} is ${surplus} px too wide: ${widest}`);
}
