// @ts-check
// The handlers of the events that the manifest names. They are registered at the top level of the script: classic Outlook
// calls neither `Office.onReady` nor `Office.initialize`, and a handler that is missing stops mail.

import { composeHandler } from "./compose.js";
import { sendHandler } from "./send.js";

Office.actions.associate("onMessageSend", sendHandler("message"));
Office.actions.associate("onAppointmentSend", sendHandler("appointment"));
Office.actions.associate("onMessageRecipientsChanged", composeHandler("message"));
Office.actions.associate("onAppointmentAttendeesChanged", composeHandler("appointment"));
// Of a window that opens, also one with a draft or a meeting that has attendees already.
Office.actions.associate("onMessageCompose", composeHandler("message"));
Office.actions.associate("onAppointmentOrganizer", composeHandler("appointment"));
// On phones, which have neither of the two.
Office.actions.associate("onNewMessageCompose", composeHandler("message"));
