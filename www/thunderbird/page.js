// @ts-check
// Functions that the add-in's pages share.

import { pickLanguage, translate } from "../shared/i18n.js";

/**
 * @param {string} key
 * @param {string | string[]} [values]
 */
export function text(key, values = "") {
    return messenger.i18n.getMessage(key, values);
}

/** The languages that the sender reads, best first. */
export function languages() {
    return [messenger.i18n.getUILanguage()];
}

export function translatePage() {
    translate(document, pickLanguage(languages()), text);
    // Pages have the text direction of Thunderbird, even if their texts are in a language with the other direction.
    document.documentElement.dir = text("@@bidi_dir") || "ltr";
}

/**
 * A note that names the list of a recipient, or the field Reply-To; `null` for other recipients.
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
 * Marks the page as complete, and moves the focus to its heading.
 *
 * @param {"ready" | "failed"} state
 */
export function showReady(state) {
    const isFirst = document.documentElement.dataset.state === "loading";
    document.documentElement.dataset.state = state;
    document.title = `${document.querySelector("h1")?.textContent} – Milguard`;
    if (isFirst) {
        // Focus goes to the heading, because the key that sent the message may still be down and would press a button.
        document.querySelector("h1")?.focus();
    }
}
