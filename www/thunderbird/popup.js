// @ts-check
// The popup of the compose window's button: each recipient that stands out, before Send.

import { element } from "../shared/dom.js";
import { Evidence } from "../shared/evidence.js";
import { reasonsIn } from "../shared/reasons.js";
import { applyToDraft, checkDraft, isStopping, reported } from "./draft.js";
import { noteOf, showReady, text, translatePage } from "./page.js";
import { mute } from "./settings.js";
import { showBadge } from "./watch.js";

/** @typedef {import("./draft.js").Verdict} Verdict */

translatePage();
const [tab] = await messenger.tabs.query({ active: true, currentWindow: true });
const tabId = tab?.id ?? -1;
const evidence = new Evidence(show);

/** @type {Verdict | undefined} */
let verdict;
/** @type {import("../checker/milguard.js").WarningView | undefined} */
let view;
let isBusy = false;
await look();

async function look() {
    try {
        verdict = await checkDraft(tabId, await messenger.compose.getComposeDetails(tabId));
        if (verdict.settings.policy.mode === "audit") {
            // In audit mode the button is disabled; the sender opened the popup just before.
            window.close();
            return;
        }
        show();
        evidence.ask(verdict.report.recipients, verdict.settings.backend);
        await showBadge(tabId, verdict);
    } catch {
        element("notice").textContent = text("stopFailedTitle");
        showReady("failed");
    }
}

function show() {
    if (!verdict) {
        return;
    }
    const { entries, report, milguard } = verdict;
    view ??= new milguard.WarningView(
        element("view"),
        { message: text, reason: reasonsIn(text), actions: ["use-suggestion", "remove", "mute"] },
        (action, index) => void act(action, index),
    );
    view.render({
        severity: report.severity,
        recipients: report.recipients.map((recipient, index) => ({
            ...recipient,
            ...{ note: noteOf(/** @type {import("./draft.js").Entry} */ (entries[index])), acceptsMail: evidence.of(recipient) },
        })),
    });
    element("notice").textContent = entries.length === 0 ? text("composeEmpty") : "";
    showReady("ready");
}

/**
 * @param {string} action
 * @param {number | null} index
 */
async function act(action, index) {
    const entry = verdict?.entries[index ?? -1];
    const recipient = verdict?.report.recipients[index ?? -1];
    if (!verdict || !entry || !recipient || isBusy) {
        return;
    }
    isBusy = true;
    try {
        const { domain = null } = reported(recipient);
        const address = action === "use-suggestion" ? recipient.suggestion : null;
        let isDone = true;
        if (action === "mute") {
            await (domain === null ? undefined : mute(domain));
        } else {
            const { done } = await applyToDraft(tabId, verdict.milguard, [{ entry, recipient, address }]);
            isDone = done.length > 0;
            if (isDone && isStopping(recipient)) {
                record(address === null ? "removed" : "fixed", recipient);
            }
        }
        await look();
        if (!isDone) {
            element("notice").textContent = text("stopEditFailed");
        }
    } catch {
        element("notice").textContent = text("stopEditFailed");
    } finally {
        isBusy = false;
    }
}

/**
 * @param {"fixed" | "removed"} action
 * @param {import("../checker/milguard.js").RecipientReport} recipient
 */
function record(action, recipient) {
    const event = { message: crypto.randomUUID(), action, recipients: [reported(recipient)] };
    void messenger.runtime.sendMessage({ to: "guard", type: "report", event }).catch(() => {});
}
