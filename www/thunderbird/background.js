// @ts-check
// What the event page does beyond guarding Send: the verdict, the dialog's content, the badge, policy and reports.

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

/** After that nobody waits for a message that woke this page. */
const RESUME_MS = 2000;

const watch = new Watch();

startPolicyRefresh();
startReporting();
stops.onDecision((decision) => void record(decision));
onSettingsChanged(() => void watch.again().catch(() => {}));
// A message may be in front for which no event will come: the add-in has just been installed, or restarted.
setTimeout(() => void watch.begin().catch(() => {}), RESUME_MS);

/** Loads the checker before it is asked. */
export async function warmUp() {
    await prepare();
}

/**
 * Whether a message may leave unasked; if not, what its sender is shown, or nothing where the check has failed.
 *
 * @param {number} tabId
 * @param {import("./draft.js").ComposeDetails} details
 * @returns {Promise<{ isFree: boolean, page: import("./stop-page.js").StopPage | null }>}
 */
export async function judge(tabId, details) {
    // Reading the draft for the badge would only hold up what Thunderbird does now.
    watch.pause(tabId);
    let verdict;
    try {
        verdict = await checkQuickly(tabId, details);
        // What stops it already is shown at once. Else the rest of the text decides.
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

/** Whether a message leaves that could not be checked. */
async function isFreeUnchecked() {
    const { policy } = await loadSettings();
    // In audit mode nothing is stopped, so not for want of a check either.
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
    // While the dialog asks, nobody looks at the badge, and reading a long text would hold the dialog up.
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
 * Leaves out a display name, which is nobody's business, and what is not plainly an address.
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
        // Left out.
    }
    return { ...recipient, address };
}

/**
 * @param {number} tabId
 * @param {{ canSendNow?: boolean, canSendLater?: boolean }} [state]
 */
export function composeChanged(tabId, state) {
    // A window that is locked is being sent, and one that is unlocked again has the recipients that it had.
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
