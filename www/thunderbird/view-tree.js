// @ts-check
// The warning view as data. The event page, which has loaded the checker, makes the data; the dialog builds its elements
// from the data and need not load the checker.

import { reasonsIn } from "../shared/reasons.js";

/** @typedef {import("../shared/checker.js").CheckerModule} CheckerModule */
/** @typedef {[name: string, attributes: Record<string, string>, ...children: (Tree | string)[]]} Tree */

/** The parts of the view that the dialog shows; its banner is left out, because the dialog's title says the same. */
const ENTRIES = ".mg-list > li";

/**
 * Each recipient that stands out as the view shows it, gravest first.
 *
 * @param {CheckerModule} milguard
 * @param {Parameters<InstanceType<CheckerModule["WarningView"]>["render"]>[0]} report
 * @param {(key: string, value?: string) => string} message
 * @returns {Tree[]}
 */
export function entryTrees(milguard, report, message) {
    const container = document.createElement("div");
    /** @type {import("../checker/milguard.js").ViewOptions} */
    const options = { message, reason: reasonsIn(message), actions: ["use-suggestion", "remove"] };
    const view = new milguard.WarningView(container, options, () => {});
    try {
        view.render(report);
        return [...container.querySelectorAll(ENTRIES)].map(treeOf);
    } finally {
        view.free();
    }
}

/**
 * @param {Element} element
 * @returns {Tree}
 */
function treeOf(element) {
    const attributes = Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
    const children = [...element.childNodes].map((node) =>
        node.nodeType === Node.ELEMENT_NODE ? treeOf(/** @type {Element} */ (node)) : (node.textContent ?? ""),
    );
    return [element.localName, attributes, ...children];
}

/**
 * The address of an entry as the view shows it, with names in place of invisible characters.
 *
 * @param {Tree} tree
 * @returns {string} empty if the entry is not about a recipient
 */
export function addressIn([, attributes, ...children]) {
    if (attributes.class === "mg-address") {
        return children.map(textIn).join("");
    }
    return children.map((child) => (typeof child === "string" ? "" : addressIn(child))).join("");
}

/**
 * @param {Tree | string} tree
 * @returns {string}
 */
function textIn(tree) {
    return typeof tree === "string" ? tree : tree.slice(2).map((child) => textIn(/** @type {Tree} */ (child))).join("");
}
