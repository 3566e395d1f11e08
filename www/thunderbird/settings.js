// @ts-check
// The settings in force. A policy comes from the organisation's managed configuration, or from its server, which the add-in
// asks every minute. The add-in keeps the last valid policy for times when it can get neither, and never replaces it by an
// invalid one. Reading the settings needs no network.

import { Backend } from "../shared/backend.js";
import { loadChecker } from "../shared/checker.js";
import { nextQuestion, PERIOD_MS } from "../shared/follow.js";
import { completePolicy, isObject, lessonUrl } from "../shared/policy.js";

/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {"managed" | "server" | "last-good" | "default"} Source */

/**
 * @typedef {object} Settings
 * @property {Policy} policy complete
 * @property {object | null} checkerPolicy the argument for `new Checker()`
 * @property {Source} source
 * @property {Backend | null} backend
 * @property {string[]} muted domains that the sender muted
 * @property {string | null} problem the error in the managed configuration
 */

/**
 * The outcome of the last request for a policy. `result` is that of `Backend`, or `invalid` if the checker refused the policy.
 *
 * @typedef {object} Contact
 * @property {number} time ms since 1970
 * @property {"ok" | "unchanged" | "refused" | "rejected" | "unknown" | "later" | "invalid"} result
 * @property {string} detail
 * @property {number} failures in a row
 * @property {number} notBefore ms since 1970
 */

/** @typedef {{ policy: object, from: string, etag: string | null }} LastGood */

const DEFAULT_URL = new URL("../policy/default.json", import.meta.url);
const ALARM = "policy";

/** The first request to the server waits this long, so that it does not delay a Send that has woken the event page. */
const START_MS = 1000;

const MAX_MUTED = 1000;

/** The value of `from` for a policy that the managed configuration itself contains. */
const MANAGED = "managed";

/** @type {Set<() => void>} */
const callbacks = new Set();

try {
    messenger.storage.onChanged.addListener((/** @type {object} */ changes) => {
        if (["lastGood", "muted"].some((key) => key in changes)) {
            changed();
        }
    });
} catch {
    // Without this event, a change takes effect when the event page starts the next time.
}

/**
 * @returns {Promise<Settings>} never rejects
 */
export async function loadSettings() {
    const [defaults, managed, stored] = await Promise.all([loadDefaults(), readManaged(), readStored()]);
    const { backend, problem } = backendOf(managed.backend);
    const lesson = lessonUrl(managed);
    const choose = (/** @type {object | null} */ policy, /** @type {Source} */ source, /** @type {string | null} */ wrong) => ({
        policy: completePolicy(policy, defaults, lesson),
        checkerPolicy: policy,
        source,
        backend,
        muted: stored.muted,
        problem: wrong ?? problem,
    });
    let wrong = null;
    if (managed.policy !== undefined) {
        wrong = await faultOf(managed.policy);
        if (wrong === null) {
            return choose(/** @type {object} */ (managed.policy), "managed", null);
        }
    }
    const { lastGood, contact } = stored;
    if (lastGood) {
        const isCurrent = lastGood.from === backend?.url && contact !== null && contact.failures === 0;
        return choose(lastGood.policy, isCurrent && wrong === null ? "server" : "last-good", wrong);
    }
    return choose(null, "default", wrong);
}

/** @param {() => void} callback called after a change of the policy or the muted domains */
export function onSettingsChanged(callback) {
    callbacks.add(callback);
}

function changed() {
    callbacks.forEach((callback) => callback());
}

/** @param {string} domain as the checker reports it */
export async function mute(domain) {
    const { muted } = await readStored();
    await messenger.storage.local.set({ muted: [...new Set([...muted, domain])].slice(-MAX_MUTED) });
    changed();
}

/** @param {string} domain */
export async function unmute(domain) {
    const { muted } = await readStored();
    await messenger.storage.local.set({ muted: muted.filter((other) => other !== domain) });
    changed();
}

/** The outcome of the last request to the server; `null` before the first one. */
export async function lastContact() {
    return (await readStored()).contact;
}

// ---- asking the server ----------------------------------------------------------------------------------

/** Begins to ask for a new policy regularly. */
export function startPolicyRefresh() {
    setTimeout(() => void begin(), START_MS);
}

async function begin() {
    try {
        await refresh();
        const { backend } = backendOf((await readManaged()).backend);
        if (!backend) {
            await messenger.alarms.clear(ALARM);
        } else if (!(await messenger.alarms.get(ALARM))) {
            // A random delay keeps all clients of an organisation from asking in the same second.
            const when = Date.now() + PERIOD_MS * Math.random();
            await messenger.alarms.create(ALARM, { when, periodInMinutes: PERIOD_MS / 60_000 });
        }
    } catch {
        // The add-in tries again the next time the page wakes.
    }
}

/**
 * Handles an alarm, which may have woken the event page.
 *
 * @param {string} name
 */
export async function onAlarm(name) {
    if (name === ALARM) {
        await refresh();
    }
}

/**
 * Asks the server for a policy and adopts a new one. Never rejects.
 *
 * @param {boolean} [isWanted] whether a person asked for it: then this asks the server even soon after a failure
 */
