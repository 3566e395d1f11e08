// @ts-check
// Decides when Thunderbird may install an update of the add-in. While Thunderbird ends the old version and starts the new
// one, it does not ask the add-in at Send, and mail leaves unchecked. So an update waits until nobody is writing a message.
// When Thunderbird starts the next time, it installs an update that still waits.
"use strict";

// guard.js uses it.
globalThis.updates = (() => {
    /** The pause after the last message window has closed. With a shorter one, a report about its message might be lost. */
    const CALM_MS = 3000;

    const STORED = "update";

    /** Whether an update waits. The storage holds this too, unless it is full. */
    let isWaiting = false;

    /** Thunderbird has downloaded a new version. */
    async function available() {
        isWaiting = true;
        await remember(true);
        await install();
    }

    /** A window has closed, perhaps the last one for which an update waited. */
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
            // Forgets the update first, so that the next start does not reload the add-in again.
            await remember(false);
            // Installs the update, and ends this page.
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
