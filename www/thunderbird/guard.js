// @ts-check
// The event page's first script, which decides whether mail leaves. Thunderbird sends at once if no listener exists or
// if one throws, and locks the window for ever if one rejects or never answers. So this file registers every listener
// first thing and is too small to fail; what takes more is imported when it is needed, and each path ends in one answer
// within the deadline. Nobody is ever waited for: the guard cancels a message that needs a decision, and the dialog sends
// it again with an approval.
/* global approvals, dialogs -- of the scripts that the manifest names after this one */
"use strict";

(() => {
    /** @typedef {import("./draft.js").ComposeDetails} ComposeDetails */

    /** Far more than a check of 500 recipients takes after a cold start, far less than a person's patience. */
    const DEADLINE_MS = 5000;

    /** Reading the storage takes a few milliseconds; a read that takes longer than this never ends. */
    const STORAGE_MS = 1000;

    /** Thunderbird normally opens a window within a third of this time. */
    const OPENING_MS = 300;

    /** @type {Promise<typeof import("./background.js")> | undefined} */
    let loading;

    listen(() => messenger.compose.onBeforeSend, beforeSend);
    listen(() => messenger.compose.onAfterSend, afterSend);
    listen(() => messenger.runtime.onMessage, received);
    listen(() => messenger.tabs.onRemoved, (/** @type {number} */ id) => {
        approvals.forget(id);
        dialogs.composeClosed(id);
        void later((page) => page.tabRemoved(id));
    });
    listen(() => messenger.compose.onComposeStateChanged, (/** @type {{ id: number }} */ tab, /** @type {any} */ state) =>
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
    listen(() => messenger.runtime.onStartup, () => later(() => {}));
    listen(() => messenger.runtime.onInstalled, () => later(() => {}));
    // A message being written wakes this page most often, so the checker will be needed soon.
    void later((page) => page.warmUp());

    /**
     * @param {() => { addListener(listener: (...args: any[]) => any): void } | undefined} find
     * @param {(...args: any[]) => unknown} listener
     */
    function listen(find, listener) {
        try {
            find()?.addListener(listener);
        } catch {
            // Registering the listeners below matters more than reporting that this one is missing.
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
            // The next Send tries it again and tells the sender of a failure.
        }
    }

    /**
     * @param {{ id: number, windowId?: number }} tab
     * @param {ComposeDetails} details
     * @returns {Promise<{ cancel?: boolean }>}
     */
    async function beforeSend(tab, details) {
        try {
            const key = approvals.keyOf(details);
            if (approvals.spend(tab.id, key)) {
                return {};
            }
            const verdict = await within(DEADLINE_MS, judge(tab.id, details)).catch(() => null);
            const isStored = () => within(STORAGE_MS, approvals.spendStored(tab.id, key)).catch(() => false);
            if (verdict?.isFree || (await isStored())) {
                return {};
            }
            // The window opens first: after a cancelled send Thunderbird is busy, and the longer the text, the longer.
            await within(OPENING_MS, dialogs.open(tab, verdict?.page ?? null)).catch(() => {});
        } catch {
            // The message is not sent, and its window stays usable.
        }
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
     * Thunderbird calls this after a cancelled send too. Only here does it say whether the sender chose "now" or "later".
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
     * @param {any} message
     * @param {{ tab?: { id?: number, windowId?: number } }} sender
     * @returns {Promise<unknown> | undefined}
     */
    function received(message, sender) {
        if (message?.to !== "guard") {
            return undefined;
        }
        const { type, tabId, dialog } = message;
        switch (type) {
            case "focus":
                return dialogs.focused(tabId, dialog, message.isFocused, sender?.tab?.windowId ?? null);
            case "approve":
                dialogs.pressed(tabId, dialog);
                return approvals.give(tabId, message.key, message.decision ?? null);
            case "stands":
                return Promise.resolve(approvals.stands(tabId, message.key));
            case "mode":
                return approvals.modeOf(tabId);
            case "report":
                return later((page) => page.record(message.event));
            case "typed":
                return later((page) => page.typed(tabId, message.reason));
            case "closed":
                return closed(tabId, dialog, message.decision);
            case "ask":
                return dialogs.isCurrent(tabId, dialog)
                    ? background().then((page) => page.answerDialog(tabId, message.question))
                    : Promise.resolve({ isSuperseded: true });
            default:
                return undefined;
        }
    }

    /**
     * A dialog has closed. One that another dialog has replaced reports nothing.
     *
     * @param {number} tabId
     * @param {string} dialog
     * @param {import("../shared/events.js").Decision | null} decision null where the sender has answered
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
