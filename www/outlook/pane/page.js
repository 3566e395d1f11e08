// @ts-check
// What the pane's parts share.

import { element } from "../../shared/dom.js";

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
