// @ts-check

/**
 * The element with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 * @throws {Error} if the page has none, as when page and script come from different releases
 */
export function element(id) {
    const found = document.getElementById(id);
    if (!found) {
        throw new Error(`the page has no #${id}`);
    }
    return found;
}
