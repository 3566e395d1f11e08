// @ts-check
// Reads the inputs of tests/corpus as its README says.

import { existsSync, readFileSync, readdirSync } from "node:fs";

/** @typedef {import("../../dist/checker/web/milguard.js").Message} Message */
/** @typedef {{ at: string, policy?: object, message: Message }} Case */

/** Tables in that folder without recipients. */
const OTHER = ["explained.tsv", "markings.tsv"];

const folder = new URL("../corpus/", import.meta.url);

/** @returns {Case[]} */
export function readCorpus() {
    return [folder, new URL("policy/", folder)].filter(existsSync).flatMap((place) =>
        readdirSync(place)
            .filter((file) => /\.(tsv|jsonl)$/.test(file) && !OTHER.includes(file))
            .sort()
            .flatMap((file) => readCases(place, file)),
    );
}

/**
 * @param {URL} place
 * @param {string} file
 * @returns {Case[]}
 */
function readCases(place, file) {
    const policyFile = new URL(file.replace(/\.\w+$/, ".json"), place);
    const policy = existsSync(policyFile) ? JSON.parse(readFileSync(policyFile, "utf8")) : undefined;
    const lines = readFileSync(new URL(file, place), "utf8").split("\n");
    return lines.flatMap((line, index) => {
        if (line === "" || line.startsWith("#")) {
            return [];
        }
        const message = file.endsWith(".tsv") ? fromTsv(line) : fromJson(line);
        return [{ at: `${file}:${index + 1}`, policy, message }];
    });
}

/**
 * @param {string} line
 * @returns {Message}
 */
function fromTsv(line) {
    return { recipients: [{ address: unescape(line.slice(0, `${line}\t`.indexOf("\t"))) }] };
}

/**
 * @param {string} line
 * @returns {Message}
 */
function fromJson(line) {
    const { message } = JSON.parse(line);
    const recipients = message.recipients.map((/** @type {unknown} */ recipient) =>
        typeof recipient === "string" ? { address: recipient } : recipient,
    );
    return { ...message, recipients };
}

/** @type {Record<string, string>} */
const SIMPLE = { t: "\t", n: "\n", r: "\r", "\\": "\\" };

/** @param {string} text */
function unescape(text) {
    const point = (/** @type {string} */ digits) => String.fromCodePoint(parseInt(digits, 16));
    return text.replace(
        /\\(?:x\{(\d+),(?:\\u\{([0-9A-Fa-f]+)\}|(.))\}|u\{([0-9A-Fa-f]+)\}|(.))/gsu,
        (escape, count, repeatedPoint, repeated, single, letter) => {
            if (count) {
                return (repeatedPoint ? point(repeatedPoint) : repeated).repeat(Number(count));
            }
            const char = single ? point(single) : SIMPLE[letter];
            if (char === undefined) {
                throw new Error(`unknown escape ${escape}`);
            }
            return char;
        },
    );
}
