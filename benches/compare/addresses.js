// @ts-check
// The addresses of the comparison, made from the lists in data/ (their sources: data/PROVENANCE.md).

import { readFileSync } from "node:fs";

/** @typedef {{ address: string, intended: string | null }} Case what was written; what was meant, if it is a look-alike */
/** @typedef {{ title: string, cases: Case[] }} Group */

const data = new URL("../../data/", import.meta.url);

/** @param {string} file */
function list(file) {
    return readFileSync(new URL(file, data), "utf8")
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"));
}

/** @returns {string[]} all strings one edit (insertion, omission, replacement, transposition) from `word` */
function oneEdit(word = "mil") {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const found = new Set();
    for (let at = 0; at <= word.length; at += 1) {
        const [before, after] = [word.slice(0, at), word.slice(at)];
        for (const letter of letters) {
            found.add(before + letter + after);
            found.add(before + letter + after.slice(1));
        }
        found.add(before + after.slice(1));
        found.add(before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2));
    }
    found.delete(word);
    return [...found].filter((edit) => edit !== "" && edit.length <= word.length + 1).sort();
}

export const names = list("mil-domains.txt");
const hosts = list("mil-hosts.txt");
const tlds = new Set(list("tlds.txt"));

/** Suffixes one edit from `mil` that no mail can reach, since they are not top-level domains. */
export const undelegated = oneEdit().filter((suffix) => !tlds.has(suffix));

/**
 * @param {string} title
 * @param {(stem: string, index: number) => string} mistake turns `us.army` into a domain
 * @returns {Group}
 */
function lookAlikes(title, mistake, domains = hosts) {
    const cases = domains.map((host, index) => ({
        address: `bob@${mistake(host.replace(/\.mil$/, ""), index)}`,
        intended: `bob@${host}`,
    }));
    return { title, cases };
}

/**
 * Each list has every host of `mil-hosts.txt` (the first list: every name) with one mistake in its
 * suffix.
 */
export const lookAlike = [
    lookAlikes("a name alone, moved to .ml", (stem) => `${stem}.ml`, names),
    lookAlikes("moved to .ml", (stem) => `${stem}.ml`),
    lookAlikes("moved to a suffix one edit away that does not exist", (stem, index) => {
        // The suffixes take turns, because all pairs would be 800,000.
        return `${stem}.${undelegated[index % undelegated.length]}`;
    }),
    lookAlikes(".com appended", (stem) => `${stem}.mil.com`),
    lookAlikes("last dot dropped", (stem) => `${stem}mil`),
    lookAlikes("moved to .il, .mit or .ril", (stem, index) => `${stem}.${["il", "mit", "ril"][index % 3]}`),
];

/**
 * @param {string} title
 * @param {string} file
 * @returns {Group}
 */
const legitimate = (title, file) => ({
    title,
    cases: list(file).map((domain) => ({ address: `bob@${domain}`, intended: null })),
});

/** None of these contains a mistake. */
export const ordinary = [
    legitimate("names below .mil", "mil-domains.txt"),
    legitimate("hosts below .mil", "mil-hosts.txt"),
    legitimate("common domains", "common-domains.txt"),
    legitimate("US military outside .mil", "us-military-nonmil.txt"),
    legitimate("other countries' military", "foreign-military.txt"),
];

/**
 * `count` of `cases`, evenly spread.
 *
 * @param {Case[]} cases
 * @param {number} count
 */
export function sample(cases, count) {
    const step = cases.length / count;
    return Array.from({ length: count }, (_, index) => /** @type {Case} */ (cases[Math.floor(index * step)]));
}
