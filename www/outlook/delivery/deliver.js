// @ts-check
// Sends the events that wait in the mailbox to the organisation's server, and makes the client known there. Reporting never
// gets in the way: nothing here rejects.

import { Backend } from "../../shared/backend.js";
import { enrolmentOf } from "../enrolment.js";
import { openSpool } from "../spool.js";

/**
 * @param {import("../../shared/backend.js").BackendConfig} config
 * @param {string} version
 * @param {import("../calls.js").Calls} calls
 * @param {number} saveMs how long what is left may take to be stored
 * @returns {Promise<void>}
 */
export async function deliverWaiting(config, version, calls, saveMs) {
    try {
        const settings = Office.context.roamingSettings;
        const server = new Backend(config, undefined, enrolmentOf(settings, calls, version, saveMs));
        await openSpool(settings, calls, () => server, saveMs).flush();
        // When a window opens, nothing waits yet: what the sender decides later finds the client known.
        await server.enrol();
    } catch {
        // The events that wait are left to the next runtime.
    }
}
