// @ts-check
// What the handlers work with: made when the first event comes, so that nothing that fails here keeps them from being
// registered.

import { defaults, messages } from "milguard-data";

import { pickLanguage } from "../../shared/i18n.js";
import { policyTexts } from "../../shared/policy.js";
import { Calls } from "../calls.js";
import { resolveConfig } from "../config.js";
import { languagesOf } from "../host.js";
import { openClock } from "./clock.js";

/** @typedef {import("../config.js").Settings} Settings */

/** What every item has; two calls, in case one fails or never answers. */
export const clock = openClock([
    (callback) => currentItem().subject.getAsync(callback),
    (callback) => currentItem().notificationMessages.getAllAsync(callback),
]);

function currentItem() {
    return /** @type {Office.MessageCompose} */ (Office.context.mailbox.item);
}

export const calls = new Calls(clock);

/** @type {Settings | undefined} */
let settings;

/**
 * The first line of the script is replaced by rendering and defines `milguardConfig`; the checker's script, which stands
 * before this, defines `milguard`, unless it failed.
 *
 * @returns {Settings}
 */
export function loadSettings() {
    settings ??= resolveConfig(
        typeof milguardConfig === "undefined" ? undefined : milguardConfig,
        defaults,
        typeof milguard === "undefined" ? null : milguard?.Checker,
    );
    return settings;
}

/** @returns {string} */
export function clientVersion() {
    return milguard.version();
}

/**
 * A text in the person's language, or in English.
 *
 * @param {string} key
 * @param {string} [value]
 * @returns {string}
 */
export function text(key, value = "") {
    const found = messages[pickLanguage(languagesOf(Office))]?.[key] ?? messages.en?.[key] ?? "";
    return found.split("$1").join(value);
}

/** The administrator's own texts for the person. */
export function ownTexts() {
    return policyTexts(loadSettings().policy, languagesOf(Office));
}
