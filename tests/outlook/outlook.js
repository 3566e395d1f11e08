// @ts-check
// Outlook from the view of the script at Send: a bare runtime that has only `Office` and `console`, and an item whose
// parts answer, fail, throw or never answer. It follows Microsoft's documentation strictly.

import { readFileSync } from "node:fs";
import vm from "node:vm";

import { ONLY_ES2016 } from "../www/builds.js";

/**
 * The behaviour of a call: it returns a value, fails, throws, never answers, answers twice, or answers
 * before it returns.
 *
 * @typedef {{ value: unknown } | { error: string } | { now: unknown } | { twice: unknown } | { lateMs: number, value: unknown }
 *     | "never" | "throws" | "missing"} Behaviour
 */

/** A test's description of an item: a list of recipients stands for a field that answers with it. */
/** @typedef {Record<string, Behaviour | unknown[] | string>} Parts */

/**
 * @typedef {object} Setting
 * @property {Parts} [parts] of the item, over those of an empty one
 * @property {string} [mailbox] the requirement set, such as `1.14`
 * @property {unknown} [config] put into the first line, as rendering does
 * @property {string} [configLine] the first line itself, where it is damaged
 * @property {boolean} [hasTimers]
 * @property {string} [language]
 * @property {string} [hostName]
 * @property {"message" | "appointment"} [kind]
 * @property {(script: string) => string} [damage] a change of the script below its first line
 * @property {Record<string, unknown>} [roaming]
 * @property {import("../../www/outlook/delivery/entry.js").Page} [page] the interfaces of a runtime that
 *     is a page
 * @property {(url: string, request: any) => Promise<unknown>} [fetch] the `fetch` that the script runtime of classic
 *     Outlook may have
 * @property {Record<string, unknown>} [office] members in place of those of `Office.context`
 */

/** @typedef {{ method: string, args: any[] }} Call */

export const SCRIPT = readFileSync("dist/outlook/launchevent.js", "utf8");

/** All but the first line, which rendering replaces: compiled once for all contexts. */
const BODY = SCRIPT.replace(/^.*\n/, "");
const compiled = new vm.Script(BODY, { filename: "launchevent.js" });

/** @param {string} address @param {string} [name] */
export const person = (address, name = address) => ({
    emailAddress: address,
    displayName: name,
    recipientType: "externalUser",
});

export class Outlook {
    /** Calls of the item, in order. @type {Call[]} */
    calls = [];
    /** The lines on the item, by key. @type {Map<string, any>} */
    notifications = new Map();
    inFlight = 0;
    mostInFlight = 0;
    saves = 0;

    /** @param {Setting} [setting] */
    constructor(setting = {}) {
        const { kind = "message", mailbox = "1.16", hasTimers = true } = setting;
        /** @type {Map<string, (event: any) => void>} */
        this.handlers = new Map();
        this.roaming = new Map(Object.entries(setting.roaming ?? {}));
        this.setting = setting;
        this.kind = kind;
        const item = this.#item(kind, setting.parts ?? {});
        this.office = {
            actions: {
                associate: (/** @type {string} */ name, /** @type {(event: any) => void} */ handler) => {
                    this.handlers.set(name, handler);
                },
            },
            context: {
                displayLanguage: setting.language ?? "en-US",
                mailbox: { item, diagnostics: { hostName: setting.hostName ?? "Outlook" } },
                requirements: {
                    isSetSupported: (/** @type {string} */ set, /** @type {string} */ version) =>
                        set === "Mailbox" && Number(version.split(".")[1]) <= Number(mailbox.split(".")[1]),
                },
                roamingSettings: {
                    get: (/** @type {string} */ key) => this.roaming.get(key),
                    set: (/** @type {string} */ key, /** @type {unknown} */ value) => this.roaming.set(key, value),
                    saveAsync: this.#method("roamingSettings.saveAsync", setting.parts?.save ?? { value: undefined }),
                },
                ...setting.office,
            },
        };
        /** @type {Record<string, unknown>} */
        const globals = { Office: this.office, console };
        if (hasTimers) {
            Object.assign(globals, { setTimeout, clearTimeout });
        }
        if (setting.page) {
            globals.milguardPage = setting.page;
        }
        if (setting.fetch) {
            globals.fetch = setting.fetch;
        }
        this.context = vm.createContext(globals);
        vm.runInContext(ONLY_ES2016, this.context);
        const line = setting.configLine ?? `var milguardConfig = ${JSON.stringify(setting.config ?? {})};`;
        vm.runInContext(line, this.context);
        const script = setting.damage ? new vm.Script(setting.damage(BODY)) : compiled;
        script.runInContext(this.context);
    }

    /**
     * Runs the event and waits for the answer, and then for a second one that must not come.
     *
     * @param {string} [name]
     * @param {number} [patienceMs]
     * @returns {Promise<any[]>} the arguments of each call of `completed`
     */
    async fire(name = this.kind === "message" ? "onMessageSend" : "onAppointmentSend", patienceMs = 8000) {
        /** @type {any[]} */
        const answers = [];
        let answered = () => {};
        const first = new Promise((resolve) => {
            answered = () => resolve(undefined);
        });
        const event = {
            completed: (/** @type {unknown} */ options) => {
                answers.push(options);
                answered();
            },
        };
        this.handlers.get(name)?.(event);
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        const late = new Promise((resolve) => {
            timer = setTimeout(resolve, patienceMs);
        });
        await Promise.race([first, late]);
        clearTimeout(timer);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return answers;
    }

