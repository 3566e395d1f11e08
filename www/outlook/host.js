// @ts-check
// What the Outlook around the add-in can do, by asking it: versions of clients say little.

/** The buttons of the manifest that open the pane. */
export const PANE_COMMANDS = Object.freeze({
    message: "milguardPaneCompose",
    appointment: "milguardPaneAppointment",
});

/** An icon of the manifest, as notifications name it. */
export const ICON = "Icon.16";

/** What opens the pane and what it then knows, as text: older clients drop anything else. */
const CONTEXT_VERSION = 1;

/**
 * @param {any} office the global `Office`
 * @param {string} version of the requirement set `Mailbox`, such as `1.14`
 * @returns {boolean}
 */
export function supports(office, version) {
    try {
        return office.context.requirements.isSetSupported("Mailbox", version) === true;
    } catch {
        return false;
    }
}

/**
 * The languages of the person, best first.
 *
 * @param {any} office
 * @returns {string[]} BCP 47 tags
 */
export function languagesOf(office) {
    const tags = [];
    for (const property of ["displayLanguage", "contentLanguage"]) {
        try {
            tags.push(office.context[property]);
        } catch {
            // The next one.
        }
    }
    return tags.filter((tag) => typeof tag === "string" && tag !== "");
}

/**
 * @param {any} office
 * @returns {boolean} whether this is a phone, where a notification has no button
 */
export function isMobile(office) {
    try {
        const { hostName } = office.context.mailbox.diagnostics;
        return hostName === "OutlookIOS" || hostName === "OutlookAndroid";
    } catch {
        return false;
    }
}

/**
 * What the pane is told by the question at Send that it was opened from.
 *
 * @typedef {object} Context
 * @property {string} message the UUID of this stop, as in events
 * @property {"found" | "failed"} cause
 * @property {"justification"} [override] where the script lets nobody go on without a reason. The pane may have a newer
 *     policy that does, and the next Send still goes by the script's
 */

/**
 * @param {Context} context
 * @returns {string}
 */
export function writeContext(context) {
    return JSON.stringify({ v: CONTEXT_VERSION, ...context });
}

/**
 * @param {unknown} data of `getInitializationContextAsync`: the text, or an object of the same members
 * @returns {Context | null} `null` where the pane was opened otherwise
 */
export function readContext(data) {
    try {
        const { v, message, cause, override } = typeof data === "string" ? JSON.parse(data) : data;
        const isOurs = v === CONTEXT_VERSION && typeof message === "string" && ["found", "failed"].includes(cause);
        if (!isOurs) {
            return null;
        }
        return override === "justification" ? { message, cause, override } : { message, cause };
    } catch {
        return null;
    }
}
