// @ts-check
// What the handlers work with: made when the first event comes, so that nothing that fails here keeps them from being
// registered.

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
 * What every item has, the lightest first: the answers are looks at the clock in a runtime without timers. More than one,
 * since any of them may fail, never answer, or answer before it returns.
 */
export const clock = openClock([
    (callback) => currentItem().subject.getAsync(callback),
    (callback) => currentItem().notificationMessages.getAllAsync(callback),
    (callback) => (currentItem().from ?? currentItem().organizer).getAsync(callback),
    (callback) => (currentItem().to ?? currentItem().requiredAttendees).getAsync(callback),
    (callback) => (currentItem().cc ?? currentItem().optionalAttendees).getAsync(callback),
    (callback) => currentItem().bcc.getAsync(callback),
]);

/** @returns {import("../item.js").Item} the one whose event this runtime handles: Outlook runs it for nothing else */
export function currentItem() {
    return /** @type {import("../item.js").Item} */ (Office.context.mailbox.item);
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

/** What the runtime offers where it is a page (delivery/entry.js). */
export function currentPage() {
    return typeof milguardPage === "undefined" ? null : milguardPage;
}

/** Whether this runtime has tried to send when a window opened. */
let hasTried = false;

/**
 * Sends what waits for the organisation's server, where the runtime has a network. From a page the request outlives the
 * page; what the server took is forgotten only if the page lives until the answer comes. The script runtime of classic
 * Outlook has `fetch` on some computers (office-js issue 6719): it tries once for each runtime and each Send, beside the
 * answer, which never waits for that. The server knows an event that comes again. Never rejects.
 *
 * @param {number} waitMs how long a page waits for it; 0 at Send
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
