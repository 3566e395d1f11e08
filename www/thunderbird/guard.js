// @ts-check
// The event page's first script, which decides whether mail leaves. Thunderbird sends at once if no listener exists or
// if one throws, and locks the window for ever if one rejects or never answers. So this file registers every listener
// first thing and is too small to fail; what takes more is imported when it is needed, and each path ends in one answer
// within the deadline. Nobody is ever waited for: the guard cancels a message that needs a decision, and the dialog sends
// it again with an approval.
/* global approvals, dialogs, locks, updates -- of the scripts that the manifest names after this one */
"use strict";

(() => {
    /** @typedef {import("./draft.js").ComposeDetails} ComposeDetails */

    /** Far more than a check of 500 recipients takes after a cold start, far less than a person's patience. */
    const DEADLINE_MS = 5000;

    /** Reading the storage takes a few milliseconds; a read that takes longer than this never ends. */
    const STORAGE_MS = 1000;

    /** The dialog can normally be read within half of this time; on a slower machine the sender sees it a little later. */
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
    // A message being written wakes this page most often, so the checker will be needed soon.
    void later((page) => page.warmUp());

    /**
     * Adds a listener, whose parameters name only the members of a tab that it uses. Thunderbird always gives them, but its types
     * say that they may be missing.
     *
     * @param {() => { addListener(listener: never): void } | undefined} find
     * @param {(...given: never[]) => unknown} listener
     */
    function listen(find, listener) {
        try {
            find()?.addListener(/** @type {never} */ (listener));
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
            locks.begin(tab.id);
            return await decide(tab, details);
        } catch {
            // The message is not sent, and its window stays usable.
            return { cancel: true };
        } finally {
            try {
                locks.end(tab.id);
            } catch {
                // If `locks` did not begin, it has nothing to end.
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
        // The dialog first: Thunderbird reads the whole text again after a cancelled send, and draws nothing meanwhile.
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
