// @ts-check
// The program under test: the rules of a policy, and the checker's verdicts on addresses.

import { spawn } from "node:child_process";
import { access, readFile } from "node:fs/promises";
import path from "node:path";

/** `MILGUARD_PROGRAM` names another build of the program under test. */
export const PROGRAM = path.resolve(process.env.MILGUARD_PROGRAM ?? "target/release/milguard");

/**
 * @param {string[]} args
 * @param {string} [input]
 * @returns {Promise<string>}
 */
export async function run(args, input = "") {
    await access(PROGRAM).catch(() => {
        throw new Error(`${PROGRAM} is missing: run make build`);
    });
    const child = spawn(PROGRAM, args, { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(input);
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of child.stdout) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}

/**
 * @param {"postfix" | "exim" | "rspamd"} format
 * @param {string} [policy] a file
 */
export function rules(format, policy) {
    return run(["gateway", "--format", format, ...(policy ? ["--policy", policy] : [])]);
}

/** @typedef {{ address: string, severity: "pass" | "notice" | "warn" | "block", suggestion: string | null }} Verdict */

/**
 * @param {string[]} addresses
 * @param {string} [policy] a file
 * @returns {Promise<Verdict[]>} in the same order
 */
export async function check(addresses, policy) {
    const options = policy ? ["--policy", policy] : [];
    const output = await run(["check", "--format", "jsonl", ...options], `${addresses.join("\n")}\n`);
    return output.trim().split("\n").map((line) => JSON.parse(line));
}

/**
 * The rows of a list in data/.
 *
 * @param {string} name
 */
export async function list(name) {
    const text = await readFile(`data/${name}`, "utf8");
    return text.split("\n").filter((line) => line && !line.startsWith("#"));
}

/** Addresses that every server must refuse, with the address that it must name. */
export const REFUSED = new Map([
    ["bob@army.ml", "bob@army.mil"],
    ["bob@us.army.ml", "bob@us.army.mil"],
    ["bob@navy.mli", "bob@navy.mil"],
    ["bob@us.af.mil.com", "bob@us.af.mil"],
    ["bob@armymil.com", "bob@army.mil"],
    ["bob@us.army.com", "bob@us.army.mil"],
    ["jane.doe.civ+x@disa.il", "jane.doe.civ+x@disa.mil"],
]);

/** Addresses that every server must let pass. */
export const PASSED = [
    ...["carol@army.mil", "carol@us.af.mil", "carol@gmail.com", "carol@example.com", "carol@eb.mil.br"],
    ...["carol@lemmy.ml", "carol@health.ml", "carol@navy.org", "carol@amry.mil", "carol@mil.wa.gov"],
];
