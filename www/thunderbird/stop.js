// @ts-check
// The dialog that a stopped message opens: what must work whatever else fails. Going back, sending, and asking the sender
// where the check cannot be made. What it shows and what its buttons do to the message is the event page's work.
/* global stopView -- of stop-view.js */

import { Justification } from "../shared/justification.js";
import { keyOf } from "./key.js";
import { text, translatePage } from "./page.js";
import { approve, failurePolicy, inTime, isCancelled, whenReady } from "./stop-send.js";
import { fit, resized, settle } from "./stop-window.js";

/** @typedef {import("./stop-page.js").StopPage} StopPage */
/** @typedef {import("../shared/events.js").Decision} Decision */

/** Longer than a check takes on a slow machine; then it counts as failed. */
const DEADLINE_MS = 8000;

/** Longer than Thunderbird takes to write five hundred recipients anew on a slow machine: then it has not failed. */
const EDIT_DEADLINE_MS = 120_000;

/** After that, what Thunderbird itself asks (an attachment forgotten?) must not stand behind this window. */
const SENDING_MS = 1500;

const { element } = stopView;
const parameters = new URLSearchParams(location.search);
const tabId = Number(parameters.get("tab"));
const dialog = parameters.get("dialog") ?? "";

/** What is shown; nothing while it is being looked for, or where the check fails. */
let page = stopView.first;
let isBusy = false;
/** Until the window has looked at the message, where it does so by itself. */
let looking = Promise.resolve();
/** Whether the sender has answered, or another dialog has taken this one's place. */
let isOver = false;
/** Whether this window is about to go, whatever comes of what it has begun. */
let isClosing = false;
/** Closes the window where Thunderbird takes long to send. @type {ReturnType<typeof setTimeout> | undefined} */
let closing;
/** Whether the sender has been at the message since this window was in front. */
let wasAtMessage = false;
/** When the countdown that is running ends. */
let countdownEnd = 0;
/** The window of the message. @type {number | undefined} */
let composeWindow;

/** Not where the sender has pressed "Check again". */
const isFirstLoad = performance
    .getEntriesByType("navigation")
    .every((entry) => /** @type {PerformanceNavigationTiming} */ (entry).type === "navigate");

/** Whether the sender has pressed Send just now. */
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
// First: the guard answers Thunderbird only now.
tellFocus(document.hasFocus());
if (page && isFirstLoad) {
    shown(page);
} else {
    await look();
}
// On the heading: the key that sent the message may still be pressed, and would press a button.
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
    // The X of the window.
    addEventListener("pagehide", () => {
        void ask("closed", { decision: isOver ? null : leftDecision() }).catch(() => {});
    });
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
        // A key that is held would press whatever gets the focus next.
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
        // The guard asks again: nothing is on its way.
        clearTimeout(closing);
        showPage(message.page);
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

/** @param {string} notice what has just happened */
function notify(notice) {
    element("notice").textContent = notice;
    void fit();
}

/** Looks at the message as it is now. */
async function look() {
    isBusy = true;
    looking = lookNow();
    await looking;
    isBusy = false;
}

function lookNow() {
    return inform({ type: "look", isInterrupted: parameters.has("interrupted") && !page });
}

/** @param {object} what is asked of the guard */
async function inform(what) {
    try {
        await take(await inTime(DEADLINE_MS, question(what)));
    } catch (error) {
        await askUnchecked(error);
    }
}

/**
 * A button of a recipient, or of several, was pressed.
 *
 * @param {{ type: "use" | "remove", index: number } | { type: "use-all" }} what
 */
async function act(what) {
    const key = page?.key;
    // The window may be looking by itself, because it has come to the front: a press must not be lost for that.
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

/** @param {import("./stops.js").Answer | { isSuperseded: true } | undefined} answer none where the guard has not heard it */
async function take(answer) {
    if (answer && "page" in answer) {
        showPage(answer.page);
    } else if (answer && ("isDone" in answer || "isSuperseded" in answer)) {
        close();
    } else if (answer && "isPassed" in answer) {
        // The check at Send failed and this one has not: nobody needs to be asked.
        if (!isFresh || !(await leaves(answer.key, null))) {
            throw new Error(text("stopNotSent"));
        }
    } else {
        throw new Error("the guard does not answer");
    }
}

// ---- going back and sending -----------------------------------------------------------------------------

/** @returns {Decision | null} what is reported where the sender goes back */
function leftDecision() {
    return page?.decision ? { ...page.decision, action: page.send.rule === "never" ? "blocked" : "cancelled" } : null;
}

/** Back to the message, as it is. */
function leave() {
    window.close();
}

/** Nothing is left to be answered here. */
function close() {
    isOver = true;
    isClosing = true;
    window.close();
}

/** @param {StopPage} asked */
async function send(asked) {
    await looking;
    // The rest of a long text may have added something that the sender has not seen.
    if (isBusy || !page || asks(page) !== asks(asked) || !justification.isComplete) {
        return;
    }
    isBusy = true;
    notify("");
    const { text: written } = justification;
    const decision = asked.decision && { ...asked.decision, ...(written ? { justification: written } : {}) };
    try {
        // Where the recipients have changed, the guard shows that, which says more.
        if (!(await leaves(asked.key, decision)) && page?.key === asked.key) {
            notify(text("stopNotSent"));
        }
    } finally {
        isBusy = false;
    }
}

/** @param {StopPage} shownPage */
function asks({ key, findings, others, send: { rule, label } }) {
    return JSON.stringify([key, findings, others, rule, label]);
}

/**
 * Sends the message again, now or later as it was meant.
 *
 * @param {string} key of the recipients that the sender has approved
 * @param {Decision | null} decision what is reported once it has left
 * @returns {Promise<boolean>} whether Thunderbird took it
 */
async function leaves(key, decision) {
    isOver = true;
    try {
        await approve(tabId, ask, key, decision);
        const mode = (await ask("mode").catch(() => null)) ?? "default";
        await whenReady(() => attempt(mode));
    } catch (error) {
        if (!isCancelled(error) || !(await ask("stands", { key }).catch(() => false))) {
            isOver = isClosing;
            return false;
        }
        // The sender has answered here, and is asked there.
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
    if (onFailure === "allow" && isFresh && (await currentKey().then((key) => leaves(key, null), () => false))) {
        return;
    }
    element("title").textContent = text("stopFailedTitle");
    document.title = text("stopFailedTitle");
    element("lead").textContent = text(onFailure === "block" ? "stopFailedBlocked" : "stopFailedLead");
    element("notice").textContent = error instanceof Error ? error.message : String(error);
    for (const id of ["findings", "others"]) {
        element(id).replaceChildren();
    }
    for (const id of ["about", "all", "also", "training"]) {
        element(id).hidden = true;
    }
    element("retry").hidden = false;
    justification.ask(false);
    sendButton.hidden = onFailure === "block";
    document.documentElement.dataset.state = "failed";
    void fit();
}

async function sendUnchecked() {
    if (isBusy) {
        return;
    }
    isBusy = true;
    const isSent = await currentKey().then((key) => leaves(key, null)).catch(() => false);
    isBusy = false;
    if (!isSent) {
        notify(text("stopNotSent"));
    }
}

async function currentKey() {
    return keyOf(await messenger.compose.getComposeDetails(tabId));
}
