// @ts-check
// The policy in force in the pane: the first valid one of the server's, the last valid one from the server, the one in the
// add-in's files, and the built-in one. The verdict needs no network; a newer policy takes effect when it arrives.

import { Backend } from "../../shared/backend.js";
import { follow } from "../../shared/follow.js";
import { fetchJson, resolveConfig } from "../config.js";

/** @typedef {import("../config.js").Settings} Settings */
/** @typedef {import("../config.js").CheckerClass} CheckerClass */
/** @typedef {"server" | "last-good" | "baked" | "default"} Source */
/** @typedef {import("../../shared/policy.js").Policy} Policy */
/** @typedef {Settings & { source: Source, server: Backend | null }} PaneSettings */
/** @typedef {{ policy: object, etag: string | null, from: string }} LastGood */

const STORED = "milguard.policy";

/** The built-in policy, if its file cannot be loaded. The checker knows that policy by itself; the pane needs only these members. */
export const DEFAULTS = /** @type {Policy} */ ({
    id: "default",
    version: 1,
    mode: "enforce",
    protected: { builtin: true, suffixes: [], domains: [] },
    mute: "real-domains",
    override: { warn: "allowed", block: "never" },
    countdown: 0,
    texts: {},
    trainingUrl: null,
    reporting: "counts",
    markings: { enabled: true, words: [] },
    onFailure: "ask",
});

export class PaneSettingsSource {
    #Checker;
    #onChange;
    #enrolment;
    /** @type {PaneSettings | undefined} */
    #baked;
    #defaults = DEFAULTS;
    /** @type {LastGood | null} */
    #lastGood = null;

    /**
     * @param {CheckerClass} Checker
     * @param {import("../../shared/backend.js").Enrolment} enrolment
     * @param {(settings: PaneSettings) => void} onChange when the server has a newer policy
     */
    constructor(Checker, enrolment, onChange) {
        this.#enrolment = enrolment;
        this.#Checker = Checker;
        this.#onChange = onChange;
    }

    /** @returns {Promise<PaneSettings>} never rejects */
    async load() {
        const [config, defaults] = await Promise.all([fetchJson("./config.json"), fetchJson("../policy/default.json")]);
        this.#defaults = /** @type {Policy | null} */ (defaults) ?? DEFAULTS;
        const settings = resolveConfig(config, this.#defaults, this.#Checker);
        const { server, fault } = serverOf(settings.backend, this.#enrolment);
        const { policy } = /** @type {{ policy?: unknown }} */ (config ?? {});
        const source = policy && settings.problem === null ? "baked" : "default";
        this.#baked = { ...settings, problem: settings.problem ?? fault, source, server };
        if (server === null) {
            return this.#baked;
        }
        this.#lastGood = readStored(server.url);
        setTimeout(() => void follow(() => this.#refresh(server)), 0);
        return (this.#lastGood && this.#with(this.#lastGood.policy, "last-good")) ?? this.#baked;
    }

    /**
     * @param {object} policy
     * @param {Source} source
     * @returns {PaneSettings | null} `null` if the policy is invalid
     */
    #with(policy, source) {
        const baked = /** @type {PaneSettings} */ (this.#baked);
        const config = { policy, sendMode: baked.sendMode, lessonUrl: baked.lesson };
        const next = resolveConfig(config, this.#defaults, this.#Checker);
        return next.problem === null ? { ...baked, policy: next.policy, checker: next.checker, source } : null;
    }

    /**
     * @param {Backend} server
     * @returns {Promise<import("../../shared/backend.js").Answer<unknown>>}
     */
    async #refresh(server) {
        const answer = await server.policy(this.#lastGood?.etag ?? null);
        if (answer.result === "unchanged" && this.#lastGood) {
            const settings = this.#with(this.#lastGood.policy, "server");
            if (settings) {
                this.#onChange(settings);
            }
        } else if (answer.result === "ok" && typeof answer.value === "object" && answer.value !== null) {
            const settings = this.#with(answer.value, "server");
            if (settings) {
                this.#lastGood = { policy: answer.value, etag: answer.etag, from: server.url };
                store(this.#lastGood);
                this.#onChange(settings);
            }
        }
        return answer;
    }
}

/**
 * @param {import("../../shared/backend.js").BackendConfig | null} config
 * @param {import("../../shared/backend.js").Enrolment} enrolment
 */
function serverOf(config, enrolment) {
    try {
        return { server: config === null ? null : new Backend(config, undefined, enrolment), fault: null };
    } catch (error) {
        return { server: null, fault: String(error) };
    }
}

/**
 * @param {string} url
 * @returns {LastGood | null}
 */
function readStored(url) {
    try {
        const stored = JSON.parse(localStorage.getItem(STORED) ?? "null");
        const isGood = stored?.from === url && typeof stored.policy === "object" && stored.policy !== null;
        return isGood ? stored : null;
    } catch {
        // Outlook's frame may have no storage.
        return null;
    }
}

/** @param {LastGood} lastGood */
function store(lastGood) {
    try {
        localStorage.setItem(STORED, JSON.stringify(lastGood));
    } catch {
        // The pane asks the server for the policy again when it opens the next time.
    }
}
