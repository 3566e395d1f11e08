// @ts-check
// What the pane's parts share.

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
 * The page shows what it has to say.
 *
 * @param {"ready" | "failed"} state
 */
export function showReady(state) {
    element("loading").hidden = true;
    element("failure").hidden = state !== "failed";
    element("checked").hidden = state !== "ready";
    document.documentElement.dataset.state = state;
}
