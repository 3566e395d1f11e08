// @ts-check
// Messages in the format of WebExtensions (`_locales/<language>/messages.json`), for pages outside
// an extension. In Thunderbird `browser.i18n.getMessage` reads the same files.

/** @typedef {Record<string, { message: string, description?: string }>} Messages */

/** All languages, with their own names. */
export const LANGUAGES = Object.freeze({
    en: "English",
    de: "Deutsch",
    es: "Español",
    fr: "Français",
    it: "Italiano",
    nl: "Nederlands",
    pl: "Polski",
    pt_BR: "Português (Brasil)",
    ja: "日本語",
    ko: "한국어",
});

const FALLBACK = "en";

/**
 * The language of `LANGUAGES` that suits a person best.
 *
 * @param {readonly string[]} wanted BCP 47 tags, most wanted first
 * @returns {string}
 */
export function pickLanguage(wanted) {
    const offered = Object.keys(LANGUAGES);
    for (const tag of wanted) {
        const folder = tag.replace(/-/g, "_").toLowerCase();
        const primary = folder.split("_")[0];
        const found =
            offered.find((language) => language.toLowerCase() === folder) ??
            offered.find((language) => language.toLowerCase().split("_")[0] === primary);
        if (found) {
            return found;
        }
    }
    return FALLBACK;
}

/**
 * A function that returns the text for a key in `language`, or in English if the language lacks it.
 * If no file can be loaded it returns an empty string, and the page keeps its English text.
 *
 * @param {string} language a key of `LANGUAGES`
 * @returns {Promise<(key: string, value?: string) => string>}
 */
export async function loadMessages(language) {
    const [messages, fallback] = await Promise.all(
        [language, FALLBACK].map((name) => fetchMessages(name)),
    );
    return (key, value = "") => {
        const text = (messages?.[key] ?? fallback?.[key])?.message ?? "";
        // In a replacement string, `$&` has a special meaning; the result of a function is inserted unchanged.
        return text.replaceAll("$1", () => value);
    };
}

/**
 * @param {string} language
 * @returns {Promise<Messages>}
 */
async function fetchMessages(language) {
    try {
        const response = await fetch(
            new URL(`../_locales/${language}/messages.json`, import.meta.url),
        );
        return response.ok ? await response.json() : {};
    } catch {
        return {};
    }
}

/**
 * Puts texts into the elements that name a key: `data-i18n` for the content, `data-i18n-label` for
 * the accessible name, `data-i18n-placeholder` for the placeholder.
 *
 * @param {Document} document
 * @param {string} language
 * @param {(key: string) => string} message
 */
export function translate(document, language, message) {
    document.documentElement.lang = language.replaceAll("_", "-");
    for (const element of document.querySelectorAll("[data-i18n]")) {
        const text = message(element.getAttribute("data-i18n") ?? "");
        if (text) {
            element.textContent = text;
        }
    }
    for (const [source, target] of [
        ["data-i18n-label", "aria-label"],
        ["data-i18n-placeholder", "placeholder"],
    ]) {
        for (const element of document.querySelectorAll(`[${source}]`)) {
            const text = message(element.getAttribute(String(source)) ?? "");
            if (text) {
                element.setAttribute(String(target), text);
            }
        }
    }
}
