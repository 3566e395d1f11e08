// @ts-check
// The check at Send. Every path ends in one answer before a deadline, whatever Outlook and the checker do. For ordinary
// mail it only reads the recipients once. It changes nothing in the message: setting a recipient in this event would
// start the event again.

import { describeEvents, randomUuid } from "../../shared/events.js";
import { readContent, readRecipients } from "../item.js";
import { joinKept, readKept, readKeptProperty } from "../kept.js";
import { mayBeCutOff, supports } from "../host.js";
import { openSpool } from "../spool.js";
import { alertText, trainingLink } from "../texts.js";
import { judge, reported, wantsContent } from "../verdict.js";
import { ask, finishOnce, SEND, unchecked } from "./answer.js";
import { calls, clientVersion, clock, currentItem, currentPage, deliver, loadSettings, ownTexts, text } from "./script.js";

/** @typedef {import("../item.js").Kind} Kind */
/** @typedef {import("../verdict.js").Verdict} Verdict */
/** @typedef {import("../verdict.js").Flagged} Flagged */
/** @typedef {import("../../shared/events.js").Action} Action */

/** The result so far. @typedef {{ verdict: Verdict | null }} Progress */

/** The handler answers within this time. After a longer wait Outlook would say that the add-in is slow. */
const DEADLINE_MS = 3500;

/**
 * Outlook counts five seconds from the click, including opening the page and loading the script (office-js issue 6816). A
 * page that was opened for this event gets the remaining time less half a second, but at least one second.
 */
const PATIENCE_MS = 4500;
const SHORTEST_MS = 1000;

/** A page that is older than this was not opened for this event, but kept from an earlier one. */
const OPENED_FOR_IT_MS = 15_000;

/** The parts of the time for reading: first recipients and sender, then the content if it is needed. */
const READ_PART = 0.57;
const CONTENT_PART = 0.26;

/** Whether this runtime has handled a Send before. */
let isReused = false;

/**
 * @param {Kind} kind
 * @returns {(event: Office.MailboxEvent) => void} the handler
 */
export function sendHandler(kind) {
    return (event) => {
        let cancel = () => {};
        const complete = finishOnce(event);
        const finish = (/** @type {Office.SmartAlertsEventCompletedOptions} */ options) => {
            cancel();
            complete(options);
        };
        const deadlineMs = deadline();
        /** @type {Progress} */
        const progress = { verdict: null };
        const fail = () => finish(known(kind, progress));
        try {
            cancel = clock.after(deadlineMs, fail);
            decide(kind, progress, deadlineMs).then(finish, fail);
        } catch {
            fail();
        }
    };
}

/** How long this event may take, in ms from now. */
function deadline() {
    const openedAt = isReused ? null : (currentPage()?.openedAt ?? null);
    isReused = true;
    const ageMs = openedAt === null ? 0 : clock.now() - openedAt;
    if (!(ageMs > 0 && ageMs < OPENED_FOR_IT_MS)) {
        return DEADLINE_MS;
    }
    return Math.min(DEADLINE_MS, Math.max(SHORTEST_MS, PATIENCE_MS - ageMs));
}

/**
 * The answer when the time is over or something failed: it stops the message for the findings so far, or says that the
 * check failed. Never throws.
 *
 * @param {Kind} kind
 * @param {Progress} progress
 */
function known(kind, { verdict }) {
    try {
        if (verdict && verdict.stopping.length > 0 && loadSettings().policy.mode !== "audit") {
            return stop(kind, verdict, randomUuid());
        }
    } catch {
        // A failure here counts as if nothing had been found.
    }
    return unchecked(kind);
}

/**
 * @param {Kind} kind
 * @param {Progress} progress
 * @param {number} deadlineMs
 * @returns {Promise<Office.SmartAlertsEventCompletedOptions>}
 */
async function decide(kind, progress, deadlineMs) {
    const { policy, checker } = loadSettings();
    if (!checker) {
        return unchecked(kind);
    }
    const item = currentItem();
    const terms = { until: clock.now() + deadlineMs * READ_PART, isUrgent: true };
    const [reading, kept] = await Promise.all([
        readRecipients(item, kind, calls, terms, mayBeCutOff(Office)),
        readKept(item, calls, terms),
    ]);
    const verdict = judge({ reading, kept, checker, policy });
    progress.verdict = verdict;
    const isContentWanted = wantsContent(verdict, policy);
    const isKeptWanted = verdict.stopping.length > 0 && verdict.override !== "never";
    if (isContentWanted || isKeptWanted) {
        const more = { until: clock.now() + deadlineMs * CONTENT_PART, isUrgent: true };
        const [content, alsoKept] = await Promise.all([
            isContentWanted ? readContent(item, calls, more) : {},
            isKeptWanted ? readKeptProperty(item, calls, more) : [],
        ]);
        progress.verdict = judge({ reading, content, kept: joinKept(kept, alsoKept), checker, policy });
    }
    return answer(kind, progress.verdict);
}

