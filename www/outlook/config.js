// @ts-check
// The configuration that was baked into the add-in, and the policy that follows from it. A policy that clients refuse is
// not used and never stops mail: the built-in one stands in for it.

import { completePolicy, isObject } from "../shared/policy.js";
import { describe } from "./calls.js";

/** @typedef {import("../shared/policy.js").Policy} Policy */
/** @typedef {import("../shared/backend.js").BackendConfig} BackendConfig */
/** @typedef {import("../checker/milguard.js").Message} Message */
/** @typedef {import("../checker/milguard.js").Report} Report */
/** @typedef {{ check(message: Message): Report }} Checker */
/** Of either build. @typedef {new (policy?: object | null) => Checker} CheckerClass */

/**
 * @typedef {object} Settings
 * @property {Policy} policy complete
 * @property {Checker | null} checker `null` where it does not start
 * @property {BackendConfig | null} backend
 * @property {"PromptUser" | "SoftBlock" | "Block"} sendMode as the manifest has it: what the sender may do at Send by
 *     Outlook's own rules
 * @property {string | null} lesson the address of the lesson, where one is known
 * @property {string | null} problem what is wrong with the configuration
 */

/**
 * @param {unknown} config the baked object, whatever has become of it
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
        problem: isObject(config) ? problem : "the configuration is no object",
    };
}

/**
 * The settings of a page: the same object, which lies beside the page as a file.
 *
 * @param {CheckerClass | null} Checker `null` where nothing is to be checked
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
        // Then it was not the policy, and what it says about failures still holds.
        return { checker: null, policy, problem: describe(error) };
    }
}

/**
 * @param {string} path from this file
 * @returns {Promise<unknown>} `null` where it cannot be had
 */
export async function fetchJson(path) {
    try {
        const response = await fetch(new URL(path, import.meta.url));
        return response.ok ? await response.json() : null;
    } catch {
        return null;
    }
}
