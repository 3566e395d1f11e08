// @ts-check
// "Check this Outlook": records how this Outlook behaves, as a text that a person can send to us. The text contains no
// address and nothing of the message. It is in English, since it is for the people who work on Milguard.

import { element } from "../../shared/dom.js";
import { ICON, supports } from "../host.js";
import { PROBE_ANSWER, PROBE_KEY, PROBE_LINE } from "../probe.js";

const CALL_MS = 5000;

/** The pane looks for the script's answer once a second, for two minutes. */
const LOOK_MS = 1000;
const LOOKS = 120;

const NEWEST_SET = 20;
const TIMER_RUNS = 10;
const TIMER_MS = 10;

const FIELDS = Object.freeze({
    message: /** @type {const} */ (["to", "cc", "bcc", "from", "subject"]),
    appointment: /** @type {const} */ (["requiredAttendees", "optionalAttendees", "organizer", "subject"]),
});

/** @typedef {(callback: import("../calls.js").Callback) => void} Start */
/** @typedef {import("../item.js").Readable} Readable */

export class SelfTest {
    #given;
    /** @type {string[]} */
    #lines = [];
    #isRunning = false;

    /**
     * @param {object} given
     * @param {import("../host.js").OfficeApi} given.office
     * @param {import("../item.js").Item} given.item
     * @param {import("../item.js").Kind} given.kind
     * @param {import("../calls.js").Calls} given.calls
     * @param {string} given.version
     * @param {() => import("../../shared/backend.js").Backend | null} given.server
     */
    constructor(given) {
        this.#given = given;
        element("check").addEventListener("click", () => void this.run());
        element("check-copy").addEventListener("click", () => this.#copy());
    }

    /** Fills the text. Only one test runs at a time. */
    async run() {
        if (this.#isRunning) {
            return;
        }
        this.#isRunning = true;
        this.#lines = [];
        element("check-result").hidden = false;
        try {
            this.#client();
            await this.#timers();
            await this.#reading();
            await this.#network();
            if (await this.#mark()) {
                await this.#awaitEvent();
            }
        } catch (error) {
            this.#say("stopped", String(error));
        } finally {
            await this.#clear();
            this.#isRunning = false;
        }
    }

    #client() {
        const { office, kind, version } = this.#given;
        this.#say("Milguard", `${version}, ${kind}`);
        this.#say("client", attempt(() => `${office.context.mailbox.diagnostics.hostName} ${office.context.mailbox.diagnostics.hostVersion}`));
        this.#say("platform", attempt(() => `${office.context.diagnostics.platform} ${office.context.diagnostics.version}`));
        this.#say("browser", navigator.userAgent);
        const sets = Array.from({ length: NEWEST_SET }, (_, at) => at + 1).filter((minor) => supports(office, `1.${minor}`));
        this.#say("requirement sets", `Mailbox 1.${sets.join(", 1.")}`);
    }

