// @ts-check
// The answer to Outlook: in the form that the client's requirement set allows, and exactly once.

import { randomUuid } from "../../shared/events.js";
import { PANE_COMMANDS, supports, writeContext } from "../host.js";
import { MAX_ALERT, MAX_BUTTON } from "../texts.js";
import { loadSettings, text } from "./script.js";

/** @typedef {import("../item.js").Kind} Kind */
/** @typedef {Office.SmartAlertsEventCompletedOptions} Options */

/** The answer if even the texts cannot be read: Outlook then does not send the message, which nobody checked. */
const LAST_RESORT = Object.freeze({
    allowEvent: false,
    errorMessage: "Milguard could not check the recipients. Look closely at each address before you send.",
});

/**
 * Ends an event. Only the first call counts.
 *
 * @param {{ completed(options?: Options): void }} event
 * @returns {(options?: Options) => void} never throws
 */
export function finishOnce(event) {
    let isOver = false;
    return (options) => {
        if (isOver) {
            return;
        }
        isOver = true;
        try {
            event.completed(options);
        } catch {
            finishPlainly(event, options);
        }
    };
}

/**
 * Completes an event with the two oldest options alone. A client that throws at an option that it does not know has not
 * completed the event.
 *
 * @param {{ completed(options?: Options): void }} event
 * @param {Options} [options]
 */
function finishPlainly(event, options) {
    try {
        if (options) {
            const { allowEvent = false, errorMessage } = options;
            event.completed(errorMessage === undefined ? { allowEvent } : { allowEvent, errorMessage });
        } else {
            event.completed();
        }
    } catch {
        // There is no other way to answer this client.
    }
}

/** Lets the message leave. */
export const SEND = Object.freeze({ allowEvent: true });

/**
 * Holds the message for the sender.
 *
 * @param {object} question
 * @param {Kind} question.kind
 * @param {import("../texts.js").Alert} question.alert
 * @param {boolean} question.maySend whether policy lets the sender continue in Outlook's own dialog
 * @param {import("../host.js").Context} question.context for the pane
 * @returns {Options}
 */
export function ask({ kind, alert, maySend, context }) {
    /** @type {Options} */
    const options = { allowEvent: false, errorMessage: alert.plain.slice(0, MAX_ALERT) };
    if (supports(Office, "1.14")) {
        options.cancelLabel = text("outlookAlertButton").slice(0, MAX_BUTTON);
        options.commandId = PANE_COMMANDS[kind];
        options.contextData = writeContext(context);
        if (maySend) {
            options.sendModeOverride = "promptUser";
        }
    }
    if (supports(Office, "1.15")) {
        options.errorMessageMarkdown = alert.markdown.slice(0, MAX_ALERT);
    }
    return options;
}

/**
 * The policy's answer if the check failed, or not all recipients are known. Never throws.
 *
 * @param {Kind} kind
 * @param {import("../item.js").Reading} [reading] the recipients, if they were read
 * @returns {Options}
 */
export function unchecked(kind, reading) {
    try {
        const { mode, onFailure } = loadSettings().policy;
        if (mode === "audit" || onFailure === "allow") {
            return SEND;
        }
        const isPartly = reading !== undefined && reading.failed.every(({ reason }) => reason === "cut-off");
        const asked = isPartly && reading.failed.length > 0 ? "outlookAlertPartly" : "outlookAlertFailed";
        const sentence = text(onFailure === "block" ? "outlookAlertFailedBlocked" : asked);
        return ask({
            kind,
            alert: { plain: sentence || LAST_RESORT.errorMessage, markdown: sentence || LAST_RESORT.errorMessage },
            maySend: onFailure !== "block",
            context: { message: randomUuid(), cause: "failed" },
        });
    } catch {
        return LAST_RESORT;
    }
}
