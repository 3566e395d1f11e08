// @ts-check
// The parts that the handlers need, made when the first event comes, so that no failure here keeps the handlers from
// being registered.

import { defaults, messages } from "milguard-data";

import { pickLanguage } from "../../shared/i18n.js";
import { policyTexts } from "../../shared/policy.js";
import { Calls } from "../calls.js";
import { resolveConfig } from "../config.js";
import { deliverWaiting } from "../delivery/deliver.js";
import { languagesOf } from "../host.js";
import { SAVE_MS } from "../spool.js";
import { openClock } from "./clock.js";

/** @typedef {import("../config.js").Settings} Settings */

/**
 * Calls that every item has, the fastest first: a runtime without timers compares the time whenever one answers. Any of them
 * may fail, never answer, or answer before it returns.
 */
export const clock = openClock([
    (callback) => currentItem().subject.getAsync(callback),
    (callback) => currentItem().notificationMessages.getAllAsync(callback),
    (callback) => (currentItem().from ?? currentItem().organizer).getAsync(callback),
    (callback) => (currentItem().to ?? currentItem().requiredAttendees).getAsync(callback),
    (callback) => (currentItem().cc ?? currentItem().optionalAttendees).getAsync(callback),
    (callback) => currentItem().bcc.getAsync(callback),
]);

/** @returns {import("../item.js").Item} the item whose event this runtime handles */
export function currentItem() {
    return /** @type {import("../item.js").Item} */ (Office.context.mailbox.item);
}

export const calls = new Calls(clock);

/** @type {Settings | undefined} */
let settings;

/**
 * `milguard bundle` and the server replace the first line of the script, which defines `milguardConfig`. The checker's
 * script, which runs before this one, defines `milguard` unless it failed.
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

/** The functions that the runtime offers if it is a page (delivery/entry.js). */
export function currentPage() {
    return typeof milguardPage === "undefined" ? null : milguardPage;
}

/** Whether this runtime has already tried to send when a window opened. */
let hasTried = false;

/**
 * Sends the waiting events to the organisation's server if the runtime has a network. A page's request outlives the page,
 * but the page removes sent events only if it lives until the server answers; the server recognises an event that comes
 * again. The script runtime of classic Outlook has `fetch` on some computers (office-js issue 6719): it tries when its
 * first window opens and at each Send, and does not wait for the server. Never rejects.
 *
 * @param {number} waitMs how long a page waits for the server; 0 at Send
 * @returns {Promise<void>}
 */
export function deliver(waitMs) {
    return new Promise((resolve) => {
        const page = currentPage();
        const { backend } = loadSettings();
        if (page === null || backend === null) {
            resolve();
            if (backend !== null && typeof fetch === "function" && (waitMs === 0 || !hasTried)) {
                hasTried = true;
                void deliverWaiting(backend, clientVersion(), calls, SAVE_MS);
            }
            return;
        }
        const cancel = clock.after(waitMs, resolve);
        page.deliver(backend, clientVersion()).then(() => {
            cancel();
            resolve();
        }, resolve);
    });
}

/** @returns {string} */
export function clientVersion() {
    return milguard.version();
}

/**
 * A text in the sender's language, or in English.
 *
 * @param {string} key
 * @param {string} [value]
 * @returns {string}
 */
export function text(key, value = "") {
    const found = messages[pickLanguage(languagesOf(Office))]?.[key] ?? messages.en?.[key] ?? "";
    return found.split("$1").join(value);
}

/** The administrator's own texts in the sender's language. */
export function ownTexts() {
    return policyTexts(loadSettings().policy, languagesOf(Office));
}
