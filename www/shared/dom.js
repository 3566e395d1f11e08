// @ts-check

/**
 * An element that the page has for certain.
 *
 * @param {string} id
 * @returns {HTMLElement}
 * @throws {Error} where the page and its script do not belong together
 */
export function element(id) {
    const found = document.getElementById(id);
    if (!found) {
        throw new Error(`the page has no #${id}`);
    }
    return found;
}
