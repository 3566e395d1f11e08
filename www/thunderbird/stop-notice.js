// @ts-check
// Shows a notice in the dialog instead of findings: the check has failed, or the message's window is locked.
/* global stopView -- of stop-view.js */

import { text } from "./page.js";

const { element } = stopView;

/**
 * @param {string} title
 * @param {string} lead
 * @param {string} notice
 */
export function showNotice(title, lead, notice) {
    element("title").textContent = title;
    document.title = title;
    element("lead").textContent = lead;
    element("notice").textContent = notice;
    for (const id of ["findings", "others"]) {
        element(id).replaceChildren();
    }
    for (const id of ["about", "all", "also", "training"]) {
        element(id).hidden = true;
    }
    document.documentElement.dataset.state = "failed";
}

/**
 * Says that Thunderbird has locked the window of a message, and waits until Thunderbird unlocks the window.
 *
 * @param {number} tabId
 * @returns {Promise<void>}
 */
export function whenUnlocked(tabId) {
    showNotice(text("stopLockedTitle"), text("stopLockedLead"), "");
    // Thunderbird 153 unlocks the window when it saves the draft. It reports that save, but not the unlocking.
    return new Promise((resolve) => {
        messenger.compose.onAfterSave.addListener(({ id }) => {
            if (id === tabId) {
                resolve();
            }
        });
    });
}
