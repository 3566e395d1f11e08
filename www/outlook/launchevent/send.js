// @ts-check
// At Send. Every path ends in one answer, before a deadline, whatever Outlook and the checker do; ordinary mail costs one
// look at its recipients. Nothing is changed here: a recipient that is set in this event would start it anew.

import { describeEvents, randomUuid } from "../../shared/events.js";
import { readContent, readRecipients } from "../item.js";
import { readKept } from "../kept.js";
import { supports } from "../host.js";
import { openSpool } from "../spool.js";
import { alertText, trainingLink } from "../texts.js";
import { judge, reported, wantsContent } from "../verdict.js";
import { ask, finishOnce, SEND, unchecked } from "./answer.js";
import { calls, clientVersion, clock, loadSettings, ownTexts, text } from "./script.js";

/** @typedef {import("../item.js").Kind} Kind */
/** @typedef {import("../verdict.js").Verdict} Verdict */
/** @typedef {import("../verdict.js").Flagged} Flagged */
/** @typedef {import("../../shared/events.js").Action} Action */

/** What is known so far. @typedef {{ verdict: Verdict | null }} Progress */

/** Outlook speaks of an add-in that takes long after five seconds, from before the script was loaded. */
const DEADLINE_MS = 3500;

/** Parts of it: for recipients and sender, then for the content where it matters. */
const READ_MS = 2000;
const CONTENT_MS = 900;

/**
 * @param {Kind} kind
 * @returns {(event: any) => void} the handler
 */
export function sendHandler(kind) {
    return (event) => {
        let cancel = () => {};
        const complete = finishOnce(event);
        const finish = (/** @type {Office.SmartAlertsEventCompletedOptions} */ options) => {
            cancel();
            complete(options);
        };
        /** @type {Progress} */
        const progress = { verdict: null };
        const fail = () => finish(known(kind, progress));
        try {
            cancel = clock.after(DEADLINE_MS, fail);
            decide(kind, progress).then(finish, fail);
        } catch {
            fail();
        }
    };
}

/**
 * The answer when time is up or something failed: what was found until then, or else that the check failed. Never throws.
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
        // As if nothing had been found.
    }
    return unchecked(kind);
}

/**
 * @param {Kind} kind
 * @param {Progress} progress
 * @returns {Promise<Office.SmartAlertsEventCompletedOptions>}
 */
async function decide(kind, progress) {
    const { policy, checker } = loadSettings();
    if (!checker) {
        return unchecked(kind);
    }
    const item = Office.context.mailbox.item;
    const terms = { until: clock.now() + READ_MS, isUrgent: true };
    const [reading, kept] = await Promise.all([
        readRecipients(item, kind, calls, terms),
        readKept(item, calls, terms),
    ]);
    progress.verdict = judge({ reading, kept, checker, policy });
    if (wantsContent(progress.verdict, policy)) {
        const content = await readContent(item, calls, { until: clock.now() + CONTENT_MS, isUrgent: true });
        progress.verdict = judge({ reading, content, kept, checker, policy });
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
    // Mail goes to somebody: a message without recipients is one whose recipients Outlook does not tell. A meeting may
    // have rooms alone.
    if (reading.failed.length > 0 || (kind === "message" && reading.entries.length === 0)) {
        return unchecked(kind);
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
 * What is known of the sender's decision when Outlook asks: nothing, where its dialog lets them go on.
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
 * Leaves events for the runtimes that have a network. Ends soon, and never rejects.
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
        }
    } catch {
        // Reporting never gets in the way.
    }
}

/** @param {Verdict} verdict */
function describeStop({ stopping, flagged, reading, override }) {
    // What could not be judged is not what stops, but it is said with it.
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
