// @ts-check
// Asks Outlook what it can do, because its version number says little about that.

/** The global `Office` with Microsoft's types; older clients lack members. @typedef {typeof Office} OfficeApi */

/** The buttons of the manifest that open the pane. */
export const PANE_COMMANDS = Object.freeze({
    message: "milguardPaneCompose",
    appointment: "milguardPaneAppointment",
});

/** A manifest icon, by the name that notifications use. */
export const ICON = "Icon.16";

/** The version of the `Context` format. */
const CONTEXT_VERSION = 1;

/**
 * @param {OfficeApi} office
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
 * The sender's languages, best first.
 *
 * @param {OfficeApi} office
 * @returns {string[]} BCP 47 tags
 */
export function languagesOf(office) {
    const tags = [];
    for (const property of /** @type {const} */ (["displayLanguage", "contentLanguage"])) {
        try {
            tags.push(office.context[property]);
        } catch {
            // This Outlook does not have the property.
        }
    }
    return tags.filter((tag) => typeof tag === "string" && tag !== "");
}

/**
 * @param {OfficeApi | null} office
 * @returns {boolean} whether this is a phone, where a notification has no button
 */
export function isMobile(office) {
    try {
        const hostName = office?.context.mailbox.diagnostics.hostName;
        return hostName === "OutlookIOS" || hostName === "OutlookAndroid";
    } catch {
        return false;
    }
}

/** The most recipients that one call reads, by client and requirement set; phones have their own limit. */
const READ_LIMITS = Object.freeze([500, 1000]);
const READ_LIMIT_MOBILE = 100;

/**
 * Whether a field with this many recipients may hold more that Outlook has not returned.
 *
 * @param {OfficeApi | null} office `null` if the client is unknown
 * @returns {(length: number) => boolean}
 */
export function mayBeCutOff(office) {
    const isPhone = isMobile(office);
    return (length) => READ_LIMITS.includes(length) || (isPhone && length >= READ_LIMIT_MOBILE);
}

/**
 * The context that the question at Send passes to the pane it opens.
 *
 * @typedef {object} Context
 * @property {string} message the UUID of this stop, as in events
 * @property {"found" | "failed"} cause
 * @property {"justification"} [override] set if the script's policy asks for a reason. The pane may have a newer policy
 *     that asks for none, but the next Send follows the script's
 */

/**
 * The context as text, because older clients drop other values.
 *
 * @param {Context} context
 * @returns {string}
 */
export function writeContext(context) {
    return JSON.stringify({ v: CONTEXT_VERSION, ...context });
}

/**
 * @param {unknown} data the result of `getInitializationContextAsync`: the text, or an object with the
 *     same members
 * @returns {Context | null} `null` if something else opened the pane
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
