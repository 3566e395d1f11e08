// @ts-check
// The handlers of the events in the manifest. They are registered at the top level of the script: classic Outlook calls
// neither `Office.onReady` nor `Office.initialize`, and a missing handler stops mail.

import { composeHandler } from "./compose.js";
import { sendHandler } from "./send.js";

Office.actions.associate("onMessageSend", sendHandler("message"));
Office.actions.associate("onAppointmentSend", sendHandler("appointment"));
Office.actions.associate("onMessageRecipientsChanged", composeHandler("message"));
Office.actions.associate("onAppointmentAttendeesChanged", composeHandler("appointment"));
// Outlook fires these when a window opens, even for a draft or a meeting that has attendees already.
Office.actions.associate("onMessageCompose", composeHandler("message"));
Office.actions.associate("onAppointmentOrganizer", composeHandler("appointment"));
// Phones fire this one in place of those two.
Office.actions.associate("onNewMessageCompose", composeHandler("message"));
