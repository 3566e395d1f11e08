// @ts-check
// The dialog about a stopped message. This file must work even if all other parts fail: it goes back to the message, sends it,
// and asks the sender if the check failed. The event page makes the dialog's content and changes recipients.
/* global stopView -- of stop-view.js */

import { Justification } from "../shared/justification.js";
import { released } from "../shared/press.js";
import { text, translatePage } from "./page.js";
import { showNotice, whenUnlocked } from "./stop-notice.js";
import { approve, asks, currentKey, failurePolicy, inTime, isCancelled, whenReady } from "./stop-send.js";
import { fit, isReloaded, resized, settle } from "./stop-window.js";

/** @typedef {import("./stop-page.js").StopPage} StopPage */
/** @typedef {import("../shared/events.js").Decision} Decision */

/** A check that takes longer than this counts as failed; even slow machines need less. */
const DEADLINE_MS = 8000;

/** A change of recipients that takes longer than this counts as failed; slow machines need less for 500 recipients. */
const EDIT_DEADLINE_MS = 120_000;

/** The dialog closes this long after it began to send, because it may hide a question of Thunderbird (a forgotten attachment?). */
const SENDING_MS = 1500;

const { element } = stopView;
const parameters = new URLSearchParams(location.search);
const tabId = Number(parameters.get("tab"));
const dialog = parameters.get("dialog") ?? "";

/** The content of the dialog; null until the event page has answered, and if the check failed. */
let page = stopView.first;
let isBusy = false;
/** The last answer that the dialog sent. @type {{ asked: StopPage, end: Promise<void> } | null} */
let sending = null;
/** Settles when the check that the dialog began by itself has ended. */
let looking = Promise.resolve();
/** Whether the sender has answered, or another dialog has taken this one's place. */
let isOver = false;
/** Whether this window is about to close, whatever the result of its last action. */
let isClosing = false;
/** A timer that closes the window if Thunderbird takes long to send. @type {ReturnType<typeof setTimeout> | undefined} */
let closing;
/** Whether the sender has used the message's window since the dialog was last in front. */
let wasAtMessage = false;
/** The time when the running countdown ends, ms since 1970. */
let countdownEnd = 0;
/** The window of the message. @type {number | undefined} */
let composeWindow;

/** False after the sender has pressed "Check again". */
const isFirstLoad = !isReloaded();

/** Whether Send was pressed just now: the sender reloaded no page, and the add-in's process did not die. */
const isFresh = isFirstLoad && !parameters.has("interrupted");

const sendButton = /** @type {HTMLButtonElement} */ (element("send-anyway"));
const reason = /** @type {HTMLTextAreaElement} */ (element("justification"));
const justification = new Justification({
    button: sendButton,
    box: element("reason"),
    reason,
    label: (seconds) => {
        const label = page?.send.label ?? text("viewSendAnyway");
        return seconds > 0 ? text("stopIn", [label, String(seconds)]) : label;
    },
});

translatePage();
listen();
// This comes first, because the guard waits for it before it answers Thunderbird.
tellFocus(document.hasFocus());
if (page && isFirstLoad) {
    shown(page);
} else {
    if (parameters.has("locked")) {
        await waitUnlocked();
    }
    await look();
}
// Focus goes to the heading, because the key that sent the message may still be down and would press a button.
element("title").focus();
if (isFirstLoad && parameters.has("left")) {
    void settle(Number(parameters.get("left")), Number(parameters.get("top")));
}

