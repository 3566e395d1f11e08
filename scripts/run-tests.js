// @ts-check
// Runs every test runner, all of them also where one fails, and ends with what failed and the sum of
// what they counted. A runner that ran nothing has failed: a suite that is not found must not look green.
//
// usage: node scripts/run-tests.js [cargo|www|api|outlook|e2e|gateway|thunderbird-153|thunderbird-140]...

import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

const SUMMARY = "target/test-summary";
/** Enough to see why; the whole is further up. */
const LINES_OF_A_FAILURE = 6;

/**
 * @typedef {object} Runner
 * @property {string[]} [first]
 * @property {() => string[]} command
 * @property {Record<string, string>} [environment]
 * @property {(output: string) => Count} count
 * @property {(output: string) => string[]} failures what failed, and the beginning of why
 */

/** What all of `node --test` have in common. */
const node = { count: countNode, failures: failuresNode };

/** @type {Record<string, Runner>} */
const runners = {
    cargo: {
        command: () => ["cargo", "test", "--locked", "--workspace", "--no-fail-fast"],
        count: countCargo,
        failures: failuresCargo,
    },
    www: {
        // What it compares with; `cargo test` builds it as well.
        first: ["cargo", "build", "--locked", "--workspace", "--example", "report"],
        command: () => nodeTest("tests/www"),
        ...node,
    },
    // The server against its description.
    api: { command: () => nodeTest("tests/api"), ...node },
    outlook: { command: () => nodeTest("tests/outlook"), ...node },
    // One browser at a time: two cores.
    e2e: { command: () => nodeTest("tests/e2e", "--test-concurrency=1"), ...node },
    // Real mail servers, each on ports of its own.
    gateway: { command: () => nodeTest("tests/gateway", "--test-concurrency=1"), ...node },
    "thunderbird-153": thunderbird("153"),
    "thunderbird-140": thunderbird("140"),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in runners));
if (unknown.length > 0) {
    throw new Error(`no runner is called ${unknown.join(", ")}`);
}

const runs = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
const total = { passed: 0, failed: 0, skipped: 0 };
const table = [];
const failures = [];
for (const [name, runner] of Object.entries(runners)) {
    if (!runs(name)) {
        continue;
    }
    const start = performance.now();
    const ready = !runner.first || runs("cargo") || (await run(runner.first)).ok;
    const { output, ok } = ready ? await run(runner.command(), runner.environment) : { output: "", ok: false };
    const count = runner.count(output);
    const ran = count.passed + count.failed;
    if (count.failed === 0 && (!ok || ran === 0)) {
        console.error(ran === 0 ? `${name}: no test ran` : `${name}: the runner itself failed`);
        count.failed += 1;
    }
    failures.push(...runner.failures(output).map((failure) => `${name}: ${failure}`));
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    table.push({ name, ...count, seconds: Math.round((performance.now() - start) / 1000) });
}
if (failures.length > 0) {
    console.log(`\nfailed:\n${failures.join("\n")}`);
}
console.log();
for (const { name, passed, failed, skipped, seconds } of table) {
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`);
}
const summary = `${total.passed} passed, ${total.failed} failed`;
mkdirSync("target", { recursive: true });
writeFileSync(SUMMARY, `${summary}\n`);
console.log(summary);
process.exitCode = total.failed === 0 ? 0 : 1;

/**
 * @param {string} folder
 * @param {string[]} options
 */
function nodeTest(folder, ...options) {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const tests = files.filter((file) => file.endsWith(".test.js")).sort();
    if (tests.length === 0) {
        // `node --test` without a file would look for some everywhere.
        return ["false"];
    }
    const paths = tests.map((file) => `${folder}/${file}`);
    return [process.execPath, "--test", "--test-reporter=spec", ...options, ...paths];
}

/**
 * The tests of the add-in in one version of Thunderbird. It waits more than it works, so two at a time.
 *
 * @param {string} esr
 * @returns {Runner}
 */
function thunderbird(esr) {
    return {
        command: () => nodeTest("tests/thunderbird", "--test-concurrency=2"),
        environment: { THUNDERBIRD: `target/tools/thunderbird-${esr}` },
        ...node,
    };
}

/**
 * Runs a command, showing its output while it runs.
 *
 * @param {string[]} command
 * @param {Record<string, string>} [environment]
 * @returns {Promise<{ output: string, ok: boolean }>}
 */
function run([program = "", ...args], environment = {}) {
    const settings = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    console.log(`\n$ ${[...settings, program.replace(/^.*\//, ""), ...args].join(" ")}`);
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            env: { ...process.env, ...environment },
            stdio: ["ignore", "pipe", "inherit"],
        });
        /** @type {Buffer[]} */
        const chunks = [];
        child.stdout.on("data", (chunk) => {
            chunks.push(chunk);
            process.stdout.write(chunk);
        });
        child.on("error", reject);
        child.on("close", (status) => {
            resolve({ output: Buffer.concat(chunks).toString(), ok: status === 0 });
        });
    });
}

/**
 * @param {string} output of `cargo test`: one line for each test binary
 * @returns {Count}
 */
function countCargo(output) {
    const count = { passed: 0, failed: 0, skipped: 0 };
    const results = /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm;
    for (const [, passed, failed, ignored] of output.matchAll(results)) {
        count.passed += Number(passed);
        count.failed += Number(failed);
        count.skipped += Number(ignored);
    }
    return count;
}

/**
 * @param {string} output of `node --test` with the reporter `spec`
 * @returns {Count}
 */
function countNode(output) {
    const number = (/** @type {string} */ name) => {
        const lines = [...output.matchAll(new RegExp(`^ℹ ${name} (\\d+)$`, "gm"))];
        return Number(lines.at(-1)?.[1] ?? 0);
    };
    return {
        passed: number("pass"),
        failed: number("fail") + number("cancelled"),
        skipped: number("skipped") + number("todo"),
    };
}

/**
 * @param {string} output of `cargo test`
 */
function failuresCargo(output) {
    return [...output.matchAll(/^test (.+) \.\.\. FAILED$/gm)].map(([, name = ""]) => name);
}

/**
 * @param {string} output of `node --test` with the reporter `spec`, which says at its end where each failed test is,
 * what it is called and why it failed
 */
function failuresNode(output) {
    const [, list = ""] = output.split(/^✖ failing tests:$/m);
    return [...list.matchAll(/^test at (.+)\n✖ (.+)\n((?:(?! +at ).*\n)*)/gm)].map(([, place, name, message = ""]) => {
        const why = message.split("\n").filter((line) => line.trim() !== "");
        return [`${place}: ${name}`, ...why.slice(0, LINES_OF_A_FAILURE)].join("\n");
    });
}
