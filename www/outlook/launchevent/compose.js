// @ts-check
// While the sender writes a message or an appointment, one line on it names the gravest recipient and the address that
// was probably meant. The line changes with the recipients, and disappears when there is no finding. On phones, Milguard
// does nothing else.

import { mayBeCutOff } from "../host.js";
import { readRecipients } from "../item.js";
import { readKept } from "../kept.js";
import { Line } from "../line.js";
import { describeRuntime } from "../probe.js";
import { notificationText } from "../texts.js";
import { judge } from "../verdict.js";
import { finishOnce } from "./answer.js";
import { calls, clock, currentItem, currentPage, deliver, loadSettings, text } from "./script.js";

/** @typedef {import("../item.js").Kind} Kind */

/** No message waits for these calls, but at Send they must not delay others for long. */
const READ_MS = 1500;
const DEADLINE_MS = 5000;

/** How long an event stays open until the server answers. A Send that follows may have to wait for the event. */
const DELIVER_MS = 1000;

/** The number of the latest event. An event shows nothing if a later one has begun meanwhile. */
let latest = 0;

/**
 * @param {Kind} kind
 * @returns {(event: Office.MailboxEvent) => void} the handler
 */
export function composeHandler(kind) {
    return (event) => {
        const complete = finishOnce(event);
        let cancel = () => {};
        const finish = () => {
            cancel();
            complete();
        };
        // Outlook may remove the page when the event is completed, so reports are sent before that.
        const end = () => deliver(DELIVER_MS).then(finish, finish);
        try {
            cancel = clock.after(DEADLINE_MS, finish);
            // A failure is ignored here: the check at Send reports it.
            look(kind).then(end, end);
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
    const item = currentItem();
    const terms = { until: clock.now() + READ_MS };
    const [reading, kept] = await Promise.all([
        readRecipients(item, kind, calls, terms, mayBeCutOff(Office)),
        readKept(item, calls, terms),
    ]);
    const { flagged } = judge({ reading, kept, checker, policy });
    const open = flagged.filter((entry) => entry.kept === null);
    if (own !== latest) {
        return;
    }
    const line = new Line({ office: Office, item, kind, calls, text });
    if (open.length > 0) {
        await line.show(notificationText(open, text));
    } else if (reading.failed.length === 0) {
        await line.clear();
    }
    if (line.isProbed) {
        await line.answerProbe(await describeRuntime(Office, item, calls, currentPage() !== null));
    }
}