function listen() {
    element("back").addEventListener("click", leave);
    element("retry").addEventListener("click", () => location.reload());
    sendButton.addEventListener("click", () => void (page ? send(page) : sendUnchecked()));
    element("use-all").addEventListener("click", () => void act({ type: "use-all" }));
    element("training").addEventListener("click", (event) => {
        event.preventDefault();
        if (page?.training) {
            void messenger.windows.openDefaultBrowser(page.training.url);
        }
    });
    for (const list of ["findings", "others"]) {
        element(list).addEventListener("click", (event) => {
            const { action, index } = /** @type {HTMLElement} */ (event.target).closest("button")?.dataset ?? {};
            if (action && index) {
                void act({ type: action === "remove" ? "remove" : "use", index: Number(index) });
            }
        });
    }
    reason.addEventListener("input", () => void ask("typed", { reason: reason.value }).catch(() => {}));
    document.addEventListener("keydown", pressed);
    document.addEventListener("toggle", () => void fit(), true);
    addEventListener("focus", () => {
        tellFocus(true);
        if (wasAtMessage && !isBusy) {
            void look();
        }
        wasAtMessage = false;
    });
    addEventListener("blur", () => tellFocus(false));
    addEventListener("resize", resized);
    // The sender closes the window by its X.
    addEventListener("pagehide", () => void ask("closed", { decision: isOver ? null : leftDecision() }).catch(() => {}));
    messenger.runtime.onMessage.addListener(received);
    messenger.tabs.onRemoved.addListener((removed) => {
        if (removed === tabId) {
            close();
        }
    });
    messenger.windows.onFocusChanged.addListener((windowId) => {
        wasAtMessage ||= windowId === composeWindow;
    });
    messenger.tabs.get(tabId).then(({ windowId }) => (composeWindow = windowId), () => {});
}

/** @param {KeyboardEvent} event */
function pressed(event) {
    if (event.key === "Escape") {
        leave();
    } else if (event.repeat && ["Enter", " "].includes(event.key) && event.target !== reason) {
        // A key still held down would also press the button that gets the focus next.
        event.preventDefault();
    }
}

/**
 * @param {ToDialog | ToGuard | undefined} message
 * @returns {undefined} no answer
 */
function received(message) {
    if (message?.to !== "dialog" || (message.dialog !== dialog && message.tabId !== tabId)) {
        return;
    }
    if (message.type === "superseded") {
        close();
    } else if (message.page) {
        // The guard has stopped the message again, so it is not being sent.
        clearTimeout(closing);
        const [before, next] = [page, message.page];
        // If newer content arrives before the button is released, that contains this change too.
        void released().then(() => (page === before ? showPage(next) : undefined));
    } else {
        void look();
    }
}

/** @param {boolean} isFocused */
function tellFocus(isFocused) {
    void ask("focus", { isFocused }).then(
        (answer) => {
            if (answer?.isSuperseded) {
                close();
            }
        },
        () => {},
    );
}

/**
 * @param {string} type
 * @param {object} [more]
 */
function ask(type, more = {}) {
    return messenger.runtime.sendMessage({ to: "guard", type, tabId, dialog, ...more });
}

// ---- what is shown --------------------------------------------------------------------------------------

/** @param {StopPage} next */
function showPage(next) {
    page = next;
    stopView.show(next);
    shown(next);
}

