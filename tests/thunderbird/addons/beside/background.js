// @ts-check
// Another add-on that acts at Send in one of three ways: it holds Send until its own window is answered; it cancels, and
// sends again once that is answered; or it cancels, keeps the message as a draft and sends it later.
"use strict";

(() => {
    const { messenger, WAY } = /** @type {any} */ (globalThis);

    /** The tabs whose next Send comes from this add-on. @type {Set<number>} */
    const own = new Set();
    /**
     * By tab, the callback that waits for the window's answer.
     *
     * @type {Map<number, (isSent: boolean)
     * => void>}
     */
    const waiting = new Map();
    /** The messages to send later. @type {object[]} */
    const kept = [];

    messenger.compose.onBeforeSend.addListener(async (/** @type {{ id: number }} */ { id }) => {
        if (own.delete(id)) {
            return {};
        }
        switch (WAY) {
            case "holds":
                return { cancel: !(await asked(id)) };
            case "cancels":
                void asked(id).then((isSent) => (isSent ? sendOwn(id) : undefined));
                return { cancel: true };
            default:
                void keep(id);
                return { cancel: true };
        }
    });

    messenger.runtime.onMessage.addListener((/** @type {{ tabId: number, isSent: boolean }} */ { tabId, isSent }) => {
        waiting.get(tabId)?.(isSent);
        waiting.delete(tabId);
    });

    /**
     * @param {number} tabId
     * @returns {Promise<boolean>}
     */
    async function asked(tabId) {
        // The code does not wait until Thunderbird reports the window as open: if the window is answered and closed
        // before it gets the focus, Thunderbird never reports it, and the answer would be lost.
        void messenger.windows.create({ type: "popup", url: `confirm.html?tab=${tabId}`, width: 360, height: 200 });
        return new Promise((resolve) => waiting.set(tabId, resolve));
    }

    /** @param {number} tabId */
    async function sendOwn(tabId) {
        own.add(tabId);
        // Another add-on that cancels it has asked the sender.
        await whenUnlocked(() => messenger.compose.sendMessage(tabId, { mode: "sendNow" })).catch(() => {});
    }

    /** @param {number} tabId */
    async function keep(tabId) {
        await whenUnlocked(() => messenger.compose.saveMessage(tabId, { mode: "draft" }));
        const { to, subject, plainTextBody } = await messenger.compose.getComposeDetails(tabId);
        kept.push({ to, subject, plainTextBody, isPlainText: true });
        await messenger.tabs.remove(tabId);
    }

    /**
     * Repeats the work while Thunderbird refuses it because the window is still locked.
     *
     * @param {() => Promise<any>} work
     */
    async function whenUnlocked(work) {
        for (;;) {
            try {
                return await work();
            } catch (error) {
                if (!/not ready/.test(String(error))) {
                    throw error;
                }
            }
            await new Promise((resolve) => setTimeout(resolve, 40));
        }
    }

    Object.assign(globalThis, {
        countKept: () => kept.length,

        async sendKept() {
            for (const message of kept.splice(0)) {
                const { id } = await messenger.compose.beginNew(message);
                void sendOwn(id);
            }
        },
    });
})();
