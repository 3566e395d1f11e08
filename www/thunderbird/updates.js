// @ts-check
// When a new version of the add-in may take the place of this one. While Thunderbird ends the old version and starts the new
// one, it asks nobody at Send, and mail leaves unchecked. So an update waits until no message is being written. Thunderbird
// installs an update that still waits when it starts the next time.
"use strict";

// guard.js uses it.
globalThis.updates = (() => {
    /** The pause after the last message has left, in ms: with a shorter one, its report might not be stored. */
    const CALM_MS = 3000;

    const STORED = "update";

    /** Whether an update waits: the copy in memory, in case the storage is full. */
    let isWaiting = false;

    /** Thunderbird has a new version ready. */
    async function available() {
        isWaiting = true;
        await remember(true);
        await install();
    }

    /** A window has closed, perhaps the last one that held an update up. */
    async function retry() {
        if (!isWaiting && (await messenger.storage.session.get(STORED))[STORED]) {
            isWaiting = true;
        }
        if (isWaiting) {
            await install();
        }
    }

    async function install() {
        await new Promise((resolve) => setTimeout(resolve, CALM_MS));
        const written = await messenger.tabs.query({ type: "messageCompose" });
        if (isWaiting && written.length === 0) {
            isWaiting = false;
            // Where no update is ready, the next call would start this version anew for nothing.
            await remember(false);
            // Installs what is ready; this page ends with it.
            messenger.runtime.reload();
        }
    }

    /** @param {boolean} isStored */
    async function remember(isStored) {
        try {
            const { session } = messenger.storage;
            await (isStored ? session.set({ [STORED]: true }) : session.remove(STORED));
        } catch {
            // The storage is full or missing: the copy in memory has to suffice.
        }
    }

    return Object.freeze({ available, retry });
})();