/** @param {StopPage} now */
function shown({ send: { rule, until }, typed, reasonLabel, isPartial }) {
    if (isPartial) {
        looking = inform({ type: "whole" });
    }
    document.documentElement.dataset.state = "ready";
    if (reason.value === "" && typed !== "") {
        reason.value = typed;
    }
    justification.ask(rule === "justification", reasonLabel);
    if (countdownEnd !== until) {
        countdownEnd = until;
        justification.start(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    }
    justification.update();
    void fit();
}

/** @param {string} notice a short text for the sender */
function notify(notice) {
    element("notice").textContent = notice;
    void fit();
}

/** Waits until Thunderbird unlocks the message's window. Until then, the sender can only go back to the message. */
async function waitUnlocked() {
    isBusy = true;
    const unlocked = whenUnlocked(tabId);
    element("title").focus();
    void fit();
    await unlocked;
    isBusy = false;
}

/** Checks the message as it is now. */
async function look() {
    isBusy = true;
    looking = lookNow();
    await looking;
    isBusy = false;
}

function lookNow() {
    return inform({ type: "look", isInterrupted: parameters.has("interrupted") && !page });
}

/** Asks the event page without a press by the sender. @param {object} what the question */
async function inform(what) {
    try {
        const answer = await inTime(DEADLINE_MS, question(what));
        await released();
        await take(answer);
    } catch (error) {
        await askUnchecked(error);
    }
}

/**
 * The sender has pressed a button that changes one recipient or several.
 *
 * @param {{ type: "use" | "remove", index: number } | { type: "use-all" }} what
 */
async function act(what) {
    const key = page?.key;
    // The dialog may be checking the message again because it has come to the front. The press waits for that and is not lost.
    await looking;
    if (isBusy || !page || page.key !== key) {
        return;
    }
    isBusy = true;
    try {
        await take(await inTime(EDIT_DEADLINE_MS, question(what)));
    } catch {
        notify(text("stopEditFailed"));
    } finally {
        isBusy = false;
    }
}

/** @param {object} what */
function question(what) {
    const known = page && { key: page.key, message: page.message };
    return ask("ask", { question: { ...what, shown: known } });
}

/** @param {import("./stops.js").Answer | { isSuperseded: true } | undefined} answer undefined if the guard does not listen */
async function take(answer) {
    if (answer && "page" in answer) {
        showPage(answer.page);
    } else if (answer && ("isDone" in answer || "isSuperseded" in answer)) {
        close();
    } else if (answer && "isPassed" in answer) {
        // The check at Send failed; this one succeeded and found nothing, so the message leaves without a question.
        if (!isFresh || !(await leaves(answer.key, null))) {
            throw new Error(text("stopNotSent"));
        }
    } else {
        throw new Error("the guard does not answer");
    }
}

// ---- going back and sending -----------------------------------------------------------------------------

/** @returns {Decision | null} the decision to report if the sender goes back */
function leftDecision() {
    return page?.decision ? { ...page.decision, action: page.send.rule === "never" ? "blocked" : "cancelled" } : null;
}

/** Goes back to the message without changing it. */
function leave() {
    window.close();
}

/** Closes the dialog, which has no question left. */
function close() {
    isOver = true;
    isClosing = true;
    window.close();
}

/** @param {StopPage} asked */
async function send(asked) {
    await looking;
    // The guard may show a changed message before Thunderbird has refused to send the one before. The press waits for that.
    if (sending && asks(sending.asked) !== asks(asked)) {
        await sending.end;
    }
    // The rest of a long text may have added a finding that the sender has not seen.
    if (isBusy || !page || asks(page) !== asks(asked) || !justification.isComplete) {
        return;
    }
    isBusy = true;
    notify("");
    const { text: written } = justification;
    const decision = asked.decision && { ...asked.decision, ...(written ? { justification: written } : {}) };
    const end = leaves(asked.key, decision)
        // If the recipients have changed, the guard stops the message again and its dialog says so.
        .then((isOff) => (isOff || page?.key !== asked.key ? undefined : notify(text("stopNotSent"))))
        .finally(() => (isBusy = false));
    sending = { asked, end };
    await end;
}

/**
 * Sends the message again, now or later as the sender first chose.
 *
 * @param {string} key of the recipients that the sender has approved
 * @param {Decision | null} decision to report once the message has left
 * @returns {Promise<boolean>} whether the dialog has nothing more to ask
 */
async function leaves(key, decision) {
    isOver = true;
    try {
        await approve(tabId, ask, key, decision);
        const mode = (await ask("mode").catch(() => null)) ?? "default";
        await whenReady(() => attempt(mode));
    } catch (error) {
        if (!isCancelled(error) || !(await ask("stands", { key }).catch(() => false))) {
            void ask("not-sending").catch(() => {});
            isOver = isClosing;
            return false;
        }
        // Another add-on has cancelled the message. The sender has answered this dialog's question, so it closes.
    }
    close();
    return true;
}

/** @param {"sendNow" | "sendLater" | "default"} mode */
async function attempt(mode) {
    closing = setTimeout(close, SENDING_MS);
    try {
        await messenger.compose.sendMessage(tabId, { mode });
    } finally {
        clearTimeout(closing);
    }
}

/** @param {unknown} error */
async function askUnchecked(error) {
    page = null;
    const onFailure = await failurePolicy();
    if (onFailure === "allow" && isFresh && (await currentKey(tabId).then((key) => leaves(key, null), () => false))) {
        return;
    }
    const lead = text(onFailure === "block" ? "stopFailedBlocked" : "stopFailedLead");
    showNotice(text("stopFailedTitle"), lead, error instanceof Error ? error.message : String(error));
    element("retry").hidden = false;
    justification.ask(false);
    sendButton.hidden = onFailure === "block";
    void fit();
}

async function sendUnchecked() {
    if (isBusy) {
        return;
    }
    isBusy = true;
    const isSent = await currentKey(tabId).then((key) => leaves(key, null)).catch(() => false);
    isBusy = false;
    if (!isSent) {
        notify(text("stopNotSent"));
    }
}
