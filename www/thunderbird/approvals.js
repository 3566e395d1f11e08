// @ts-check
// What the sender has decided. An approval is for one tab and exactly its recipients, lapses after a minute and is spent
// once; what is to be reported of it is reported when Thunderbird says that the message has left. Everything is in memory
// and in `storage.session`: the first survives a full storage, the second a suspension of the event page.
"use strict";

// guard.js uses it.
globalThis.approvals = (() => {
    /** @typedef {import("../shared/events.js").Decision} Decision */
    /** @typedef {{ key: string, until: number, decision: Decision | null }} Approval */

    /** From the press of the button to Thunderbird's question, with time for its own prompts. */
    const APPROVAL_MS = 60_000;

    const given = /** @type {Map<number, Approval>} */ (new Map());
    /** By tab, "sendNow" or "sendLater": how the message was last meant to leave. */
    const modes = /** @type {Map<number, string>} */ (new Map());
    /** By tab, what is reported once the message has left. */
    const leaving = /** @type {Map<number, Decision>} */ (new Map());

    /** @param {import("./draft.js").ComposeDetails} details */
    function keyOf({ from, to, cc, bcc, replyTo }) {
        return JSON.stringify([from, to, cc, bcc, replyTo].map((field) => field ?? []));
    }

    /**
     * @param {number} tabId
     * @param {string} key
     * @param {Decision | null} decision
     */
    async function give(tabId, key, decision) {
        const approval = { key, until: Date.now() + APPROVAL_MS, decision };
        given.set(tabId, approval);
        await store({ [`approval-${tabId}`]: approval });
    }

    /**
     * @param {number} tabId
     * @param {string} key
     */
    function spend(tabId, key) {
        const approval = given.get(tabId);
        if (!approval) {
            return false;
        }
        given.delete(tabId);
        void drop([`approval-${tabId}`]);
        return isGood(tabId, key, approval);
    }

    /**
     * Spends the one that was given before the event page was suspended, or by a dialog that could not reach it.
     *
     * @param {number} tabId
     * @param {string} key
     */
    async function spendStored(tabId, key) {
        const approval = /** @type {Approval | undefined} */ (await stored(`approval-${tabId}`));
        if (!approval) {
            return false;
        }
        await messenger.storage.session.remove(`approval-${tabId}`);
        return isGood(tabId, key, approval);
    }

    /**
     * @param {number} tabId
     * @param {string} key
     * @param {Approval} approval
     */
    function isGood(tabId, key, { key: approved, until, decision }) {
        if (approved !== key || Date.now() >= until) {
            return false;
        }
        if (decision) {
            leaving.set(tabId, decision);
            void store({ [`leaving-${tabId}`]: decision });
        }
        return true;
    }

    /**
     * @param {number} tabId
     * @param {{ mode?: string, error?: string, headerMessageId?: string }} attempt as Thunderbird says how it has ended
     * @returns {Promise<Decision | null>} what is to be reported now
     */
    async function sent(tabId, { mode, error, headerMessageId }) {
        // Where the server refuses the message, Thunderbird names no error, but no message either.
        const hasLeft = !error && (mode !== "sendNow" || Boolean(headerMessageId));
        if (!hasLeft && mode) {
            modes.set(tabId, mode);
            void store({ [`mode-${tabId}`]: mode });
        }
        const name = `leaving-${tabId}`;
        const decision = leaving.get(tabId) ?? (await stored(name).catch(() => null)) ?? null;
        leaving.delete(tabId);
        if (decision) {
            void drop([name]);
        }
        return hasLeft ? /** @type {Decision | null} */ (decision) : null;
    }

    /** @param {number} tabId */
    async function modeOf(tabId) {
        return modes.get(tabId) ?? (await stored(`mode-${tabId}`).catch(() => null)) ?? null;
    }

    /** @param {number} tabId of a window that is closed; what is leaving is told later */
    function forget(tabId) {
        given.delete(tabId);
        modes.delete(tabId);
        void drop([`approval-${tabId}`, `mode-${tabId}`]);
    }

    /** @param {string} name */
    async function stored(name) {
        return (await messenger.storage.session.get(name))[name];
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

    return Object.freeze({ keyOf, give, spend, spendStored, sent, modeOf, forget });
})();
