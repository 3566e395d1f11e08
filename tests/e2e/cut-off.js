// @ts-check
// Whether a reader can read all of a page: no text is cut off, covers another or leaves its button, and nothing requires
// scrolling sideways.

import assert from "node:assert/strict";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */

/**
 * @param {Page | Frame} page
 * @param {string} name of the state, for the message
 */
export async function assertReadable(page, name) {
    assert.deepEqual(await page.evaluate(faults), [], name);
}

/** Runs in the page. */
// eslint-disable-next-line max-lines-per-function -- it runs in the page, so it brings its helpers
function faults() {
    /**
     * Smaller overlaps are harmless: glyphs are lower than their line boxes, which may touch, and rounding adds half a
     * pixel.
     */
    const [ACROSS_PX, DOWN_PX] = [1.5, 4];
    /** @type {string[]} */
    const found = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
        found.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`);
    }
    /** @type {{ text: string, rect: DOMRect, node: Node, floats: boolean }[]} */
    const lines = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const parent = node.parentElement;
        if (!parent || node.textContent?.trim() === "" || !isShown(parent)) {
            continue;
        }
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const rect of range.getClientRects()) {
            if (rect.width > 0) {
                const text = node.textContent?.trim().slice(0, 60) ?? "";
                lines.push({ text, rect, node, floats: ancestors(parent).some(isFloating) });
                found.push(...cutOff(parent, rect).map((fault) => `“${text}” ${fault}`));
            }
        }
    }
    for (const [index, one] of lines.entries()) {
        for (const other of lines.slice(index + 1)) {
            const across = Math.min(one.rect.right, other.rect.right) - Math.max(one.rect.left, other.rect.left);
            const down = Math.min(one.rect.bottom, other.rect.bottom) - Math.max(one.rect.top, other.rect.top);
            // Content that stays in sight during scrolling may cover the rest of the page.
            if (one.floats === other.floats && one.node !== other.node && across > ACROSS_PX && down > DOWN_PX) {
                found.push(`“${one.text}” lies over “${other.text}”`);
            }
        }
    }
    return [...new Set(found)];

    /** @param {Element} element */
    function ancestors(element) {
        const list = [];
        for (let one = /** @type {Element | null} */ (element); one && one !== document.body; one = one.parentElement) {
            list.push(one);
        }
        return list;
    }

    /** @param {Element} element */
    function isShown(element) {
        const isForEyes = ancestors(element).every((one) => {
            const { clipPath, opacity, transform } = getComputedStyle(one);
            // Texts only for screen readers, and the link for the keyboard.
            return clipPath === "none" && opacity !== "0" && !(one.classList.contains("skip") && transform !== "none");
        });
        return isForEyes && element.checkVisibility({ checkVisibilityCSS: true });
    }

    /** @param {Element} element */
    function isFloating(element) {
        return ["sticky", "fixed"].includes(getComputedStyle(element).position);
    }

    /**
     * @param {Element} element
     * @param {DOMRect} rect of a line of its text
     */
    function cutOff(element, rect) {
        const list = [];
        if (rect.left < -ACROSS_PX || rect.right > root.clientWidth + ACROSS_PX) {
            list.push("leaves the page");
        }
        for (const one of ancestors(element)) {
            const { overflowX, overflowY } = getComputedStyle(one);
            const box = one.getBoundingClientRect();
            const isBox = one.matches("button, summary, select");
            const isWide = rect.left < box.left - ACROSS_PX || rect.right > box.right + ACROSS_PX;
            const isHigh = rect.top < box.top - DOWN_PX || rect.bottom > box.bottom + DOWN_PX;
            if (isWide && (isBox || overflowX !== "visible")) {
                list.push(`is cut off at the side of ${one.localName}#${one.id}.${one.className}`);
            }
            if (isHigh && (isBox || ["hidden", "clip"].includes(overflowY))) {
                list.push(`is cut off below or above ${one.localName}#${one.id}.${one.className}`);
            }
        }
        return list;
    }
}
