// @ts-check
// The clients that can be simulated, with their differences according to Microsoft's documentation (August 2026).

/**
 * @typedef {object} Client
 * @property {string} name
 * @property {string} hostName `mailbox.diagnostics.hostName`
 * @property {string} platform `Office.context.platform`
 * @property {number} newest the highest minor version of the requirement set Mailbox 1.x
 * @property {number | null} inFlight how many asynchronous calls may wait for an answer at a time
 * @property {number} notifications how many notifications an item can have
 * @property {boolean} hasInsight whether a notification may have a button
 * @property {boolean} hasSend whether it has events for Send
 * @property {boolean} hasTakeAction whether the question at Send has a separate button that opens the pane
 * @property {boolean} isScriptOnly whether events run in an engine without a page
 * @property {boolean} isOnPremises whether all of classic Outlook's events run, although the server announces an older
 *     requirement set
 */

/** The lowest and the highest minor version of Mailbox 1.x that can be chosen. */
export const OLDEST = 5;
export const NEWEST = 16;

/** @type {Readonly<Record<string, Client>>} */
export const CLIENTS = Object.freeze({
    web: client({ name: "Outlook on the web", hostName: "OutlookWebApp", platform: "OfficeOnline" }),
    "new-windows": client({ name: "New Outlook for Windows", hostName: "newOutlookWindows", platform: "OfficeOnline" }),
    "classic-windows": client({
        name: "Classic Outlook for Windows",
        hostName: "Outlook",
        platform: "PC",
        inFlight: null,
        isScriptOnly: true,
    }),
    "on-premises": client({
        name: "Classic Outlook for Windows, Exchange on premises",
        hostName: "Outlook",
        platform: "PC",
        newest: 5,
        inFlight: null,
        isScriptOnly: true,
        isOnPremises: true,
    }),
    mac: client({
        name: "New Outlook for Mac",
        hostName: "Outlook",
        platform: "Mac",
        inFlight: null,
        hasTakeAction: false,
    }),
    android: client({
        name: "Outlook for Android",
        hostName: "OutlookAndroid",
        platform: "Android",
        newest: 5,
        notifications: 1,
        hasInsight: false,
        hasSend: false,
    }),
});

/**
 * The most recipients of a field that one call returns; `null`: all of them.
 *
 * @param {Client} of
 * @param {number} set
 */
export function readLimit({ platform, hostName }, set) {
    if (platform === "Mac") {
        return null;
    }
    if (hostName === "OutlookAndroid") {
        return 100;
    }
    return hostName === "Outlook" && set < 16 ? 500 : 1000;
}

/**
 * The most recipients that one call writes.
 *
 * @param {Client} of
 */
export function writeLimit({ platform }) {
    return platform === "Mac" || platform === "Android" ? null : 100;
}

/**
 * The most recipients that a field may have.
 *
 * @param {Client} of
 */
export function fieldLimit({ platform }) {
    return platform === "PC" ? 500 : null;
}

/**
 * Whether the client has an event: one of its requirement set or of an earlier set; on premises, any that classic Outlook has.
 *
 * @param {Client} of
 * @param {number} set
 * @param {string} type
 */
export function hasEvent({ isOnPremises, hasSend, hostName }, set, type) {
    const since = EVENTS[type];
    if (since === undefined || (!hasSend && SEND_EVENTS.includes(type))) {
        return false;
    }
    if (hostName === "OutlookAndroid") {
        return MOBILE_EVENTS.includes(type);
    }
    return isOnPremises || set >= since;
}

/** @type {Readonly<Record<string, number>>} */
const EVENTS = Object.freeze({
    OnNewMessageCompose: 10,
    OnMessageRecipientsChanged: 11,
    OnAppointmentAttendeesChanged: 11,
    OnMessageCompose: 12,
    OnAppointmentOrganizer: 12,
    OnMessageSend: 12,
    OnAppointmentSend: 12,
});

const SEND_EVENTS = ["OnMessageSend", "OnAppointmentSend"];
const MOBILE_EVENTS = ["OnNewMessageCompose", "OnMessageRecipientsChanged"];

/**
 * @param {Pick<Client, "name" | "hostName" | "platform"> & Partial<Client>} given
 * @returns {Client}
 */
function client(given) {
    return Object.freeze({
        newest: NEWEST,
        inFlight: 3,
        notifications: 5,
        hasInsight: true,
        hasSend: true,
        hasTakeAction: true,
        isScriptOnly: false,
        isOnPremises: false,
        ...given,
    });
}
