// @ts-check
// How the dialog sends: it stores the sender's approval, sends as soon as Thunderbird has unlocked the message's window, and
// treats an answer that takes too long as a failure.

import { keyOf } from "./key.js";

/** @typedef {import("../shared/events.js").Decision} Decision */

/** On a slow machine, with a long text, Thunderbird may take this long to unlock the window after the Send that was stopped. */
const READY_MS = 10_000;

/** The pause between two attempts to send. */
const PAUSE_MS = 40;

/** As in approvals.js. */
const APPROVAL_MS = 60_000;

/**
 * Sends. Thunderbird refuses at once while the window is locked, and unlocks it only when it has the guard's answer. An
 * add-on cannot ask beforehand whether it is locked: up to version 153, `getComposeState` returns nothing.
 *
 * @template T
 * @param {() => Promise<T>} attempt
 * @returns {Promise<T>}
 */
export async function whenReady(attempt) {
    for (const end = Date.now() + READY_MS; ; ) {
        try {
            return await attempt();
        } catch (error) {
            // Thunderbird tells this case only by its message. Sending has not begun then; other failures are not tried again.
            if (Date.now() >= end || !/not ready/.test(String(error))) {
                throw error;
            }
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

/**
 * Whether an add-on has cancelled the message: Milguard, because something has changed, or another one.
 *
 * @param {unknown} error
 */
export function isCancelled(error) {
    return /aborted by an onBeforeSend event/.test(String(error));
}

/**
 * @param {number} tabId
 * @param {(type: string, more?: object) => Promise<unknown>} ask the guard
 * @param {string} key of the recipients that the sender has approved
 * @param {Decision | null} decision reported once the message has left
 */
export async function approve(tabId, ask, key, decision) {
    try {
        await ask("approve", { key, decision });
    } catch {
        const approval = { key, until: Date.now() + APPROVAL_MS, decision };
        await messenger.storage.session.set({ [`approval-${tabId}`]: approval });
    }
}

/**
 * What a page asks, to see whether a later page asks the same.
 *
 * @param {import("./stop-page.js").StopPage} page
 */
export function asks({ key, findings, others, send: { rule, label } }) {
    return JSON.stringify([key, findings, others, rule, label]);
}

/** @param {number} tabId */
export async function currentKey(tabId) {
    return keyOf(await messenger.compose.getComposeDetails(tabId));
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export async function inTime(ms, work) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("it takes too long")), ms);
    });
    try {
        return await /** @type {Promise<T>} */ (Promise.race([work, late]));
    } finally {
        clearTimeout(timer);
    }
}

/** What the policy says about a message that could not be checked. */
export async function failurePolicy() {
    try {
        const { loadSettings } = await import("./settings.js");
        return (await loadSettings()).policy.onFailure;
    } catch {
        return "ask";
    }
}
