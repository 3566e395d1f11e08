// @ts-check
// The handlers of the events in the manifest. They are registered at the top level of the script: classic Outlook calls
// neither `Office.onReady` nor `Office.initialize`, and a missing handler stops mail.

import { composeHandler } from "./compose.js";
import { sendHandler } from "./send.js";

Office.actions.associate("onMessageSend", sendHandler("message"));
Office.actions.associate("onAppointmentSend", sendHandler("appointment"));
Office.actions.associate("onMessageRecipientsChanged", composeHandler("message"));
Office.actions.associate("onAppointmentAttendeesChanged", composeHandler("appointment"));
// The events of a window that opens, even with a draft or with a meeting that has attendees already.
Office.actions.associate("onMessageCompose", composeHandler("message"));
Office.actions.associate("onAppointmentOrganizer", composeHandler("appointment"));
// The event on phones, which have neither of those two.
Office.actions.associate("onNewMessageCompose", composeHandler("message"));
