// @ts-check
// What the dialog does not leave to chance: an answer that is late has failed, a message is sent with the sender's approval and
// as soon as Thunderbird has unlocked its window.

/** @typedef {import("../shared/events.js").Decision} Decision */

/** For so long Thunderbird may still be busy with the Send that was stopped: with a long text, on a slow machine. */
const READY_MS = 10_000;

/** Between two attempts. */
const PAUSE_MS = 40;

const APPROVAL_MS = 60_000;

/**
 * Sends. A window that is locked refuses at once, and is unlocked only once Thunderbird has heard the guard's answer. No
 * question beforehand says whether it is: `getComposeState` answers with nothing up to version 153.
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
            // All that can be known of it. Nothing has begun then; whatever else fails is not tried again.
            if (Date.now() >= end || !/not ready/.test(String(error))) {
                throw error;
            }
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
}

/**
 * Whether an add-on has cancelled the message: this one, because something has changed, or another.
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
 * @param {Decision | null} decision what is reported once the message has left
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

/** What policy says of a message that could not be checked. */
export async function failurePolicy() {
    try {
        const { loadSettings } = await import("./settings.js");
        return (await loadSettings()).policy.onFailure;
    } catch {
        return "ask";
    }
}
