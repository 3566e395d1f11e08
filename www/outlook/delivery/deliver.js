// @ts-check
// Sends the events that wait in the mailbox to the organisation's server, and enrols the client there. A failure to report
// stops no message, so nothing here rejects.

import { Backend } from "../../shared/backend.js";
import { enrolmentOf } from "../enrolment.js";
import { openSpool } from "../spool.js";

/**
 * @param {import("../../shared/backend.js").BackendConfig} config
 * @param {string} version
 * @param {import("../calls.js").Calls} calls
 * @param {number} saveMs how long storing the remaining events may take
 * @returns {Promise<void>}
 */
export async function deliverWaiting(config, version, calls, saveMs) {
    try {
        const settings = Office.context.roamingSettings;
        const server = new Backend(config, undefined, enrolmentOf(settings, calls, version, saveMs));
        await openSpool(settings, calls, () => server, saveMs).flush();
        // When a window opens, no event waits yet. The client enrols now, so that a later decision of
        // the sender is reported at once.
        await server.enrol();
    } catch {
        // The next runtime sends the events that wait.
    }
}
