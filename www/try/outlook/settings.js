// @ts-check
// The settings of the simulation: the client, the policy, the failures, and a log of events. Their texts are in English.

import { element } from "../../shared/dom.js";
import { CLIENTS, NEWEST, OLDEST } from "./office/clients.js";

/** @typedef {import("./office/outlook.js").Outlook} Outlook */
/** @typedef {import("./office/outlook.js").SendMode} SendMode */
/** @typedef {Record<string, import("./office/calls.js").Fault>} Faults */

/** A file that the simulation does not deliver. @typedef {"script" | "checker" | null} Missing */

/**
 * @typedef {{ faults?: Faults, missing?: Missing, isSessionHidden?: boolean,
 *     arePropertiesHidden?: boolean, isReplaceBroken?: boolean }} Fault
 */

/** @type {Readonly<Record<string, Fault>>} */
const FAULTS = Object.freeze({
    "nothing": {},
    "To and required attendees: reading fails": { faults: { "to.getAsync": "fails", "requiredAttendees.getAsync": "fails" } },
    "To and required attendees: reading never ends": {
        faults: { "to.getAsync": "hangs", "requiredAttendees.getAsync": "hangs" },
    },
    "To and required attendees: reading throws": {
        faults: { "to.getAsync": "throws", "requiredAttendees.getAsync": "throws" },
    },
    "all reading fails": { faults: { "*.getAsync": "fails" } },
    "all reading never ends": { faults: { "*.getAsync": "hangs" } },
    "every call throws": { faults: { "*": "throws" } },
    "writing recipients fails": { faults: { "*.setAsync": "fails", "*.addAsync": "fails" } },
    "adding more than 100 fails": { faults: { "*.addAsync": "fails" } },
    "session data fails": { faults: { "sessionData.*": "fails" } },
    "session data is not seen at Send": { isSessionHidden: true },
    "session data and custom properties are not seen at Send": { isSessionHidden: true, arePropertiesHidden: true },
    "session data and custom properties fail": { faults: { "sessionData.*": "fails", "customProperties.*": "fails" } },
    "replacing a notification changes nothing": { isReplaceBroken: true },
    "notifications fail": { faults: { "notificationMessages.*": "fails" } },
    "changed recipients are not reported": { faults: { "item.addHandlerAsync": "fails" } },
    "the script cannot be loaded": { missing: "script" },
    "the checker of the pane cannot be loaded": { missing: "checker" },
});

/** Policies to try: those that Milguard ships, and some that differ from the built-in one in a single member. */
const POLICIES = Object.freeze({
    "as served": null,
    "default": "default",
    "contractor (countdown)": "contractor",
    "agency (asks for a reason)": "agency",
    "dod (denies *.ml)": "dod",
    "audit": { id: "audit", version: 1, mode: "audit" },
    "never": { id: "never", version: 1, override: { warn: "never" } },
});

export class SettingsPanel {
    /** A configuration that replaces the add-in's own. @type {object | null} */
    config = null;
    /** Resolves when the latest choices are in force. @type {Promise<void>} */
    ready = Promise.resolve();
    #outlook;
    #served;
    #onChange;
    /** @type {Missing} */
    missing = null;

