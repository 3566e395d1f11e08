// @ts-check
// While a message or an appointment is being written: one line on it names the gravest recipient and the address that was
// probably meant. It is replaced as recipients change, and goes when nothing is left to say. A phone has no more than this.

import { readRecipients } from "../item.js";
import { readKept } from "../kept.js";
import { ICON, isMobile, PANE_COMMANDS, supports } from "../host.js";
import { notificationText } from "../texts.js";
import { judge } from "../verdict.js";
import { finishOnce } from "./answer.js";
import { calls, clock, loadSettings, text } from "./script.js";

/** @typedef {import("../item.js").Kind} Kind */

/** Names the line among those of all add-ins. */
export const NOTIFICATION_KEY = "milguard";

/** Nobody waits for it, but at Send its calls must not be in the way for long. */
const READ_MS = 1500;
const SHOW_MS = 1500;
const DEADLINE_MS = 5000;

/** Counts the events, so that one that is overtaken by the next shows nothing. */
let latest = 0;

/**
 * @param {Kind} kind
 * @returns {(event: any) => void} the handler
 */
export function composeHandler(kind) {
    return (event) => {
        const complete = finishOnce(event);
        let cancel = () => {};
        const finish = () => {
            cancel();
            complete();
        };
        try {
            cancel = clock.after(DEADLINE_MS, finish);
            // A failure is told at Send, where it matters.
            look(kind).then(finish, finish);
        } catch {
            finish();
        }
    };
}

/** @param {Kind} kind */
async function look(kind) {
    const { policy, checker } = loadSettings();
    if (!checker || policy.mode === "audit") {
        return;
    }
    latest += 1;
    const own = latest;
    const item = Office.context.mailbox.item;
    const terms = { until: clock.now() + READ_MS };
    const [reading, kept] = await Promise.all([
        readRecipients(item, kind, calls, terms),
        readKept(item, calls, terms),
    ]);
    const { flagged } = judge({ reading, kept, checker, policy });
    const open = flagged.filter((entry) => entry.kept === null);
    if (own !== latest) {
        return;
    }
    if (open.length > 0) {
        await show(item, kind, notificationText(open, text));
    } else if (reading.failed.length === 0) {
        await change((callback) => messagesOf(item).removeAsync(NOTIFICATION_KEY, callback));
    }
}

/**
 * @param {any} item
 * @param {Kind} kind
 * @param {string} message
 */
async function show(item, kind, message) {
    const replace = (/** @type {Record<string, unknown>} */ details) =>
        change((callback) =>
            messagesOf(item).replaceAsync(NOTIFICATION_KEY, { message, icon: ICON, ...details }, callback),
        );
    if (supports(Office, "1.10") && !isMobile(Office)) {
        const action = {
            actionType: "showTaskPane",
            actionText: text("outlookShow"),
            commandId: PANE_COMMANDS[kind],
            contextData: "{}",
        };
        const outcome = await replace({ type: "insightMessage", actions: [action] });
        if (outcome.ok) {
            return;
        }
    }
    await replace({ type: "informationalMessage", persistent: true });
}

/** @param {any} item */
function messagesOf(item) {
    return item.notificationMessages;
}

/** @param {(callback: import("../calls.js").Callback) => void} start */
function change(start) {
    return calls.make(start, { until: clock.now() + SHOW_MS });
}
