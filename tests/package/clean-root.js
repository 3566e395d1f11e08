// @ts-check
// A clean Debian root, and commands in it as root.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";

/** The packed program: the tests do not compile it. */
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
 * Runs a command and returns its output.
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

/** A folder for a test that the services' users can read. */
export function folder() {
    const path = mkdtempSync(`${tmpdir()}/milguard-package-`);
    run("chmod", "755", path);
    return path;
}

/**
 * A Debian with only the essential packages and the package's dependencies.
 *
 * @param {string} path
 * @param {string[]} packages
 */
export function cleanRoot(path, packages) {
    root("tests/package/clean-root", path, ...packages);
}

/**
 * Everything in a root except package managers' own files, with owner and mode.
 *
 * @param {string} path
 */
export function contents(path) {
    const list = root("find", path, "-printf", "%P %M %U %G\n").split("\n");
    return list.filter((line) => !/^(?:var\/(?:lib\/dpkg|log|cache)|proc|run)\//.test(line)).sort();
}

/**
 * The numeric id of a user or group in a root.
 *
 * @param {string} path
 * @param {"passwd" | "group"} file
 * @param {string} name
 */
export function id(path, file, name) {
    const number = new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(readFileSync(`${path}/etc/${file}`, "utf8"))?.[1];
    return number === undefined ? undefined : Number(number);
}
