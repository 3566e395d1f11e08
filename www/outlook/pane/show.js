// @ts-check
// The parts of the pane that show the verdict. Text of strangers is shown as text, isolated from the words around
// it.

import { element } from "../../shared/dom.js";
import { isStopping } from "../../shared/policy.js";
import { identityOf } from "../item.js";

/** @typedef {import("../verdict.js").Flagged} Flagged */
/** @typedef {import("../../shared/policy.js").Policy} Policy */
/** @typedef {import("../../checker/milguard.js").ViewReport} ViewReport */
/** @typedef {(key: string, value?: string) => string} Text */

const FIELDS = {
    to: "tryTo",
    cc: "outlookCc",
    bcc: "outlookBcc",
    required: "outlookRequired",
    optional: "outlookOptional",
};

/**
 * The report for the warning view, without the recipients that the sender has kept.
 *
 * @param {object} given
 * @param {readonly Flagged[]} given.shown gravest first
 * @param {boolean} given.isEmpty
 * @param {Policy} given.policy
 * @param {boolean} given.canKeep
 * @param {(recipient: Flagged["recipient"]) => boolean | null} given.acceptsMail
 * @param {Text} given.text
 * @returns {ViewReport}
 */
export function describeReport({ shown, isEmpty, policy, canKeep, acceptsMail, text }) {
    const recipients = shown.map(({ entry, recipient }) => {
        const isJudged = entry.form === "address";
        const override = policy.override[recipient.severity === "block" ? "block" : "warn"];
        const isKeepable = policy.mode === "enforce" && isStopping(recipient.severity) && override !== "never";
        return {
            ...recipient,
            address: isJudged ? recipient.address : identityOf(entry) || text("outlookNoAddress"),
            name: isJudged && entry.name !== entry.address ? entry.name : null,
            note: isJudged ? fieldNote(entry, text) : text("outlookUnreadable"),
            acceptsMail: acceptsMail(recipient),
            keep: canKeep && isKeepable,
        };
    });
    // The view shows the summary for `pass` only for a report with a recipient; this one has no findings.
    const fine = { address: "", severity: /** @type {const} */ ("pass"), findings: [], suggestion: null, suggestions: [], raisedBy: [] };
    return {
        severity: shown[0]?.recipient.severity ?? "pass",
        recipients: isEmpty ? [] : [...recipients, fine],
    };
}

/**
 * @param {import("../item.js").Entry} entry
 * @param {Text} text
 */
function fieldNote({ field }, text) {
    return field === "to" || field === "required" ? null : text("outlookField", text(FIELDS[field]));
}

/**
 * Names the fields that are not known, and says if there are no recipients yet.
 *
 * @param {import("../item.js").Reading} reading
 * @param {Text} text
 */
export function showPartly({ failed, entries }, text) {
    const partly = element("partly");
    const say = (/** @type {string} */ key, /** @type {import("../item.js").Failure[]} */ failures) =>
        failures.length > 0 ? [text(key, failures.map(({ field }) => text(FIELDS[field])).join(", "))] : [];
    const isNew = [
        ...say("outlookFieldsFailed", failed.filter(({ reason }) => reason !== "cut-off")),
        ...say("outlookFieldsCutOff", failed.filter(({ reason }) => reason === "cut-off")),
    ].join(" ");
    // A screen reader would speak a text again that is written again.
    if (partly.textContent !== isNew) {
        partly.textContent = isNew;
    }
    partly.hidden = isNew === "";
    element("empty").hidden = entries.length > 0 || failed.length > 0;
}

/**
 * @param {readonly Flagged[]} kept
 * @param {Text} text
 * @param {(flagged: Flagged) => void} unkeep
 */
export function showKept(kept, text, unkeep) {
    element("kept").hidden = kept.length === 0;
    const items = kept.map((flagged) => {
        const item = document.createElement("li");
        const address = document.createElement("bdi");
        address.className = "mg-text";
        address.dir = "ltr";
        address.textContent = identityOf(flagged.entry);
        item.append(address);
        const { reason } = flagged.kept ?? {};
        if (reason !== undefined) {
            const line = document.createElement("p");
            line.className = "hint";
            line.dir = "auto";
            line.textContent = text("outlookKeptReason", reason);
            item.append(line);
        }
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = text("outlookUnkeep");
        button.setAttribute("aria-label", `${text("outlookUnkeep")} ${identityOf(flagged.entry)}`);
        button.addEventListener("click", () => unkeep(flagged));
        item.append(button);
        return item;
    });
    const list = element("kept-list");
    // The list is replaced only if it differs, because a button with the focus must not disappear.
    if (list.dataset.shown !== JSON.stringify(kept.map((one) => one.kept))) {
        list.dataset.shown = JSON.stringify(kept.map((one) => one.kept));
        list.replaceChildren(...items);
    }
}
