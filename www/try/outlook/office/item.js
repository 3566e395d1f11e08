// @ts-check
// The item being written, as `Office.context.mailbox.item` gives it to one runtime. It has only the members of the client's
// requirement set.

import { ArgumentError, CallError, readInAnyOrder, readString } from "./calls.js";
import { makeNotifications } from "./notifications.js";
import { makeRecipients } from "./recipients.js";
import { makeSessionData, takeCustomProperties } from "./storage.js";

/** Kinds of items and their fields, in the order of the window. */
export const FIELDS = Object.freeze({
    message: Object.freeze(["to", "cc", "bcc"]),
    appointment: Object.freeze(["requiredAttendees", "optionalAttendees"]),
});

export const RECIPIENTS_CHANGED = "olkRecipientsChanged";
const ITEM_EVENTS = [RECIPIENTS_CHANGED, "olkAttachmentsChanged", "olkAppointmentTimeChanged", "olkRecurrenceChanged"];
const COERCIONS = ["text", "html"];

/**
 * @param {import("./outlook.js").Outlook} outlook
 * @param {import("./calls.js").Calls} calls
 * @param {{ kind: "event" | "pane", contextData: string, handlers: Map<string, Set<(event: object) => void>> }} runtime
 */
export function makeItem(outlook, calls, { kind, contextData, handlers }) {
    const { draft, set } = outlook;
    /** @type {Record<string, unknown>} */
    const item = { itemType: draft.kind };
    for (const field of FIELDS[draft.kind]) {
        item[field] = makeRecipients(outlook, calls, field);
    }
    item.subject = Object.freeze({
        getAsync(/** @type {unknown[]} */ ...tail) {
            calls.take("subject.getAsync", tail, () => draft.subject, { needsCallback: true });
        },
    });
    item.body = Object.freeze({
        getAsync(/** @type {unknown} */ coercionType, /** @type {unknown[]} */ ...tail) {
            if (!COERCIONS.includes(readString(coercionType, "coercionType"))) {
                throw new ArgumentError("value", "coercionType");
            }
            calls.take("body.getAsync", tail, () => draft.body, { needsCallback: true });
        },
    });
    item.notificationMessages = makeNotifications(outlook, calls);
    item.loadCustomPropertiesAsync = (/** @type {unknown[]} */ ...tail) => takeCustomProperties(outlook, calls, kind, tail);
    if (set >= 7) {
        item[draft.kind === "message" ? "from" : "organizer"] = Object.freeze({
            getAsync(/** @type {unknown[]} */ ...tail) {
                calls.take("from.getAsync", tail, () => ({ ...outlook.mailbox.user }), { needsCallback: true });
            },
        });
        addEvents(item, calls, handlers);
    }
    if (set >= 8) {
        item.getAttachmentsAsync = (/** @type {unknown[]} */ ...tail) => {
            const list = () => draft.attachments.map((name, at) => ({ id: String(at), name, size: 1, isInline: false }));
            calls.take("item.getAttachmentsAsync", tail, list, { needsCallback: true });
        };
        item.getInitializationContextAsync = (/** @type {unknown[]} */ ...tail) => {
            calls.take("item.getInitializationContextAsync", tail, () => contextData);
        };
    }
    if (set >= 11) {
        item.sessionData = makeSessionData(outlook, calls, kind);
    }
    return Object.freeze(item);
}

/**
 * @param {Record<string, unknown>} item
 * @param {import("./calls.js").Calls} calls
 * @param {Map<string, Set<(event: object) => void>>} handlers
 */
function addEvents(item, calls, handlers) {
    item.addHandlerAsync = (
        /** @type {unknown} */ eventType,
        /** @type {unknown} */ handler,
        /** @type {unknown[]} */ ...tail
    ) => {
        const type = readEventType(eventType);
        if (typeof handler !== "function") {
            throw new ArgumentError("type", "handler");
        }
        const add = () => {
            assertEventType(type);
            const known = handlers.get(type) ?? new Set();
            handlers.set(type, known.add(/** @type {(event: object) => void} */ (handler)));
        };
        calls.take("item.addHandlerAsync", tail, add, { readTail: readInAnyOrder });
    };
    item.removeHandlerAsync = (/** @type {unknown} */ eventType, /** @type {unknown[]} */ ...tail) => {
        const type = readEventType(eventType);
        const remove = () => {
            assertEventType(type);
            handlers.delete(type);
        };
        calls.take("item.removeHandlerAsync", tail, remove, { readTail: readInAnyOrder });
    };
}

/** @param {unknown} given */
function readEventType(given) {
    return given === undefined ? "" : readString(given, "eventType");
}

/** @param {string} type */
function assertEventType(type) {
    if (!ITEM_EVENTS.includes(type)) {
        throw new CallError(5007, "EventNotSupported", "There is no such event.");
    }
}
