// @ts-check
// The event page's work besides guarding Send: it makes verdicts and the dialog's content, shows the badge, fetches the
// policy and sends reports.

import { checkQuickly, isStopping, prepare, reported } from "./draft.js";
import { onAlarm as reportAlarm, report, startReporting } from "./reporting.js";
import {
    loadSettings,
    onAlarm as settingsAlarm,
    onSettingsChanged,
    startPolicyRefresh,
} from "./settings.js";
import * as stops from "./stops.js";
import { Watch } from "./watch.js";

/** Work that can wait begins this long after the page wakes, so that it delays no message that woke the page. */
const RESUME_MS = 2000;

const watch = new Watch();

startPolicyRefresh();
startReporting();
stops.onDecision((decision) => void record(decision));
onSettingsChanged(() => void watch.again().catch(() => {}));
// After installation or a restart a message window may already be in front. Thunderbird fires no event for it.
setTimeout(() => void watch.begin().catch(() => {}), RESUME_MS);

/** Loads the checker before the first message needs it. */
export async function warmUp() {
    await prepare();
}

/**
 * Whether a message may leave without a question; if not, the content of its dialog, or null if the check failed.
 *
 * @param {number} tabId
 * @param {import("./draft.js").ComposeDetails} details
 * @returns {Promise<{ isFree: boolean, page: import("./stop-page.js").StopPage | null }>}
 */
export async function judge(tabId, details) {
    // Reading the draft for the badge would only delay sending.
    watch.pause(tabId);
    let verdict;
    try {
        verdict = await checkQuickly(tabId, details);
        // If nothing found so far stops the message, the rest of the text decides. Otherwise the dialog opens at once.
        if (verdict.whole && (!verdict.report.recipients.some(isStopping) || verdict.settings.policy.mode === "audit")) {
            verdict = verdict.whole();
        }
    } catch {
        return { isFree: await isFreeUnchecked(), page: null };
    }
    const flagged = verdict.report.recipients.filter(isStopping);
    if (flagged.length === 0) {
        return { isFree: true, page: null };
    }
    if (verdict.settings.policy.mode === "audit") {
        const recipients = flagged.map(reported);
        void record({ message: crypto.randomUUID(), action: "audited", recipients });
        return { isFree: true, page: null };
    }
    const page = stops.begin(tabId, verdict);
    watch.learn(tabId, verdict);
    return { isFree: false, page };
}

/** Whether a message that could not be checked may leave. */
async function isFreeUnchecked() {
    const { policy } = await loadSettings();
    // Audit mode stops no message, so a failed check stops none either.
    return policy.onFailure === "allow" || policy.mode === "audit";
}

/**
 * @param {number} tabId
 * @param {import("./stops.js").Question} question
 */
export async function answerDialog(tabId, question) {
    const answer = await stops.answer(tabId, question);
    const verdict = stops.verdictOn(tabId);
    if (verdict) {
        watch.learn(tabId, verdict);
    }
    return answer;
}

/**
 * @param {number} tabId
 * @param {string} reason
 */
export function typed(tabId, reason) {
    stops.typed(tabId, reason);
}

/** @param {number} tabId whose dialog is closed */
export function dialogClosed(tabId) {
    stops.end(tabId);
    watch.resume(tabId);
}

/** @param {number} tabId */
export function sendEnded(tabId) {
    // While the dialog asks, the sender does not see the badge, and reading a long text would delay the dialog.
    if (!stops.verdictOn(tabId)) {
        watch.resume(tabId);
    }
}

/** @param {number} tabId */
export function tabRemoved(tabId) {
    stops.end(tabId);
}

/** @param {import("../shared/events.js").Decision} decision */
export async function record(decision) {
    const recipients = await Promise.all(decision.recipients.map(withoutName));
    await report({ ...decision, recipients });
}

/**
 * Removes the display name, which must not be reported, and any text that is not a single address.
 *
 * @template {{ address: string }} T
 * @param {T} recipient
 * @returns {Promise<T>}
 */
async function withoutName(recipient) {
    let address = "";
    try {
        const [mailbox, another] = await messenger.messengerUtilities.parseMailboxString(recipient.address);
        const email = mailbox?.email ?? "";
        address = another === undefined && /^[^\s<>"]+@[^\s<>"]+$/.test(email) ? email : "";
    } catch {
        // The report then has no address.
    }
    return { ...recipient, address };
}

/**
 * @param {number} tabId
 * @param {{ canSendNow?: boolean, canSendLater?: boolean }} [state]
 */
export function composeChanged(tabId, state) {
    // Thunderbird locks a window while it sends. Recipients cannot change meanwhile.
    const isLocked = state?.canSendNow === false && state.canSendLater === false;
    return isLocked || watch.isPaused(tabId) ? undefined : watch.look(tabId);
}

/** @param {{ id: number, type?: string }} tab */
export function tabCreated(tab) {
    return tab.type === "messageCompose" ? watch.look(tab.id) : undefined;
}

/** @param {number} windowId */
export function focusChanged(windowId) {
    return watch.focus(windowId);
}

/** @param {string} name */
export async function alarm(name) {
    await Promise.all([settingsAlarm(name), reportAlarm(name)]);
}
