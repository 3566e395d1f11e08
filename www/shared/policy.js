// @ts-check
// A policy in the form for pages: complete, with the administrator's texts in the sender's
// language. The checker decides what a policy means for a recipient.

/** @typedef {"pass" | "notice" | "warn" | "block"} Severity */
/** @typedef {"allowed" | "justification" | "never"} Override */

/**
 * The members of a policy that pages read; `docs/policy.md` has them all.
 *
 * @typedef {object} Policy
 * @property {string} id
 * @property {number} version
 * @property {"enforce" | "audit"} mode
 * @property {{ builtin: boolean, suffixes: string[], domains: string[] }} protected
 * @property {"off" | "real-domains"} mute
 * @property {{ warn: Override, block: Override }} override
 * @property {number} countdown in seconds
 * @property {Record<string, Texts>} texts by language
 * @property {string | null} trainingUrl in a complete policy, the lesson's address if the policy names no
 *     page
 * @property {"off" | "counts" | "domain" | "address"} reporting
 * @property {{ enabled: boolean, words: string[] }} markings
 * @property {"ask" | "allow" | "block"} onFailure
 */

/** @typedef {Partial<Record<"title" | "body" | "justification" | "training" | "blocked", string>>} Texts */

/**
 * The policy with all missing members filled in. Objects are merged member by member, lists are replaced, and a
 * value of another type than the default is ignored.
 *
 * @param {unknown} policy
 * @param {Policy} defaults the built-in policy (`policy/default.json`)
 * @param {string | null} [lesson] the address that warnings link to if the policy names no page
 * @returns {Policy}
 */
export function completePolicy(policy, defaults, lesson = null) {
    // Not `{ ...defaults, trainingUrl }`: the runtime of Outlook's script does not know object spread.
    return /** @type {Policy} */ (merge(policy, lesson ? Object.assign({}, defaults, { trainingUrl: lesson }) : defaults));
}

/**
 * The address that warnings link to if the policy names no page: the lesson beside the add-in's files, or else
 * the server's.
 *
 * @param {unknown} config the add-in's configuration, which may have any value
 * @returns {string | null} `null` if it names neither
 */
export function lessonUrl(config) {
    const { lessonUrl: url, backend } = isObject(config) ? config : {};
    if (typeof url === "string" && /^https:\/\//i.test(url)) {
        return url;
    }
    const server = isObject(backend) ? backend.url : null;
    return typeof server === "string" && /^https:\/\//i.test(server) ? `${server.replace(/\/+$/, "")}/learn/` : null;
}

/**
 * @param {unknown} value
 * @param {unknown} fallback
 * @returns {unknown}
 */
function merge(value, fallback) {
    if (!isObject(fallback)) {
        // A default of `null` (no training URL) does not show the type of the member: it is text.
        const wanted = fallback === null ? "string" : typeof fallback;
        return typeof value === wanted && Array.isArray(value) === Array.isArray(fallback) ? value : fallback;
    }
    if (!isObject(value)) {
        return fallback;
    }
    const merged = { ...value };
    for (const key of Object.keys(fallback)) {
        merged[key] = merge(value[key], fallback[key]);
    }
    return merged;
}

/**
 * Whether JSON calls the value an object: neither a list nor `null`.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The administrator's own texts in the first of these languages, or else in English; empty if neither exists.
 *
 * @param {Policy} policy
 * @param {readonly string[]} tags BCP 47, most wanted first
 * @returns {Texts}
 */
export function policyTexts(policy, tags) {
    const fold = (/** @type {string} */ tag) => tag.replace(/_/g, "-").toLowerCase();
    const languages = Object.keys(policy.texts);
    for (const tag of tags.concat("en").map(fold)) {
        const found =
            languages.find((language) => fold(language) === tag) ??
            languages.find((language) => fold(language).split("-")[0] === tag.split("-")[0]);
        const texts = found === undefined ? null : policy.texts[found];
        if (isObject(texts)) {
            return texts;
        }
    }
    return {};
}

/**
 * Whether a recipient of this severity stops a message. In audit mode such recipients are only counted.
 *
 * @param {string} severity
 */
export function isStopping(severity) {
    return severity === "warn" || severity === "block";
}

/**
 * Whether the sender may send in spite of a finding.
 *
 * @param {Policy} policy
 * @param {Severity} severity the highest in the message
 * @returns {Override}
 */
export function sendAnyway(policy, severity) {
    return policy.override[severity === "block" ? "block" : "warn"];
}

/** A typed reason: at least three visible characters, and no more than an event holds. */
export const MAX_JUSTIFICATION = 500;

/** @param {string} text */
export function isJustification(text) {
    return text.replace(/\s/g, "").length >= 3 && text.length <= MAX_JUSTIFICATION;
}
