// @ts-check
// What the add-in's pages share.

import { pickLanguage, translate } from "../shared/i18n.js";

/**
 * @param {string} key
 * @param {string | string[]} [values]
 */
export function text(key, values = "") {
    return messenger.i18n.getMessage(key, values);
}

/** The languages that the person reads, best first. */
export function languages() {
    return [messenger.i18n.getUILanguage()];
}

export function translatePage() {
    translate(document, pickLanguage(languages()), text);
    // The direction of the application, whatever language the texts are in.
    document.documentElement.dir = text("@@bidi_dir") || "ltr";
}

/**
 * Where a recipient comes from, if that is not plain to see.
 *
 * @param {import("./draft.js").Entry} entry
 */
export function noteOf({ list, field }) {
    if (list !== null) {
        return text("stopInList", list);
    }
    return field === "replyTo" ? text("stopReplyTo") : null;
}

/**
 * The page shows what it has to say.
 *
 * @param {"ready" | "failed"} state
 */
export function showReady(state) {
    const isFirst = document.documentElement.dataset.state === "loading";
    document.documentElement.dataset.state = state;
    document.title = `${document.querySelector("h1")?.textContent} – Milguard`;
    if (isFirst) {
        // On the heading: the key that sent the message may still be pressed, and would press a button.
        document.querySelector("h1")?.focus();
    }
}
