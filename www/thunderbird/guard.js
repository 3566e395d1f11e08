// @ts-check
// The event page's first script, which decides whether mail leaves. Thunderbird sends at once if no listener exists or
// if one throws, and locks the window for ever if one rejects or never answers. So this file first registers every
// listener and is too small to fail; it imports larger modules when it needs them, and each path ends in one answer
// within the deadline. The guard never waits for the sender: it cancels a message that needs a decision, and the dialog
// sends the message again with an approval.
/* global approvals, dialogs, locks, updates -- of the scripts that the manifest names after this one */
"use strict";

(() => {
    /** @typedef {import("./draft.js").ComposeDetails} ComposeDetails */

    /** The longest time for a check: 500 recipients take far less, even after a cold start, and a sender still waits this long. */
    const DEADLINE_MS = 5000;

    /** Reading the storage takes a few milliseconds; a read that takes longer than this will probably never end. */
    const STORAGE_MS = 1000;

    /** How long the guard waits for the dialog to open. That normally takes half as long; a slower dialog opens after the answer. */
    const OPENING_MS = 600;

    /** Thunderbird reads a text of this many characters in some 10 ms. */
    const LONG_BODY = 1 << 15;

    /** @type {Promise<typeof import("./background.js")> | undefined} */
    let loading;

    listen(() => messenger.compose.onBeforeSend, beforeSend);
    listen(() => messenger.compose.onAfterSend, afterSend);
    listen(() => messenger.runtime.onMessage, received);
    listen(() => messenger.tabs.onRemoved, (/** @type {number} */ id) => {
        approvals.forget(id);
        dialogs.composeClosed(id);
        void later((page) => page.tabRemoved(id));
        updates.retry().catch(() => {});
    });
    listen(() => messenger.compose.onComposeStateChanged, (/** @type {{ id: number }} */ tab, /** @type {messenger.compose.ComposeState} */ state) =>
        later((page) => page.composeChanged(tab.id, state)),
    );
    listen(() => messenger.tabs.onCreated, (/** @type {{ id: number, type?: string }} */ tab) =>
        later((page) => page.tabCreated(tab)),
    );
    listen(() => messenger.windows.onCreated, (/** @type {messenger.windows.Window} */ made) => dialogs.windowCreated(made));
    listen(() => messenger.windows.onRemoved, (/** @type {number} */ id) => dialogs.windowClosed(id));
    listen(() => messenger.windows.onFocusChanged, (/** @type {number} */ id) =>
        later((page) => page.focusChanged(id)),
    );
    listen(() => messenger.alarms.onAlarm, (/** @type {{ name: string }} */ alarm) =>
        later((page) => page.alarm(alarm.name)),
    );
    listen(() => messenger.runtime.onUpdateAvailable, () => updates.available().catch(() => {}));
    listen(() => messenger.runtime.onStartup, () => later(() => {}));
    listen(() => messenger.runtime.onInstalled, () => later(() => {}));
    // Usually a message that somebody writes wakes this page, so the guard will need the checker soon.
    void later((page) => page.warmUp());

    /**
     * Adds a listener. The listeners' types say that a tab always has the members that they use. That is true, although
     * Thunderbird's own types say that these may be missing.
     *
     * @param {() => { addListener(listener: never): void } | undefined} find
     * @param {(...given: never[]) => unknown} listener
     */
    function listen(find, listener) {
        try {
            find()?.addListener(/** @type {never} */ (listener));
        } catch {
            // If Thunderbird lacks this event, the following listeners must be registered nevertheless.
        }
    }

    function background() {
        loading ??= import("./background.js").catch((error) => {
            loading = undefined;
            throw error;
        });
        return loading;
    }

    /** @param {(page: typeof import("./background.js")) => unknown} work that no caller waits for */
    async function later(work) {
        try {
            await work(await background());
        } catch {
            // The next Send loads the modules again, and its dialog reports a failure to the sender.
        }
    }

    /**
     * @param {{ id: number, windowId?: number }} tab
     * @param {ComposeDetails} details
     * @returns {Promise<{ cancel?: boolean }>}
     */
    async function beforeSend(tab, details) {
        try {
            locks.begin(tab.id);
            return await decide(tab, details);
        } catch {
            // The message is not sent, and its window stays usable.
            return { cancel: true };
        } finally {
            try {
                locks.end(tab.id);
            } catch {
                // If `locks.begin` failed, nothing has to end.
            }
        }
    }

    /**
     * @param {{ id: number, windowId?: number }} tab
     * @param {ComposeDetails} details
     */
    async function decide(tab, details) {
        const key = approvals.keyOf(details);
        if (approvals.spend(tab.id, key)) {
            return {};
        }
        const verdict = await within(DEADLINE_MS, judge(tab.id, details)).catch(() => null);
        if (verdict?.isFree) {
            return {};
        }
        const bounds = dialogs.boundsOf(tab.windowId);
        if (await within(STORAGE_MS, approvals.spendStored(tab.id, key)).catch(() => false)) {
            return {};
        }
        // The dialog opens before the answer: Thunderbird reads the whole text again after a cancelled send, and draws nothing
        // meanwhile.
        const isLong = (details.body ?? "").length > LONG_BODY;
        await within(OPENING_MS, dialogs.open(tab.id, verdict?.page ?? null, bounds, isLong)).catch(() => {});
        approvals.refuse(tab.id);
        return { cancel: true };
    }

    /**
     * @param {number} tabId
     * @param {ComposeDetails} details
     */
    async function judge(tabId, details) {
        return (await background()).judge(tabId, details);
    }

    /**
     * Thunderbird calls this after a cancelled send too. No other event says whether the sender chose to send "now" or "later".
     *
     * @param {{ id: number }} tab
     * @param {{ mode?: string, error?: string, headerMessageId?: string }} attempt
     */
    async function afterSend(tab, attempt) {
        const decision = await approvals.sent(tab.id, attempt);
        void later(async (page) => {
            page.sendEnded(tab.id);
            if (decision) {
                await page.record(decision);
            }
        });
    }

    /**
     * @param {ToGuard | ToDialog | undefined} message
     * @param {{ tab?: { id?: number, windowId?: number } }} sender
     * @returns {Promise<unknown> | undefined}
     */
    function received(message, sender) {
        if (message?.to !== "guard") {
            return undefined;
        }
        switch (message.type) {
            case "focus":
                return dialogs.focused(message.tabId, message.dialog, message.isFocused, sender?.tab?.windowId ?? null);
            case "approve":
                dialogs.pressed(message.tabId, message.dialog);
                return approvals.give(message.tabId, message.key, message.decision ?? null);
            case "not-sending":
                return approvals.stopped(message.tabId);
            case "stands":
                return Promise.resolve(approvals.stands(message.tabId, message.key));
            case "mode":
                return approvals.modeOf(message.tabId);
            case "report":
                return later((page) => page.record(message.event));
            case "typed":
                return later((page) => page.typed(message.tabId, message.reason));
            case "closed":
                return closed(message.tabId, message.dialog, message.decision);
            case "ask":
                return dialogs.isCurrent(message.tabId, message.dialog)
                    ? background().then((page) => page.answerDialog(message.tabId, message.question))
                    : Promise.resolve({ isSuperseded: true });
            default:
                return undefined;
        }
    }

    /**
     * A dialog has closed. If another dialog has replaced it, this reports nothing.
     *
     * @param {number} tabId
     * @param {string} dialog
     * @param {import("../shared/events.js").Decision | null} decision null if the sender has answered
     */
    async function closed(tabId, dialog, decision) {
        if (dialogs.closed(tabId, dialog)) {
            await later(async (page) => {
                page.dialogClosed(tabId);
                if (decision) {
                    await page.record(decision);
                }
            });
        }
    }

    /**
     * @template T
     * @param {number} ms
     * @param {Promise<T>} work
     * @returns {Promise<T>}
     */
    async function within(ms, work) {
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms);
        });
        try {
            return await /** @type {Promise<T>} */ (Promise.race([work, late]));
        } finally {
            clearTimeout(timer);
        }
    }
})();
