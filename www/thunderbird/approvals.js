// @ts-check
// The sender's approvals. An approval is for one tab and exactly its recipients, and lets one Send pass; the decision in it is
// reported when Thunderbird says that the message has left. An approval lapses after a minute, but not while its message is
// still being sent: another add-on may ask the sender first, and its question may stay open for long. If another add-on stops
// the message, the approval is valid again for the rest of its minute. Approvals are kept in memory, which works when the
// storage is full, and in `storage.session`, which survives a suspension of the event page.
"use strict";

// guard.js uses it.
globalThis.approvals = (() => {
    /** @typedef {import("../shared/events.js").Decision} Decision */
    /** `until` is the end of the approval; `lapses` is its end once the message is no longer being sent. Both are in ms since 1970. */
    /** @typedef {{ key: string, until: number, lapses?: number, decision: Decision | null }} Approval */

    /** How long an approval is valid after the press of the button if this Send fails and the sender has to press Send again. */
    const APPROVAL_MS = 60_000;

    /** How long an approval is valid while the message is being sent. No sender leaves another add-on's question open for longer. */
    const SENDING_MS = 3_600_000;

    const given = /** @type {Map<number, Approval>} */ (new Map());
    /** By tab, how the sender last wanted to send the message: "sendNow" or "sendLater". */
    const modes = /** @type {Map<number, string>} */ (new Map());
    /** By tab, the approval with which the message is leaving. */
    const leaving = /** @type {Map<number, Approval>} */ (new Map());

    /** By tab, how often Thunderbird has asked the guard since the event page started. */
    const asked = /** @type {Map<number, number>} */ (new Map());

    /** The tabs whose message the guard has just cancelled. Thunderbird may report that only after the sender's approval. */
    const refused = /** @type {Set<number>} */ (new Set());

    /** Thunderbird's error if an add-on has cancelled the message. */
    const CANCELLED = /aborted by an onBeforeSend event/;

    /** @param {import("./draft.js").ComposeDetails} details */
    function keyOf({ from, to, cc, bcc, replyTo, newsgroups }) {
        return JSON.stringify([from, to, cc, bcc, replyTo, newsgroups].map((field) => field ?? []));
    }

    /**
     * @param {number} tabId
     * @param {string} key
     * @param {Decision | null} decision
     */
    async function give(tabId, key, decision) {
        const now = Date.now();
        await keep(tabId, { key, until: now + SENDING_MS, lapses: now + APPROVAL_MS, decision });
    }

    /**
     * @param {number} tabId
     * @param {Approval} approval
     */
    async function keep(tabId, approval) {
        given.set(tabId, approval);
        await store({ [`approval-${tabId}`]: approval });
    }

    /** @param {number} tabId of a message that the guard cancels now */
    function refuse(tabId) {
        refused.add(tabId);
    }

    /**
     * Limits a message's approval to its minute, because the message is no longer being sent.
     *
     * @param {number} tabId
     */
    async function stopped(tabId) {
        const approval = given.get(tabId) ?? /** @type {Approval | undefined} */ (await stored(`approval-${tabId}`).catch(() => undefined));
        if (approval) {
            await keep(tabId, lapsing(approval));
        }
    }

    /**
     * @param {Approval} approval
     * @returns {Approval}
     */
    function lapsing(approval) {
        return { ...approval, until: Math.min(approval.until, approval.lapses ?? approval.until) };
    }

    /**
     * @param {number} tabId
     * @param {string} key
     */
    function spend(tabId, key) {
        asked.set(tabId, (asked.get(tabId) ?? 0) + 1);
        // This question begins another attempt, so the earlier attempt is over.
        leaving.delete(tabId);
        const approval = given.get(tabId);
        if (!approval) {
            return false;
        }
        given.delete(tabId);
        void drop([`approval-${tabId}`]);
        return isGood(tabId, key, approval);
    }

    /**
     * Spends an approval that the event page stored before it was suspended, or that a dialog stored because it could not reach
     * the page.
     *
     * @param {number} tabId
     * @param {string} key
     */
    async function spendStored(tabId, key) {
        const approval = /** @type {Approval | undefined} */ (await stored(`approval-${tabId}`));
        if (!approval) {
            return asked.get(tabId) === 1 && isLeaving(key, /** @type {Approval | undefined} */ (await stored(`leaving-${tabId}`)));
        }
        await messenger.storage.session.remove(`approval-${tabId}`);
        return isGood(tabId, key, approval);
    }

    /**
     * Whether the approval that was spent last covers this question too. Thunderbird asks twice about one attempt if another
     * add-on holds the message until Thunderbird has suspended the event page. If the page was asked before, it was not
     * suspended since, and the question is about another attempt.
     *
     * @param {string} key
     * @param {Approval | undefined} approval
     */
    function isLeaving(key, approval) {
        return approval !== undefined && approval.key === key && Date.now() < approval.until;
    }

    /**
     * @param {number} tabId
     * @param {string} key
     * @param {Approval} approval
     */
    function isGood(tabId, key, approval) {
        if (approval.key !== key || Date.now() >= approval.until) {
            return false;
        }
        leaving.set(tabId, approval);
        void store({ [`leaving-${tabId}`]: approval });
        return true;
    }

    /**
     * Whether an approval for these recipients exists. If so, not Milguard but another add-on has cancelled the message.
     *
     * @param {number} tabId
     * @param {string} key
     */
    function stands(tabId, key) {
        return [given.get(tabId), leaving.get(tabId)].some((approval) => approval?.key === key);
    }

    /**
     * @param {number} tabId
     * @param {{ mode?: string, error?: string, headerMessageId?: string }} attempt Thunderbird's report of how it ended
     * @returns {Promise<Decision | null>} the decision to report now
     */
    async function sent(tabId, { mode, error, headerMessageId }) {
        // If the mail server refuses the message, Thunderbird reports no error, but no message id either.
        const hasLeft = !error && (mode !== "sendNow" || Boolean(headerMessageId));
        if (!hasLeft && mode) {
            modes.set(tabId, mode);
            void store({ [`mode-${tabId}`]: mode });
        }
        const name = `leaving-${tabId}`;
        const known = leaving.get(tabId);
        leaving.delete(tabId);
        const approval = /** @type {Approval | undefined} */ (known ?? (await stored(name).catch(() => undefined)));
        if (!approval) {
            if (!refused.delete(tabId)) {
                await stopped(tabId);
            }
            return null;
        }
        void drop([name]);
        if (error && CANCELLED.test(error)) {
            void keep(tabId, lapsing(approval));
        }
        return hasLeft ? approval.decision : null;
    }

    /** @param {number} tabId */
    async function modeOf(tabId) {
        return modes.get(tabId) ?? (await stored(`mode-${tabId}`).catch(() => null)) ?? null;
    }

    /** @param {number} tabId of a window that has closed. `leaving` keeps its entry: Thunderbird reports a sent message later */
    function forget(tabId) {
        given.delete(tabId);
        refused.delete(tabId);
        asked.delete(tabId);
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
            // The storage is full or missing: the copy in memory has to suffice.
        }
    }

    /** @param {string[]} names */
    async function drop(names) {
        try {
            await messenger.storage.session.remove(names);
        } catch {
            // The storage is full or missing.
        }
    }

    return Object.freeze({ keyOf, give, refuse, stopped, spend, spendStored, stands, sent, modeOf, forget });
})();
