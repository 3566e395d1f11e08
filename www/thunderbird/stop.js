// @ts-check
// The dialog that a stopped message opens: what must work whatever else fails. Going back, sending again, and
// asking the sender where the check cannot be made.

import { keyOf } from "./key.js";
import { element, showReady, text, translatePage } from "./page.js";

/** Longer than a check takes on a slow machine; then it counts as failed. */
const DEADLINE_MS = 8000;

/** After that, what Thunderbird itself asks (an attachment forgotten?) must not stand behind this window. */
const SENDING_MS = 1500;

/** @typedef {import("./dialog.js").Dialog} Dialog */

const tabId = Number(new URLSearchParams(location.search).get("tab"));

/** @type {Dialog | undefined} */
let dialog;
let isDone = false;

/** Whether the sender has pressed Send just now, and not "Check again" since. */
const isFresh = performance
    .getEntriesByType("navigation")
    .every((entry) => /** @type {PerformanceNavigationTiming} */ (entry).type === "navigate");

/** What the dialog may ask of the window that it stands in. */
export const host = Object.freeze({ tabId, isFresh, send, close });

translatePage();
element("back").addEventListener("click", leave);
element("retry").addEventListener("click", () => location.reload());
document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
        leave();
    }
});
// The X of the window.
addEventListener("pagehide", () => dialog?.left());
messenger.tabs.onRemoved.addListener((/** @type {number} */ removed) => {
    if (removed === tabId) {
        close();
    }
});
messenger.runtime.onMessage.addListener((/** @type {any} */ message) => {
    if (message?.to === "dialog" && message.tabId === tabId) {
        void start();
    }
});
await start();

async function start() {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    try {
        const late = new Promise((_, reject) => {
            timer = setTimeout(() => reject(new Error("the check takes too long")), DEADLINE_MS);
        });
        await Promise.race([look(), late]);
    } catch (error) {
        await askUnchecked(error);
    } finally {
        clearTimeout(timer);
    }
}

async function look() {
    if (!dialog) {
        const { Dialog } = await import("./dialog.js");
        dialog = new Dialog(host);
    }
    await dialog.look();
}

/** Back to the message, as it is. */
function leave() {
    dialog?.left();
    close();
}

function close() {
    isDone = true;
    window.close();
}

/**
 * Sends the message again, now or later as it was meant.
 *
 * @param {string | null} key of the recipients that the sender has approved
 * @returns {Promise<boolean>} whether Thunderbird took it
 */
async function send(key) {
    if (key !== null) {
        await approve(key);
    }
    const mode = await ask({ type: "mode" }).catch(() => null);
    const sent = messenger.compose.sendMessage(tabId, { mode: mode ?? "default" });
    const slow = setTimeout(close, SENDING_MS);
    try {
        await sent;
    } catch {
        return isDone;
    } finally {
        clearTimeout(slow);
    }
    close();
    return true;
}

/** @param {string} key */
async function approve(key) {
    try {
        await ask({ type: "approve", key });
    } catch {
        const approval = { key, until: Date.now() + 60_000 };
        await messenger.storage.session.set({ [`approval-${tabId}`]: approval });
    }
}

/** @param {object} question */
function ask(question) {
    return messenger.runtime.sendMessage({ to: "guard", tabId, ...question });
}

/** @param {unknown} error */
async function askUnchecked(error) {
    const onFailure = await failurePolicy();
    if (onFailure === "allow" && isFresh) {
        await send(await currentKey()).catch(() => {});
    }
    element("title").textContent = text("stopFailedTitle");
    element("lead").textContent = text(onFailure === "block" ? "stopFailedBlocked" : "stopFailedLead");
    element("notice").textContent = error instanceof Error ? error.message : String(error);
    element("view").hidden = true;
    element("hint").hidden = true;
    element("retry").hidden = false;
    const button = /** @type {HTMLButtonElement} */ (element("send-anyway"));
    button.textContent = text("viewSendAnyway");
    button.hidden = onFailure === "block";
    button.disabled = false;
    button.onclick = async () => {
        button.disabled = true;
        const isSent = await currentKey().then(send).catch(() => false);
        if (!isSent) {
            element("notice").textContent = text("stopNotSent");
            button.disabled = false;
        }
    };
    showReady("failed");
}

async function failurePolicy() {
    try {
        const { loadSettings } = await import("./settings.js");
        return (await loadSettings()).policy.onFailure;
    } catch {
        return "ask";
    }
}

async function currentKey() {
    return keyOf(await messenger.compose.getComposeDetails(tabId));
}