/**
 * @param {Kind} kind
 * @param {Verdict} verdict
 * @returns {Promise<Office.SmartAlertsEventCompletedOptions>}
 */
async function answer(kind, verdict) {
    const { policy } = loadSettings();
    const { stopping, kept, reading } = verdict;
    const message = randomUuid();
    if (policy.mode === "audit") {
        await report([{ message, action: "audited", recipients: stopping.map(asReported) }]);
        return SEND;
    }
    if (stopping.length > 0) {
        await report([{ message, action: actionOf(verdict), recipients: stopping.map(asReported) }]);
        return stop(kind, verdict, message);
    }
    // Every mail goes to somebody, so if a message seems to have no recipients, Outlook has not returned them. A meeting may
    // have only rooms.
    if (reading.failed.length > 0 || (kind === "message" && reading.entries.length === 0)) {
        return unchecked(kind, reading);
    }
    await report(
        kept.map((flagged) => ({
            message,
            action: "sent-anyway",
            recipients: [asReported(flagged)],
            justification: flagged.kept?.reason ?? "",
        })),
    );
    return SEND;
}

/**
 * @param {Kind} kind
 * @param {Verdict} verdict
 * @param {string} message UUID of this stop
 */
function stop(kind, verdict, message) {
    const { override } = verdict;
    return ask({
        kind,
        alert: describeStop(verdict),
        maySend: override === "allowed",
        context: override === "justification" ? { message, cause: "found", override } : { message, cause: "found" },
    });
}

/** @param {Flagged} flagged */
function asReported({ recipient }) {
    return reported(recipient);
}

/**
 * The outcome to report when Outlook's dialog opens: `asked` if the dialog lets the sender send, since add-ins do not
 * learn the decision; otherwise, that the message was stopped.
 *
 * @param {Verdict} verdict
 * @returns {import("../../shared/events.js").Action}
 */
function actionOf({ override }) {
    const isRelaxed = override === "allowed" && supports(Office, "1.14");
    if (loadSettings().sendMode === "PromptUser" || isRelaxed) {
        return "asked";
    }
    return override === "never" ? "blocked" : "cancelled";
}

/**
 * Stores events for the runtimes with a network. Ends soon, and never rejects.
 *
 * @param {import("../../shared/events.js").Decision[]} decisions
 */
async function report(decisions) {
    try {
        const { backend, policy } = loadSettings();
        if (backend) {
            const client = { host: /** @type {const} */ ("outlook"), clientVersion: clientVersion(), policy };
            /** @type {import("../../shared/events.js").Event[]} */
            const events = [];
            decisions.forEach((decision) => events.push(...describeEvents(decision, client)));
            await openSpool(Office.context.roamingSettings, calls).add(events);
            // The request begins before this returns, and outlives the page. Send does not wait for the server.
            void deliver(0);
        }
    } catch {
        // A failure to report must not stop a message.
    }
}

/** @param {Verdict} verdict */
function describeStop({ stopping, flagged, reading, override }) {
    // Recipients that could not be judged do not stop the message, but the text names them.
    const unread = flagged.filter((item) => item.entry.form !== "address" && !stopping.includes(item));
    const own = ownTexts();
    const button = text("outlookManifestButton");
    const opensPane = supports(Office, "1.14");
    const notes = [override === "never" ? (own.blocked ?? text("outlookAlertBlocked")) : (own.body ?? "")];
    if (reading.failed.length > 0) {
        notes.push(text("outlookAlertPartly"));
    }
    if (override === "justification") {
        notes.push(text("outlookAlertJustify", button));
    } else if (!opensPane) {
        notes.push(text("outlookAlertHint", button));
    }
    const { trainingUrl } = loadSettings().policy;
    const training = trainingUrl === null ? null : trainingLink(own.training ?? text("stopTraining"), trainingUrl);
    return alertText(
        stopping.concat(unread),
        notes.filter((note) => note !== ""),
        text,
        training,
    );
}
