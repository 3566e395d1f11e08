// @ts-check
// Sends from the dialog: stores the sender's approval, sends as soon as Thunderbird has unlocked the message's window, and
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
 * Repeats an attempt to send until the window is unlocked. While it is locked, Thunderbird refuses at once; it unlocks the
 * window after it has the guard's answer. Add-ons cannot ask Thunderbird whether a window is locked: up to version 153,
 * `getComposeState` returns nothing.
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
            // Only this text of the error says that the window is locked. After any other error, sending may have begun.
            if (Date.now() >= end || !/not ready/.test(String(error))) {
                throw error;
            }
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

/**
 * Whether an add-on has cancelled the message: Milguard, because the message has changed, or another add-on.
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
 * @param {Decision | null} decision to report once the message has left
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
 * The question that a page asks, as a text: two pages with the same text ask the same.
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
        timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
    });
    try {
        return await /** @type {Promise<T>} */ (Promise.race([work, late]));
    } finally {
        clearTimeout(timer);
    }
}

/** The policy's rule for a message that could not be checked. */
export async function failurePolicy() {
    try {
        const { loadSettings } = await import("./settings.js");
        return (await loadSettings()).policy.onFailure;
    } catch {
        return "ask";
    }
}
