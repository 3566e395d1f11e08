// @ts-check
// `milguard twins` beside dnstwist and twistrs, in one run: all look-alikes that each makes of the same domains.
// Counts the look-alikes, and how many of the likely slips are among them.
//
// usage: node benches/twins/main.js

import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import path from "node:path";

const ROUNDS = 3;

const rows = (await readFile("data/names.tsv", "utf8")).split("\n");
const names = rows.filter((row) => /^[a-z0-9-]+\t(strong|plain|generic)$/.test(row)).map((row) => row.split("\t")[0] ?? "");
const domains = names.map((name) => `${name}.mil`);

const dnstwist = path.resolve("target/tools/dnstwist/bin/dnstwist");
// dnstwist's own package has no list of top-level domains; it gets all of them.
const tlds = path.resolve("data/tlds.txt");

/** @type {Record<string, () => Promise<string>>} */
const tools = {
    milguard: () => run("target/release/milguard", ["twins", "--format", "hosts", "--severity", "notice", ...domains]),
    "milguard, all": () => run("target/release/milguard", ["twins", "--format", "jsonl", ...domains]),
    twistrs: () => run("target/tools/twistrs/release/twistrs-all", [], domains.join("\n")),
    // dnstwist takes only one domain, so each needs a process.
    dnstwist: async () => {
        let output = "";
        for (const domain of domains) {
            output += await run(dnstwist, ["--format", "list", "--tld", tlds, domain]);
        }
        return output;
    },
};

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} [input]
 * @returns {Promise<string>}
 */
async function run(program, args, input = "") {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(input);
    /** @type {Buffer[]} */
    const chunks = [];
    child.stdout.on("data", (chunk) => chunks.push(chunk));
    const status = await new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", resolve);
    });
    if (status !== 0) {
        throw new Error(`${program} ended with ${status}`);
    }
    return Buffer.concat(chunks).toString();
}

/** Likely slips. A tool covers one for the share of names for which it lists this form. */
const SLIPS = {
    ".ml": (/** @type {string} */ name) => `${name}.ml`,
    ".il": (/** @type {string} */ name) => `${name}.il`,
    ".mit": (/** @type {string} */ name) => `${name}.mit`,
    ".ril": (/** @type {string} */ name) => `${name}.ril`,
    ".mil.com": (/** @type {string} */ name) => `${name}.mil.com`,
    "milX.com": (/** @type {string} */ name) => `${name}mil.com`,
};

console.log(`${domains.length} domains, the best of ${ROUNDS} runs (dnstwist: of 1)`);
/** @type {Record<string, number>} */
const seconds = {};
for (const [name, tool] of Object.entries(tools)) {
    let best = Infinity;
    let output = "";
    for (let round = 0; round < (name === "dnstwist" ? 1 : ROUNDS); round += 1) {
        const start = performance.now();
        output = await tool();
        best = Math.min(best, (performance.now() - start) / 1000);
    }
    seconds[name] = best;
    const found = new Set();
    for (const line of output.split("\n")) {
        const domain = /"domain":"([^"]+)"/.exec(line)?.[1] ?? line.split(" ").at(-1) ?? "";
        found.add(domain.toLowerCase());
    }
    found.delete("");
    const covered = Object.entries(SLIPS).map(([slip, form]) => {
        const count = names.filter((one) => found.has(form(one))).length;
        return `${slip} ${Math.round((100 * count) / names.length)} %`;
    });
    console.log(`${name}: ${best.toFixed(2)} s, ${found.size} domains; ${covered.join(", ")}`);
}
const own = seconds["milguard, all"] ?? NaN;
for (const other of ["twistrs", "dnstwist"]) {
    console.log(`${other} takes ${((seconds[other] ?? NaN) / own).toFixed(1)} times as long as milguard`);
}
