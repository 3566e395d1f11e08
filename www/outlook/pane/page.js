// @ts-check
// Functions that the pane's parts share.

import { element } from "../../shared/dom.js";

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