    async #timers() {
        const begin = performance.now();
        for (let run = 0; run < TIMER_RUNS; run += 1) {
            await new Promise((resolve) => setTimeout(resolve, TIMER_MS));
        }
        this.#say("timer of 10 ms", `${Math.round((performance.now() - begin) / TIMER_RUNS)} ms`);
    }

    async #reading() {
        const { item, kind } = this.#given;
        for (const field of FIELDS[kind]) {
            await this.#time(`${field}.getAsync`, (callback) => /** @type {Readable} */ (item[field]).getAsync(callback), describeList);
        }
        await this.#time("body.getAsync", (callback) => item.body.getAsync("text", callback));
        await this.#time("getAttachmentsAsync", (callback) => item.getAttachmentsAsync(callback), describeList);
        await this.#time("getInitializationContextAsync", (callback) => item.getInitializationContextAsync(callback));
    }

    async #network() {
        this.#say("fetch keepalive", "keepalive" in Request.prototype ? "known" : "unknown");
        const server = this.#given.server();
        if (server === null) {
            this.#say("server", "none");
            return;
        }
        const begin = performance.now();
        const { result } = await server.policy(null);
        this.#say("server", `${result} in ${Math.round(performance.now() - begin)} ms`);
    }

    /** Leaves a mark in each place, and the line that asks the script to look for them. */
    async #mark() {
        const { office, item } = this.#given;
        const mark = String(Date.now());
        await this.#time("sessionData.setAsync", (callback) => item.sessionData.setAsync(PROBE_KEY, mark, callback));
        const { value } = await this.#time("loadCustomPropertiesAsync", (callback) => item.loadCustomPropertiesAsync(callback));
        // If Outlook gave no properties, the next two lines of the text say so.
        const properties = /** @type {Office.CustomProperties} */ (value);
        attempt(() => properties.set(PROBE_KEY, mark));
        await this.#time("customProperties.saveAsync", (callback) => properties.saveAsync(callback));
        attempt(() => office.context.roamingSettings.set(PROBE_KEY, mark));
        await this.#time("roamingSettings.saveAsync", (callback) => office.context.roamingSettings.saveAsync(callback));
        const message = "Milguard waits for an event of Outlook: add a recipient, or take one out.";
        const details = { type: "informationalMessage", message, icon: ICON, persistent: true };
        const { isDone } = await this.#time("notificationMessages.replaceAsync", (callback) =>
            item.notificationMessages.replaceAsync(PROBE_LINE, details, callback),
        );
        return isDone;
    }

    async #awaitEvent() {
        element("check-next").hidden = false;
        for (let look = 0; look < LOOKS; look += 1) {
            await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
            const shown = await this.#call((callback) => this.#given.item.notificationMessages.getAllAsync(callback));
            const line = shown.ok && Array.isArray(shown.value) ? shown.value.find((one) => one?.key === PROBE_LINE) : null;
            if (typeof line?.message === "string" && line.message.startsWith(PROBE_ANSWER)) {
                this.#say("event", line.message.slice(PROBE_ANSWER.length));
                return;
            }
        }
        this.#say("event", `none in ${(LOOKS * LOOK_MS) / 1000} s`);
    }

    /** Removes the marks. */
    async #clear() {
        const { office, item } = this.#given;
        element("check-next").hidden = true;
        await this.#call((callback) => item.notificationMessages.removeAsync(PROBE_LINE, callback));
        await this.#call((callback) => item.sessionData.removeAsync(PROBE_KEY, callback));
        const outcome = await this.#call((callback) => item.loadCustomPropertiesAsync(callback));
        if (outcome.ok) {
            const properties = /** @type {Office.CustomProperties} */ (outcome.value);
            attempt(() => properties.remove(PROBE_KEY));
            await this.#call((callback) => properties.saveAsync(callback));
        }
        attempt(() => office.context.roamingSettings.remove(PROBE_KEY));
        await this.#call((callback) => office.context.roamingSettings.saveAsync(callback));
        this.#say("marks", "taken away");
    }

    /**
     * @param {string} name
     * @param {Start} start
     * @param {(value: unknown) => string} [describeValue]
     * @returns {Promise<{ isDone: boolean, value: unknown }>} whether it succeeded, and with what
     */
    async #time(name, start, describeValue = () => "") {
        const begin = performance.now();
        const outcome = await this.#call(start);
        const ms = `${Math.round(performance.now() - begin)} ms`;
        this.#say(name, outcome.ok ? `${ms} ${describeValue(outcome.value)}`.trim() : `${ms} ${outcome.reason}: ${outcome.detail}`);
        return outcome.ok ? { isDone: true, value: outcome.value } : { isDone: false, value: undefined };
    }

    /** @param {Start} start */
    #call(start) {
        const { calls } = this.#given;
        return calls.make(start, { until: calls.clock.now() + CALL_MS });
    }

    /**
     * @param {string} what
     * @param {string} found
     */
    #say(what, found) {
        this.#lines.push(`${what}: ${found}`);
        /** @type {HTMLTextAreaElement} */ (element("check-text")).value = this.#lines.join("\n");
    }

    #copy() {
        const text = /** @type {HTMLTextAreaElement} */ (element("check-text"));
        text.select();
        // Outlook's frame may not have access to the clipboard; the text is selected in any case.
        navigator.clipboard?.writeText(text.value).catch(() => {});
    }
}

/** The length of a list, since the text must not contain the entries. @param {unknown} value */
function describeList(value) {
    return Array.isArray(value) ? `(${value.length})` : "";
}

/** @param {() => unknown} read */
function attempt(read) {
    try {
        return String(read());
    } catch (error) {
        return `threw ${error}`;
    }
}