    /**
     * The one answer to the event.
     *
     * @param {string} [name]
     * @returns {Promise<any>}
     */
    async answer(name) {
        const answers = await this.fire(name);
        if (answers.length !== 1) {
            throw new Error(`the event was completed ${answers.length} times`);
        }
        return answers[0];
    }

    /** @param {string} method */
    count(method) {
        return this.calls.filter((call) => call.method === method).length;
    }

    /**
     * @param {"message" | "appointment"} kind
     * @param {Parts} parts
     */
    #item(kind, parts) {
        const lists =
            kind === "message" ? ["to", "cc", "bcc"] : ["requiredAttendees", "optionalAttendees"];
        /** @type {Record<string, any>} */
        const item = { itemType: kind };
        for (const list of lists) {
            item[list] = this.#getter(list, parts[list] ?? []);
        }
        const sender = kind === "message" ? "from" : "organizer";
        item[sender] = this.#getter(sender, parts[sender] ?? { value: person("jane.doe@example.com", "Jane Doe") });
        item.subject = this.#getter("subject", parts.subject ?? { value: "Minutes" });
        item.body = this.#getter("body", parts.body ?? { value: "Hello" });
        item.getAttachmentsAsync = this.#method("attachments", parts.attachments ?? []);
        item.sessionData = this.#getter("sessionData", parts.sessionData ?? { error: "no such key" });
        if (item.sessionData) {
            item.sessionData.setAsync = this.#method("sessionData.setAsync", { value: undefined });
        }
        const show = (/** @type {Behaviour | unknown[] | string} */ behaviour, /** @type {string} */ name) =>
            this.#method(name, behaviour, (key, details) => {
                this.notifications.set(key, details);
            });
        item.notificationMessages = {
            replaceAsync: (/** @type {string} */ key, /** @type {any} */ details, /** @type {any} */ callback) => {
                const isRefused = details.type === "insightMessage" && parts.insight === "refused";
                const outcome = isRefused ? { error: "not supported here" } : (parts.notify ?? { value: undefined });
                show(outcome, "replaceAsync")(key, details, callback);
            },
            removeAsync: this.#method("removeAsync", { value: undefined }, (key) => {
                this.notifications.delete(key);
            }),
            getAllAsync: (/** @type {any} */ callback) =>
                this.#method("getAllAsync", parts.pulse ?? {
                    value: [...this.notifications].map(([key, { type, message }]) => ({ key, type, message })),
                })(callback),
        };
        item.loadCustomPropertiesAsync = this.#method(
            "loadCustomPropertiesAsync",
            parts.customProperties ?? { value: { get: () => undefined } },
        );
        if (parts.item === "missing") {
            return null;
        }
        for (const setter of ["to", "cc", "bcc", "requiredAttendees", "optionalAttendees", "subject", "body"]) {
            if (item[setter]) {
                item[setter].setAsync = () => {
                    throw new Error(`${setter}.setAsync must not be called`);
                };
            }
        }
        return item;
    }

    /**
     * @param {string} name
     * @param {Behaviour | unknown[] | string} behaviour
     */
    #getter(name, behaviour) {
        return behaviour === "missing" ? undefined : { getAsync: this.#method(name, behaviour) };
    }

    /**
     * A method of Office: its last argument is the callback.
     *
     * @param {string} method
     * @param {Behaviour | unknown[] | string} given
     * @param {(...args: any[]) => void} [effect] once it has succeeded
     */
    #method(method, given, effect = () => {}) {
        const behaviour = Array.isArray(given) ? { value: given } : given;
        return (/** @type {any[]} */ ...args) => {
            this.calls.push({ method, args });
            const callback = args.at(-1);
            if (typeof callback !== "function") {
                throw new TypeError(`${method} needs a callback`);
            }
            if (behaviour === "throws") {
                throw new Error(`${method} threw`);
            }
            this.inFlight += 1;
            this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
            if (typeof behaviour === "string") {
                return;
            }
            const succeed = (/** @type {unknown} */ value) => () => {
                this.inFlight -= 1;
                effect(...args);
                callback({ status: "succeeded", value });
            };
            if ("error" in behaviour) {
                setImmediate(() => {
                    this.inFlight -= 1;
                    callback({ status: "failed", error: { code: 9000, message: behaviour.error } });
                });
            } else if ("now" in behaviour) {
                succeed(behaviour.now)();
            } else if ("twice" in behaviour) {
                setImmediate(succeed(behaviour.twice));
                setImmediate(() => callback({ status: "succeeded", value: behaviour.twice }));
            } else if ("lateMs" in behaviour) {
                setTimeout(succeed(behaviour.value), Number(behaviour.lateMs));
            } else {
                setImmediate(succeed(/** @type {{ value: unknown }} */ (behaviour).value));
            }
        };
    }
}

/**
 * Waits until an answer has come, or until none can come any more. The caller asserts that it has
 * come.
 *
 * @param {() => boolean} hasCome
 */
export async function waitUntil(hasCome) {
    for (const end = Date.now() + 8000; !hasCome() && Date.now() < end; ) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
}
