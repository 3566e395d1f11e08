// @ts-check
// The `Office` object of one runtime: the pane's, or that of one event.

import { ArgumentError, Calls } from "./calls.js";
import { makeItem, RECIPIENTS_CHANGED } from "./item.js";
import { makeRoamingSettings } from "./storage.js";

/**
 * The state of one runtime besides its `Office`.
 *
 * @typedef {object} Runtime
 * @property {any} Office the simulated part of it; not typed, because tests also make calls that Microsoft's types refuse
 * @property {Map<string, (event: object) => unknown>} functions the functions given to `Office.actions.associate`, by name
 * @property {Map<string, Set<(event: object) => void>>} handlers of the item's events
 */

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {{ kind: "event" | "pane", contextData?: string }} how
 * @returns {Runtime}
 */
export function makeRuntime(outlook, { kind, contextData = "" }) {
    const { client, set, mailbox, settings } = outlook;
    const calls = new Calls({
        latencyMs: () => settings.latencyMs,
        fault: (method) => outlook.faultOf(method),
        inFlight: client.inFlight,
        schedule: settings.schedule,
    });
    /** @type {Runtime["functions"]} */
    const functions = new Map();
    /** @type {Runtime["handlers"]} */
    const handlers = new Map();

    const diagnostics = Object.freeze({ host: "Outlook", platform: client.platform, version: "16.0.19000.20000" });
    const context = {
        host: "Outlook",
        platform: client.platform,
        diagnostics,
        displayLanguage: mailbox.language,
        contentLanguage: mailbox.language,
        requirements: Object.freeze({
            isSetSupported(/** @type {unknown} */ name, /** @type {unknown} */ version = "1.1") {
                if (name === undefined || name === null) {
                    return false;
                }
                if (typeof name !== "string") {
                    throw new ArgumentError("type", "name");
                }
                const [major, minor = "0"] = String(version).split(".");
                return name.toLowerCase() === "mailbox" && major === "1" && Number(minor) <= set;
            },
        }),
        roamingSettings: makeRoamingSettings(outlook, calls),
        mailbox: Object.freeze({
            diagnostics: Object.freeze({ hostName: client.hostName, hostVersion: diagnostics.version }),
            userProfile: Object.freeze({ ...mailbox.user, timeZone: "UTC" }),
            item: makeItem(outlook, calls, { kind, contextData, handlers }),
        }),
    };

    // In classic Outlook's script runtime, `Office.onReady` never answers.
    const isReady = kind === "pane" || !client.isScriptOnly;
    const info = Object.freeze({ host: "Outlook", platform: client.platform });
    const ready = isReady ? new Promise((resolve) => settings.schedule(() => resolve(info), 0)) : new Promise(() => {});
    const Office = {
        context: Object.freeze(context),
        actions: Object.freeze({
            associate(/** @type {unknown} */ name, /** @type {unknown} */ action) {
                if (typeof name !== "string") {
                    throw new ArgumentError("type", "actionId");
                }
                if (typeof action !== "function") {
                    throw new ArgumentError("type", "action");
                }
                functions.set(name, /** @type {(event: object) => unknown} */ (action));
            },
        }),
        onReady(/** @type {unknown} */ callback) {
            return typeof callback === "function" ? ready.then((given) => (callback(given), given)) : ready;
        },
        ...ENUMERATIONS,
    };
    return { Office, functions, handlers };
}

const ENUMERATIONS = Object.freeze({
    AsyncResultStatus: Object.freeze({ Succeeded: "succeeded", Failed: "failed" }),
    CoercionType: Object.freeze({ Text: "text", Html: "html" }),
    EventType: Object.freeze({ RecipientsChanged: RECIPIENTS_CHANGED, AttachmentsChanged: "olkAttachmentsChanged" }),
    HostType: Object.freeze({ Outlook: "Outlook" }),
    PlatformType: Object.freeze({ PC: "PC", OfficeOnline: "OfficeOnline", Mac: "Mac", iOS: "iOS", Android: "Android" }),
    MailboxEnums: Object.freeze({
        ActionType: Object.freeze({ ShowTaskPane: "showTaskPane" }),
        ItemNotificationMessageType: Object.freeze({
            ProgressIndicator: "progressIndicator",
            InformationalMessage: "informationalMessage",
            ErrorMessage: "errorMessage",
            InsightMessage: "insightMessage",
        }),
        ItemType: Object.freeze({ Message: "message", Appointment: "appointment" }),
        RecipientType: Object.freeze({
            DistributionList: "distributionList",
            ExternalUser: "externalUser",
            Other: "other",
            User: "user",
        }),
    }),
});