export async function refresh(isWanted = false) {
    try {
        // The checker judges a policy before the add-in adopts it.
        await loadChecker();
        const [managed, { lastGood, contact }] = await Promise.all([readManaged(), readStored()]);
        if (managed.policy !== undefined && (await faultOf(managed.policy)) === null) {
            await keep({ policy: /** @type {object} */ (managed.policy), from: MANAGED, etag: null }, lastGood);
            return;
        }
        const { backend } = backendOf(managed.backend);
        const earliest = contact ? Math.max(contact.notBefore, contact.time + 30_000) : 0;
        // A stored time in the future means that the clock was set back: it must not stop the requests for years.
        if (backend && (isWanted || Date.now() >= earliest || (contact?.time ?? 0) > Date.now())) {
            await ask(backend, lastGood, contact?.failures ?? 0);
        }
    } catch {
        // Where the storage is full or broken, the present policy stays in force.
    }
}

/**
 * @param {Backend} backend
 * @param {LastGood | null} lastGood
 * @param {number} failures
 */
async function ask(backend, lastGood, failures) {
    const answer = await backend.policy(lastGood?.from === backend.url ? lastGood.etag : null);
    /** @type {Contact} */
    const contact = { time: Date.now(), result: answer.result, detail: "", failures: 0, notBefore: 0 };
    if (answer.result === "ok") {
        const wrong = await faultOf(answer.value);
        if (wrong === null) {
            const policy = /** @type {object} */ (answer.value);
            await keep({ policy, from: backend.url, etag: answer.etag }, lastGood);
        } else {
            Object.assign(contact, { result: "invalid", detail: wrong });
        }
    }
    if (contact.result !== "ok" && contact.result !== "unchanged") {
        contact.failures = failures + 1;
        const asked = answer.result === "later" ? answer.retryAfterMs : null;
        contact.notBefore = contact.time + nextQuestion(contact.failures, asked);
        contact.detail ||= answer.result === "later" ? answer.detail : "";
    }
    await messenger.storage.local.set({ contact });
}

/**
 * @param {LastGood} next
 * @param {LastGood | null} known
 */
async function keep(next, known) {
    if (JSON.stringify(next) !== JSON.stringify(known)) {
        await messenger.storage.local.set({ lastGood: next });
        changed();
    }
}

// ---- reading --------------------------------------------------------------------------------------------

/**
 * Why the checker refuses a policy, or null. If the checker cannot be loaded, the add-in uses only the policy's
 * `onFailure`, so this does not refuse the policy.
 *
 * @param {unknown} policy
 * @returns {Promise<string | null>}
 */
async function faultOf(policy) {
    if (!isObject(policy)) {
        return "the policy is not a JSON object";
    }
    let milguard;
    try {
        milguard = await loadChecker();
    } catch {
        return null;
    }
    try {
        new milguard.Checker(policy).free();
        return null;
    } catch (error) {
        return String(/** @type {{ message?: unknown } | null} */ (error)?.message ?? error);
    }
}

/** @returns {Promise<Policy>} */
async function loadDefaults() {
    try {
        return await (await fetch(DEFAULT_URL)).json();
    } catch {
        // The file is part of the add-in. An add-in without it has no checker either, and then needs only these members.
        return /** @type {Policy} */ (/** @type {unknown} */ ({ onFailure: "ask", override: {}, texts: {} }));
    }
}

/**
 * @returns {Promise<{ policy?: unknown, backend?: unknown, lessonUrl?: unknown }>} what an administrator has written
 */
async function readManaged() {
    try {
        return (await messenger.storage.managed.get(["policy", "backend", "lessonUrl"])) ?? {};
    } catch {
        // No administrator manages this add-in.
        return {};
    }
}

/** @returns {Promise<{ lastGood: LastGood | null, contact: Contact | null, muted: string[] }>} */
async function readStored() {
    /** @type {Record<string, unknown>} */
    let stored = {};
    try {
        stored = await messenger.storage.local.get(["lastGood", "contact", "muted"]);
    } catch {
        // The add-in goes on as if it had stored nothing.
    }
    const { lastGood, contact, muted } = stored;
    const isContact = isObject(contact) && ["time", "failures", "notBefore"].every((key) => Number.isFinite(contact[key]));
    return {
        lastGood: isObject(lastGood) && isObject(lastGood.policy) ? /** @type {LastGood} */ (lastGood) : null,
        contact: isContact ? /** @type {Contact} */ (contact) : null,
        muted: Array.isArray(muted) ? muted.filter((domain) => typeof domain === "string") : [],
    };
}

/** The client's key is stored in the profile. */
function enrolment() {
    return {
        host: /** @type {const} */ ("thunderbird"),
        clientVersion: messenger.runtime.getManifest().version,
        load: async () => (await messenger.storage.local.get("key"))["key"],
        save: (/** @type {import("../shared/backend.js").KeptKey} */ key) => messenger.storage.local.set({ key }),
    };
}

/**
 * @param {unknown} config
 * @returns {{ backend: Backend | null, problem: string | null }}
 */
function backendOf(config) {
    if (config === undefined) {
        return { backend: null, problem: null };
    }
    try {
        return { backend: new Backend(/** @type {import("../shared/backend.js").BackendConfig} */ (config), undefined, enrolment()), problem: null };
    } catch (error) {
        return { backend: null, problem: /** @type {Error} */ (error).message };
    }
}
