// @ts-check
// A clean Debian root, and what is done in it as root.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** What is packed: the tests do not compile. */
export const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";

export const version = /^version = "(.*)"$/m.exec(readFileSync("Cargo.toml", "utf8"))?.[1] ?? "";

/**
 * @param {string[]} words
 * @returns {string[]}
 */
export function asRoot(words) {
    return process.getuid?.() === 0 ? words : ["sudo", "-n", "--", ...words];
}

/**
 * Runs a command and gives what it printed.
 *
 * @param {string} program
 * @param {string[]} words
 */
export function run(program, ...words) {
    return runWith({}, program, ...words);
}

/**
 * @param {Record<string, string>} environment
 * @param {string} program
 * @param {string[]} words
 */
export function runWith(environment, program, ...words) {
    const { status, stdout, stderr, error } = spawnSync(program, words, {
        encoding: "utf8",
        env: { ...process.env, ...environment },
        maxBuffer: 1 << 28,
    });
    if (status !== 0) {
        throw new Error(`${program} ${words.join(" ")}: ${error ?? `exit status ${status}`}\n${stdout}${stderr}`);
    }
    return stdout;
}

/**
 * @param {string[]} words
 */
export function root(...words) {
    const [program = "", ...rest] = asRoot(words);
    return run(program, ...rest);
}

/** A folder for a test, which the services' users can look into. */
export function folder() {
    const path = mkdtempSync(`${tmpdir()}/milguard-package-`);
    run("chmod", "755", path);
    return path;
}

/**
 * A Debian with nothing but what every Debian has and what the package depends on.
 *
 * @param {string} path
 * @param {string[]} packages
 */
export function cleanRoot(path, packages) {
    root("tests/package/clean-root", path, ...packages);
}

/**
 * Everything in a root but what package managers write of themselves, with owner and mode.
 *
 * @param {string} path
 */
export function contents(path) {
    const list = root("find", path, "-printf", "%P %M %U %G\n").split("\n");
    return list.filter((line) => !/^(?:var\/(?:lib\/dpkg|log|cache)|proc|run)\//.test(line)).sort();
}

/**
 * The number of a user or group in a root.
 *
 * @param {string} path
 * @param {"passwd" | "group"} file
 * @param {string} name
 */
export function id(path, file, name) {
    const number = new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(readFileSync(`${path}/etc/${file}`, "utf8"))?.[1];
    return number === undefined ? undefined : Number(number);
}