    /**
     * @param {Outlook} outlook
     * @param {SendMode} served the send mode of the manifest
     * @param {() => void} onChange called after each change, so that the pane can start again
     */
    constructor(outlook, served, onChange) {
        this.#outlook = outlook;
        this.#served = served;
        this.#onChange = onChange;
        offer("client", Object.entries(CLIENTS).map(([id, { name }]) => [id, name]));
        offer("policy", Object.keys(POLICIES).map((name) => [name, name]));
        offer("fault", Object.keys(FAULTS).map((name) => [name, name]));
        choice("client").addEventListener("change", () => {
            this.#offerSets();
            this.#apply();
        });
        for (const id of ["set", "mode", "policy", "latency", "fault"]) {
            choice(id).addEventListener("change", () => this.#apply());
        }
        const add = (/** @type {string} */ id, /** @type {() => import("./office/outlook.js").Entry[]} */ make) =>
            element(id).addEventListener("click", () => {
                const field = outlook.draft.kind === "message" ? "to" : "requiredAttendees";
                outlook.setField(field, (outlook.draft.fields[field] ?? []).concat(make()));
            });
        add("add-group", () => [{ emailAddress: "", displayName: "Project team", recipientType: "distributionList" }]);
        add("add-x500", () => [
            { emailAddress: "/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=joe", displayName: "Joe", recipientType: "user" },
        ]);
        add("add-many", () =>
            Array.from({ length: 120 }, (_, index) => {
                const emailAddress = `person${index + 1}@contractor.example`;
                return { emailAddress, displayName: emailAddress, recipientType: "externalUser" };
            }),
        );
        outlook.watch(() => this.#showLog());
        this.#offerSets();
        this.#apply();
    }

    /**
     * @template T
     * @param {() => Promise<T>} load
     * @returns {Promise<T>}
     */
    async loadScript(load) {
        await this.ready;
        if (this.missing === "script") {
            throw new Error("launchevent.js could not be loaded");
        }
        return load();
    }

    /**
     * Replaces `fetch` in the pane's page: the configuration has the chosen policy, and the missing file does not arrive.
     *
     * @param {Window & { fetch?: typeof globalThis.fetch }} scope of the pane's page
     */
    preparePane(scope) {
        const real = globalThis.fetch;
        scope.fetch = async (/** @type {RequestInfo | URL} */ url, /** @type {RequestInit | undefined} */ request) => {
            await this.ready;
            const path = new URL(String(url), location.href).pathname;
            if (this.config !== null && path.endsWith("/outlook/config.json")) {
                return Response.json(this.config);
            }
            if (this.missing === "checker" && path.endsWith(".wasm")) {
                throw new TypeError("the simulation holds this file back");
            }
            return real(url, request);
        };
    }

    #offerSets() {
        const newest = CLIENTS[choice("client").value]?.newest ?? NEWEST;
        const sets = Array.from({ length: newest - OLDEST + 1 }, (_, index) => String(newest - index));
        offer("set", sets.map((minor) => [minor, `Mailbox 1.${minor}`]));
    }

    #apply() {
        const { settings, manifest } = this.#outlook;
        settings.client = choice("client").value;
        settings.set = Number(choice("set").value);
        settings.latencyMs = Number(choice("latency").value);
        /** @type {Fault} */
        const { faults = {}, missing = null, ...others } = FAULTS[choice("fault").value] ?? {};
        const none = { isSessionHidden: false, arePropertiesHidden: false, isReplaceBroken: false };
        Object.assign(settings, none, others, { faults });
        this.missing = missing;
        manifest.sendMode = /** @type {SendMode} */ (choice("mode").value || this.#served);
        this.ready = this.#usePolicy(choice("policy").value);
        this.#onChange();
    }

    /** @param {string} name */
    async #usePolicy(name) {
        const chosen = POLICIES[/** @type {keyof typeof POLICIES} */ (name)];
        const policy =
            typeof chosen === "string"
                ? await (await fetch(new URL(`../../policy/${chosen}.json`, import.meta.url))).json()
                : chosen;
        this.config = policy === null ? null : { policy, sendMode: this.#outlook.manifest.sendMode };
    }

    #showLog() {
        const list = element("log");
        const { log } = this.#outlook;
        list.replaceChildren(
            ...log.slice(-40).map(({ text, isViolation }) => {
                const line = document.createElement("li");
                line.textContent = isViolation ? `Not allowed: ${text}` : text;
                line.classList.toggle("violation", isViolation);
                return line;
            }),
        );
    }
}

/**
 * @param {string} id
 * @param {[value: string, name: string][]} options
 */
function offer(id, options) {
    choice(id).replaceChildren(...options.map(([value, name]) => new Option(name, value)));
}

/** @param {string} id */
function choice(id) {
    return /** @type {HTMLSelectElement} */ (element(id));
}
