// @ts-check
// The notifications on an item: `Office.NotificationMessages`. A call that breaks a limit throws, as in
// Office.

import { ArgumentError, CallError, readName, readString } from "./calls.js";

/**
 * @typedef {object} Notification
 * @property {string} key
 * @property {string} type
 * @property {string} message
 * @property {string | undefined} icon
 * @property {{ text: string, commandId: string, contextData: unknown } | null} action
 */

const MAX_KEY = 32;
const MAX_MESSAGE = 150;
const MAX_ACTION = 30;
const TYPES = ["progressIndicator", "informationalMessage", "errorMessage", "insightMessage"];

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 */
export function makeNotifications(outlook, calls) {
    // A runtime belongs to one item: if another item is opened later, this runtime still changes the notifications of the
    // first one.
    const { client, draft } = outlook;
    const shown = () => draft.notifications;

    /** @param {Notification} notification */
    function show(notification) {
        if (notification.icon !== undefined && !outlook.manifest.icons.includes(notification.icon)) {
            throw new CallError(9020, "GenericResponseError", "The manifest has no such image.");
        }
        const others = [...shown().values()].filter(({ key }) => key !== notification.key);
        assertRoom(notification, others, client.notifications);
        shown().set(notification.key, notification);
        outlook.changed();
    }

    return Object.freeze({
        addAsync(/** @type {unknown} */ key, /** @type {unknown} */ details, /** @type {unknown[]} */ ...tail) {
            const notification = readNotification(outlook, key, details);
            calls.take("notificationMessages.addAsync", tail, () => {
                if (shown().has(notification.key)) {
                    throw new CallError(
                        9023,
                        "DuplicateNotificationKey",
                        "A notification with the provided key already exists.",
                    );
                }
                show(notification);
            });
        },
        replaceAsync(/** @type {unknown} */ key, /** @type {unknown} */ details, /** @type {unknown[]} */ ...tail) {
            const notification = readNotification(outlook, key, details);
            calls.take("notificationMessages.replaceAsync", tail, () => {
                if (!(outlook.settings.isReplaceBroken && shown().has(notification.key))) {
                    show(notification);
                }
            });
        },
        removeAsync(/** @type {unknown} */ key, /** @type {unknown[]} */ ...tail) {
            const name = readName(key, "key", MAX_KEY);
            calls.take("notificationMessages.removeAsync", tail, () => {
                if (!shown().delete(name)) {
                    throw new CallError(
                        9024,
                        "NotificationKeyNotFound",
                        "There are no notifications with the provided key.",
                    );
                }
                outlook.changed();
            });
        },
        getAllAsync(/** @type {unknown[]} */ ...tail) {
            const all = () => [...shown().values()].map(({ key, type, message }) => ({ key, type, message }));
            calls.take("notificationMessages.getAllAsync", tail, all, { needsCallback: true });
        },
    });
}

/**
 * @param {Notification} notification
 * @param {readonly Notification[]} others on the item
 * @param {number} most notifications that the client takes
 */
function assertRoom({ type }, others, most) {
    if (others.length >= most) {
        throw new CallError(
            9025,
            "NumberOfNotificationsExceeded",
            "The notification couldn't be added because the notification limit has been reached.",
        );
    }
    if (type === "insightMessage" && others.some((other) => other.type === "insightMessage")) {
        throw new CallError(9025, "NumberOfNotificationsExceeded", "Only one insight message may be on an item.");
    }
}

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {unknown} givenKey
 * @param {unknown} given
 * @returns {Notification}
 */
function readNotification({ client, set }, givenKey, given) {
    const key = readName(givenKey, "key", MAX_KEY);
    if (typeof given !== "object" || given === null) {
        throw new ArgumentError("type", "JSONmessage");
    }
    const { type, message: text, icon, persistent, actions } = /** @type {Record<string, unknown>} */ (given);
    if (typeof type !== "string" || !TYPES.includes(type)) {
        throw new ArgumentError("value", "type");
    }
    const message = readName(text, "message", MAX_MESSAGE);
    const isInsight = type === "insightMessage";
    if (isInsight && (set < 10 || !client.hasInsight)) {
        throw new ArgumentError("value", "type", "this client has no insight messages");
    }
    if (type === "informationalMessage" || isInsight) {
        readName(icon, "icon", 32);
    } else if (icon !== undefined) {
        throw new ArgumentError("value", "icon");
    }
    if (type === "informationalMessage") {
        if (typeof persistent !== "boolean") {
            throw new ArgumentError("type", "persistent");
        }
    } else if (persistent !== undefined) {
        throw new ArgumentError("value", "persistent");
    }
    const image = /** @type {string | undefined} */ (icon);
    return { key, type, message, icon: image, action: isInsight ? readAction(actions) : noAction(actions) };
}

/** @param {unknown} actions */
function readAction(actions) {
    if (!Array.isArray(actions) || actions.length !== 1) {
        throw new ArgumentError("value", "actions", "an insight message has exactly one");
    }
    const { actionType, actionText, commandId, contextData } = actions[0] ?? {};
    if (actionType !== "showTaskPane") {
        throw new ArgumentError("value", "actionType");
    }
    readString(commandId, "commandId");
    return { text: readString(actionText, "actionText", MAX_ACTION), commandId, contextData };
}

/** @param {unknown} actions */
function noAction(actions) {
    if (actions !== undefined && actions !== null) {
        throw new ArgumentError("value", "actions");
    }
    return null;
}
