// @ts-check
// Reads the configuration in the add-in's files, and the policy in it. A policy that the checker refuses stops no mail:
// the built-in one takes its place.

import { completePolicy, isObject } from "../shared/policy.js";
import { describe } from "./calls.js";

/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {import("../shared/backend.js").BackendConfig} BackendConfig */
/** @typedef {import("../checker/milguard.js").Message} Message */
/** @typedef {import("../checker/milguard.js").Report} Report */
/** @typedef {{ check(message: Message): Report }} Checker */
/** The class of the checker, from either build. @typedef {new (policy?: object | null) => Checker} CheckerClass */

/**
 * @typedef {object} Settings
 * @property {Policy} policy complete
 * @property {Checker | null} checker `null` if it does not start
 * @property {BackendConfig | null} backend
 * @property {"PromptUser" | "SoftBlock" | "Block"} sendMode as in the manifest: whether Outlook lets the sender send a
 *     message that the add-in stops
 * @property {string | null} lesson the address of the lesson, if known
 * @property {string | null} problem the error in the configuration
 */

/**
 * @param {unknown} config the configuration, which may have any value
 * @param {Policy} defaults the built-in policy (`policy/default.json`)
 * @param {CheckerClass | null | undefined} Checker
 * @returns {Settings} never throws
 */
export function resolveConfig(config, defaults, Checker) {
    const given = isObject(config) ? config : {};
    const { checker, policy, problem } = start(given.policy, Checker);
    const { url, token } = isObject(given.backend) ? given.backend : {};
    const hasBackend = typeof url === "string" && typeof token === "string";
    const sendMode = given.sendMode === "SoftBlock" || given.sendMode === "Block" ? given.sendMode : "PromptUser";
    const lesson = typeof given.lessonUrl === "string" ? given.lessonUrl : null;
    return {
        policy: completePolicy(policy, defaults, lesson),
        checker,
        backend: hasBackend ? { url, token } : null,
        sendMode,
        lesson,
        problem: isObject(config) ? problem : "the configuration is not an object",
    };
}

/**
 * The settings of a page, from the configuration in a file beside the page.
 *
 * @param {CheckerClass | null} Checker `null` if the page checks nothing
 * @returns {Promise<Settings>} never rejects
 */
export async function loadConfig(Checker) {
    const [config, defaults] = await Promise.all([fetchJson("./config.json"), fetchJson("../policy/default.json")]);
    return resolveConfig(config, /** @type {Policy} */ (defaults), Checker);
}

/**
 * @param {unknown} policy
 * @param {CheckerClass | null | undefined} Checker
 * @returns {{ checker: Checker | null, policy: unknown, problem: string | null }}
 */
function start(policy, Checker) {
    if (!Checker) {
        return { checker: null, policy, problem: "the checker is missing" };
    }
    let problem = null;
    if (policy !== undefined && policy !== null) {
        try {
            return { checker: new Checker(/** @type {object} */ (policy)), policy, problem };
        } catch (error) {
            problem = describe(error);
        }
    }
    try {
        return { checker: new Checker(), policy: null, problem };
    } catch (error) {
        // The built-in policy fails too, so the policy is not the cause, and its `onFailure` still applies.
        return { checker: null, policy, problem: describe(error) };
    }
}

/**
 * @param {string} path from this file
 * @returns {Promise<unknown>} `null` if the file cannot be loaded
 */
export async function fetchJson(path) {
    try {
        const response = await fetch(new URL(path, import.meta.url));
        return response.ok ? await response.json() : null;
    } catch {
        return null;
    }
}
