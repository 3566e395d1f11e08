// @ts-check
// The checker's verdict on a message, sorted by its consequences. The checker decides which
// recipient is suspicious; `judge` compares these with the recipients that the sender kept.

import { copyMessage } from "../shared/message.js";
import { isStopping, sendAnyway } from "../shared/policy.js";
import { identityOf, toRecipients } from "./item.js";
import { findKept } from "./kept.js";

/** @typedef {import("../checker/milguard.js").Report} Report */
/** @typedef {import("../checker/milguard.js").RecipientReport} RecipientReport */
/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {import("../shared/policy.js").Override} Override */
/** @typedef {import("./item.js").Entry} Entry */
/** @typedef {import("./item.js").Reading} Reading */
/** @typedef {import("./item.js").Content} Content */
/** @typedef {import("./kept.js").Kept} Kept */

/**
 * @typedef {object} Flagged
 * @property {Entry} entry
 * @property {RecipientReport} recipient
 * @property {Kept | null} kept the sender's decision to keep the recipient, if policy accepts it
 */

/**
 * @typedef {object} Verdict
 * @property {Report} report one entry for each of `reading.entries`
 * @property {Reading} reading
 * @property {Flagged[]} flagged above `pass`, gravest first
 * @property {Flagged[]} stopping `warn` and `block`, without those that the sender kept
 * @property {Flagged[]} kept `warn` and `block` that the sender kept, as policy allows
 * @property {Override} override whether the sender may send to recipients that stop the message
 */

const GRAVITY = ["pass", "notice", "warn", "block"];

/**
 * @param {object} given
 * @param {Reading} given.reading
 * @param {Content} [given.content] read only if something was found
 * @param {readonly Kept[]} given.kept
 * @param {import("./config.js").Checker} given.checker
 * @param {Policy} given.policy
 * @returns {Verdict}
 * @throws the checker's error
 */
export function judge({ reading, content = {}, kept, checker, policy }) {
    const report = checker.check(copyMessage({ recipients: toRecipients(reading.entries), from: reading.from, ...content }));
    const flagged = reading.entries
        .map((entry, index) => ({ entry, recipient: /** @type {RecipientReport} */ (report.recipients[index]) }))
        .filter(({ recipient }) => recipient.severity !== "pass")
        .map(({ entry, recipient }) => ({
            entry,
            recipient,
            kept: findKept(kept, { address: identityOf(entry), severity: recipient.severity }, policy) ?? null,
        }))
        .sort((a, b) => gravity(b) - gravity(a));
    const grave = flagged.filter(({ recipient }) => isStopping(recipient.severity));
    const stopping = grave.filter((item) => item.kept === null);
    return {
        report,
        reading,
        flagged,
        stopping,
        kept: grave.filter((item) => item.kept !== null),
        override: sendAnyway(policy, stopping[0]?.recipient.severity ?? "pass"),
    };
}

/**
 * Whether subject, text and attachments could make the verdict graver: only if it is neither `pass` nor the gravest.
 *
 * @param {Verdict} verdict
 * @param {Policy} policy
 */
export function wantsContent({ report }, policy) {
    return policy.markings.enabled !== false && report.severity !== "pass" && report.severity !== "block";
}

/**
 * The data to report about a recipient.
 *
 * @param {RecipientReport & { domain?: string | null }} recipient
 */
export function reported({ address, severity, findings, raisedBy = [], domain = null }) {
    return { address, severity, reasons: findings.map(({ reason }) => reason), raisedBy, domain };
}

/** @param {{ recipient: RecipientReport }} flagged */
function gravity({ recipient }) {
    return GRAVITY.indexOf(recipient.severity);
}
