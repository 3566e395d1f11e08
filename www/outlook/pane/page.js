// @ts-check
// Functions that the pane's parts share.

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
    const found = document.getElementById(id);
    if (!found) {
        throw new Error(`the page has no #${id}`);
    }
    return found;
}

/**
 * Marks the page as complete.
 *
 * @param {"ready" | "failed"} state
 */
export function showReady(state) {
    element("loading").hidden = true;
    element("failure").hidden = state !== "failed";
    element("checked").hidden = state !== "ready";
    document.documentElement.dataset.state = state;
}
