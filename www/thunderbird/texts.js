// @ts-check

/**
 * The administrator's own texts in the person's language.
 *
 * @param {any} policy
 * @param {readonly string[]} tags
 * @returns {Record<string, string | undefined>}
 */
export function policyTexts(policy, tags) {
    const texts = policy.texts ?? {};
    const folded = Object.fromEntries(Object.keys(texts).map((tag) => [tag.toLowerCase(), texts[tag]]));
    for (const tag of [...tags, "en"]) {
        const found = folded[tag.toLowerCase()] ?? folded[tag.toLowerCase().split("-")[0] ?? ""];
        if (found) {
            return found;
        }
    }
    return {};
}
