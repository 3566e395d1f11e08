// @ts-check
// The event page, which decides whether mail leaves. Thunderbird sends at once if no listener is there or if
// one throws, and locks the window for ever if one rejects or never answers. So every listener is
// registered here, first thing, by a file too small to fail; what takes more is imported when it is needed,
// and each path ends in one answer within the deadline. Nobody is ever waited for: a message that needs a
// decision is cancelled, and the dialog sends it again with an approval.
"use strict";

(() => {
    /** @typedef {import("./draft.js").ComposeDetails} ComposeDetails */
    /** @typedef {{ key: string, until: number }} Approval */

    /** Far more than a check of 500 recipients takes after a cold start, far less than a person's patience. */
    const DEADLINE_MS = 5000;

    /** From the press of "Send anyway" to Thunderbird's question, with time for its own prompts. */
    const APPROVAL_MS = 60_000;

    /** Session storage is what remains when the page is suspended; these are what remains without it. */
    const approvals = /** @type {Map<number, Approval>} */ (new Map());
    const modes = /** @type {Map<number, string>} */ (new Map());

    /** A window is there in a tenth of it. */
    const OPENING_MS = 2000;

    /** The dialog that is being opened for a tab, so that there are never two. */
    const opening = /** @type {Map<number, Promise<void>>} */ (new Map());

    /** @type {Promise<typeof import("./background.js")> | undefined} */
    let loading;

    listen(() => messenger.compose.onBeforeSend, beforeSend);
    listen(() => messenger.compose.onAfterSend, afterSend);
    listen(() => messenger.runtime.onMessage, received);
    listen(() => messenger.tabs.onRemoved, forget);
    listen(() => messenger.compose.onComposeStateChanged, (/** @type {{ id: number }} */ tab) =>
        later((page) => page.composeChanged(tab.id)),
    );
    listen(() => messenger.tabs.onCreated, (/** @type {{ id: number, type?: string }} */ tab) =>
        later((page) => page.tabCreated(tab)),
    );
    // One that is closed while it opens is never answered for; nothing may wait for it then.
    listen(() => messenger.windows.onRemoved, () => opening.clear());
    listen(() => messenger.windows.onFocusChanged, (/** @type {number} */ id) =>
        later((page) => page.focusChanged(id)),
    );
    listen(() => messenger.alarms.onAlarm, (/** @type {{ name: string }} */ alarm) =>
        later((page) => page.alarm(alarm.name)),
    );
    listen(() => messenger.runtime.onStartup, () => later(() => {}));
    listen(() => messenger.runtime.onInstalled, () => later(() => {}));
    // What wakes the page is most often a message being written, so the checker will be wanted.
    later((page) => page.warmUp());

    /**
     * @param {() => { addListener(listener: (...args: any[]) => unknown): void } | undefined} find
     * @param {(...args: any[]) => unknown} listener
     */
    function listen(find, listener) {
        try {
            find()?.addListener(listener);
        } catch {
            // The listeners that come after are worth more than knowing that this one is missing.
        }
    }

    function background() {
        loading ??= import("./background.js").catch((error) => {
            loading = undefined;
            throw error;
        });
        return loading;
    }

    /** @param {(page: typeof import("./background.js")) => unknown} work that nobody waits for */
    async function later(work) {
        try {
            await work(await background());
        } catch {
            // At Send it is tried again, and its failure told.
        }
    }

    /**
     * @param {{ id: number }} tab
     * @param {ComposeDetails} details
     * @returns {Promise<{ cancel?: boolean }>}
     */
    async function beforeSend(tab, details) {
        try {
            const key = keyOf(details);
            if (spend(tab.id, key)) {
                return {};
            }
            const verdict = await within(DEADLINE_MS, judge(tab.id, details)).catch(() => "failed");
            if (verdict === "send" || (await within(1000, spendStored(tab.id, key)).catch(() => false))) {
                return {};
            }
            void openDialog(tab.id);
        } catch {
            // Not sent, and the window stays usable.
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
     * Comes after a cancelled send too, and alone says whether it was "now" or "later".
     *
     * @param {{ id: number }} tab
     * @param {{ mode?: string, error?: string }} sent
     */
    async function afterSend(tab, sent) {
        if (sent?.mode) {
            modes.set(tab.id, sent.mode);
            await store({ [`mode-${tab.id}`]: sent.mode });
        }
    }

    /**
     * @param {any} message
     * @returns {Promise<unknown> | undefined}
     */
    function received(message) {
        switch (message?.to === "guard" && message.type) {
            case "approve":
                return approve(message.tabId, message.key);
            case "mode":
                return modeOf(message.tabId);
            case "report":
                return later((page) => page.record(message.event));
            case "edited":
                return later((page) => page.composeChanged(message.tabId));
            default:
                return undefined;
        }
    }

    // ---- approvals: for one tab and exactly those recipients, spent once --------------------------------

    /** @param {ComposeDetails} details */
    function keyOf({ from, to, cc, bcc, replyTo }) {
        return JSON.stringify([from, to, cc, bcc, replyTo].map((field) => field ?? []));
    }

    /**
     * @param {number} tabId
     * @param {string} key
     */
    async function approve(tabId, key) {
        const approval = { key, until: Date.now() + APPROVAL_MS };
        approvals.set(tabId, approval);
        await store({ [`approval-${tabId}`]: approval });
    }

    /**
     * @param {number} tabId
     * @param {string} key
     */
    function spend(tabId, key) {
        const approval = approvals.get(tabId);
        if (!approval) {
            return false;
        }
        approvals.delete(tabId);
        void drop([`approval-${tabId}`]);
        return approval.key === key && Date.now() < approval.until;
    }

    /**
     * The one that was given before this page was suspended, or by a dialog that could not reach it.
     *
     * @param {number} tabId
     * @param {string} key
     */
    async function spendStored(tabId, key) {
        const name = `approval-${tabId}`;
        /** @type {Approval | undefined} */
        const approval = (await messenger.storage.session.get(name))[name];
        if (!approval) {
            return false;
        }
        await messenger.storage.session.remove(name);
        return approval.key === key && Date.now() < approval.until;
    }

    /** @param {number} tabId */
    async function modeOf(tabId) {
        const name = `mode-${tabId}`;
        try {
            return modes.get(tabId) ?? (await messenger.storage.session.get(name))[name] ?? null;
        } catch {
            return null;
        }
    }

    /** @param {number} tabId */
    async function forget(tabId) {
        approvals.delete(tabId);
        modes.delete(tabId);
        await drop([`approval-${tabId}`, `mode-${tabId}`]);
    }

    /** @param {Record<string, unknown>} values */
    async function store(values) {
        try {
            await messenger.storage.session.set(values);
        } catch {
            // Full or missing: the copy in memory has to do.
        }
    }

    /** @param {string[]} names */
    async function drop(names) {
        try {
            await messenger.storage.session.remove(names);
        } catch {
            // As above.
        }
    }

    // ---- the dialog -------------------------------------------------------------------------------------

    /** @param {number} tabId */
    function openDialog(tabId) {
        const before = opening.get(tabId) ?? Promise.resolve();
        const opened = within(OPENING_MS, before)
            .catch(() => {})
            .then(() => showDialog(tabId));
        opening.set(tabId, opened);
        return opened.finally(() => {
            if (opening.get(tabId) === opened) {
                opening.delete(tabId);
            }
        });
    }

    /**
     * Whatever fails, the sender is shown why nothing was sent.
     *
     * @param {number} tabId
     */
    async function showDialog(tabId) {
        const url = messenger.runtime.getURL(`thunderbird/stop.html?tab=${tabId}`);
        const ways = [
            () => showAgain(url, tabId),
            () =>
                messenger.windows.create({
                    type: "popup",
                    url,
                    width: 680,
                    height: 620,
                    allowScriptsToClose: true,
                }),
            () => messenger.tabs.create({ url }),
            () => showInButton(tabId),
        ];
        for (const way of ways) {
            try {
                if (await way()) {
                    return;
                }
            } catch {
                // The next one.
            }
        }
    }

    /**
     * Another Send while the dialog is open: that one comes to the front and looks again.
     *
     * @param {string} url
     * @param {number} tabId
     */
    async function showAgain(url, tabId) {
        const [context] = await messenger.runtime.getContexts({ documentUrls: [url] });
        if (!context) {
            return false;
        }
        await messenger.windows.update(context.windowId, { focused: true });
        await messenger.runtime.sendMessage({ to: "dialog", type: "renew", tabId });
        return true;
    }

    /** @param {number} tabId */
    async function showInButton(tabId) {
        await messenger.composeAction.setBadgeText({ tabId, text: "!" });
        const { windowId } = await messenger.tabs.get(tabId);
        await messenger.composeAction.openPopup({ windowId });
        return true;
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
