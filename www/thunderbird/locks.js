// @ts-check
// Knows the messages whose Send waits for the guard's answer. If the add-in's process dies before the guard has answered,
// Thunderbird keeps the message's window locked: the sender can neither send nor save nor close it. Thunderbird unlocks it
// when it next saves the draft by itself. The event page finds such messages here when it starts again.
"use strict";

// guard.js and dialogs.js use it.
globalThis.locks = (() => {
    const STORED = "answering";

    const answering = /** @type {Set<number>} */ (new Set());

    /** The tabs of messages that an earlier event page left without an answer. */
    const left = restore().catch(() => /** @type {number[]} */ ([]));

    /** @param {number} tabId of a message about which Thunderbird has asked */
    function begin(tabId) {
        answering.add(tabId);
        void save();
    }

    /** @param {number} tabId of a message that the guard answers now */
    function end(tabId) {
        answering.delete(tabId);
        void save();
    }

    async function restore() {
        const stored = (await messenger.storage.session.get(STORED))[STORED];
        if (!Array.isArray(stored) || stored.length === 0) {
            return [];
        }
        void save();
        return /** @type {number[]} */ (stored);
    }

    /** Never rejects. If the storage is full, a later event page does not learn of a window that stays locked. */
    async function save() {
        try {
            await messenger.storage.session.set({ [STORED]: [...answering] });
        } catch {
            // The storage is full.
        }
    }

    return Object.freeze({ left, begin, end });
})();
