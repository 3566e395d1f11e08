// @ts-check
// The handlers of the events that the manifest names. They are registered at the top level of the script: classic Outlook
// calls neither `Office.onReady` nor `Office.initialize`, and a handler that is missing stops mail.

import { composeHandler } from "./compose.js";
import { sendHandler } from "./send.js";

Office.actions.associate("onMessageSend", sendHandler("message"));
Office.actions.associate("onAppointmentSend", sendHandler("appointment"));
Office.actions.associate("onMessageRecipientsChanged", composeHandler("message"));
Office.actions.associate("onAppointmentAttendeesChanged", composeHandler("appointment"));
// The events of a window that opens, also with a draft or with a meeting that has attendees already.
Office.actions.associate("onMessageCompose", composeHandler("message"));
Office.actions.associate("onAppointmentOrganizer", composeHandler("appointment"));
// The event on phones, which have neither of the two.
Office.actions.associate("onNewMessageCompose", composeHandler("message"));
