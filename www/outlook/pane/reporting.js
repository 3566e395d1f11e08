// @ts-check
// Sends the events of the pane, and those that the script at Send has left, to the organisation's server. No
// message waits for this, and a failure here stops none.

import { describeEvents, randomUuid } from "../../shared/events.js";
import { isStopping } from "../../shared/policy.js";
import { openSpool, PATIENT_SAVE_MS } from "../spool.js";
import { reported } from "../verdict.js";

/** @typedef {import("./settings.js").PaneSettings} PaneSettings */
/** @typedef {import("../../checker/milguard.js").RecipientReport} RecipientReport */

/** How long reports wait after the pane has opened, so that they do not delay the verdict. */
const START_MS = 1000;
const PERIOD_MS = 60_000;

export class Reporting {
    /** How many events wait for the server. */
    waiting = 0;
    #settings;
    #version;
    #onChange;
    #spool;
    /** The UUID for events if no question at Send opened the pane. */
    #message = randomUuid();

    /**
     * @param {import("../host.js").OfficeApi} office
     * @param {import("../calls.js").Calls} calls
     * @param {() => PaneSettings} settings
     * @param {string} version
     * @param {() => void} onChange
     */
    constructor(office, calls, settings, version, onChange) {
        this.#settings = settings;
        this.#version = version;
        this.#onChange = onChange;
        this.#spool = openSpool(office.context.roamingSettings, calls, () => settings().server, PATIENT_SAVE_MS);
    }

    /** Sends the waiting events, now and from time to time. */
    start() {
        setTimeout(() => void this.#flush(), START_MS);
        setInterval(() => void this.#flush(), PERIOD_MS);
    }

    /**
     * @param {string | undefined} message
     * @param {"fixed" | "removed"} action
     * @param {RecipientReport} recipient
     */
    add(message, action, recipient) {
        const { policy, server } = this.#settings();
        // Without a server nobody would ever receive the event, so nothing stores it.
        if (server && isStopping(recipient.severity)) {
            const decision = { message: message ?? this.#message, action, recipients: [reported(recipient)] };
            const events = describeEvents(decision, { host: "outlook", clientVersion: this.#version, policy });
            void this.#spool.add(events).then(() => this.#flush());
        }
    }

    async #flush() {
        if (this.#settings().server) {
            await this.#spool.flush();
            const { waiting } = await this.#spool.status();
            if (waiting !== this.waiting) {
                this.waiting = waiting;
                this.#onChange();
            }
        }
    }
}
