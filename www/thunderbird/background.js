// @ts-check
// What the event page does beyond guarding Send: the verdict, the badge, policy and reports.

import { checkDraft, isStopping, prepare, reported } from "./draft.js";
import { onAlarm as reportAlarm, report, startReporting } from "./reporting.js";
import {
    loadSettings,
    onAlarm as settingsAlarm,
    onSettingsChanged,
    startPolicyRefresh,
} from "./settings.js";
import { Watch } from "./watch.js";

/** After that nobody waits for a message that woke this page. */
const RESUME_MS = 2000;

const watch = new Watch();

startPolicyRefresh();
startReporting();
onSettingsChanged(() => void watch.again().catch(() => {}));
// A message may be in front for which no event will come: the add-in has just been installed, or restarted.
setTimeout(() => void watch.resume().catch(() => {}), RESUME_MS);

/** Loads the checker before it is asked. */
export async function warmUp() {
    await prepare();
}

/**
 * Whether a message may leave unasked.
 *
 * @param {number} tabId
 * @param {import("./draft.js").ComposeDetails} details
 * @returns {Promise<"send" | "stop">}
 */
export async function judge(tabId, details) {
    let verdict;
    try {
        verdict = await checkDraft(tabId, details);
    } catch {
        return await failing();
    }
    const flagged = verdict.report.recipients.filter(isStopping);
    if (flagged.length === 0) {
        return "send";
    }
    if (verdict.settings.policy.mode === "audit") {
        void record({
            message: crypto.randomUUID(),
            action: "audited",
            recipients: flagged.map(reported),
        });
        return "send";
    }
    return "stop";
}

/** @returns {Promise<"send" | "stop">} */
async function failing() {
    const { policy } = await loadSettings();
    // In audit mode nothing is stopped, so not for want of a check either.
    return policy.onFailure === "allow" || policy.mode === "audit" ? "send" : "stop";
}

/** @param {import("./reporting.js").Decision} decision */
export async function record(decision) {
    const recipients = await Promise.all(decision.recipients.map(withoutName));
    await report({ ...decision, recipients });
}

/**
 * A display name is nobody's business. What is not plainly an address is left out.
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

/** @param {number} tabId */
export function composeChanged(tabId) {
    return watch.look(tabId);
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
