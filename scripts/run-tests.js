// @ts-check
// Runs every test runner, even if one fails, and ends with the failures and the sums of all counts. A runner that runs
// no test counts as failed, because a missing suite must not look green; a skipped test does, too. Several runners
// work at the same time; when one ends, the next starts, the longest first. Each line of output begins with the runner's
// name.
//
// With TEST_AGAIN=1, as CI sets it, the few tests that failed run once more at the end, with nothing beside them. Those that
// pass then count as passed, and the summary names them: each is a fault of a test or of the product, which shows under
// load alone.
//
// usage: node scripts/run-tests.js [cargo|www|api|outlook|gateway|package|e2e|e2e-outlook|thunderbird-newest|thunderbird-previous]...

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

const SUMMARY = "target/test-summary";
/** Lines that the summary shows of a failure: enough to see why. The whole output is further up. */
const LINES_OF_A_FAILURE = 6;
/** A suite that writes no line for this time hangs, and is stopped. */
const SILENT_MS = Number(process.env.TEST_SILENT_MINUTES ?? 20) * 60_000;
/** The option by which Node runs only tests with a name. */
const BY_NAME = "--test-name-pattern=";
/** The most failed tests that run once more. If more fail, the cause is not the load of the tests beside them. */
const MOST_AGAIN = 12;
const ONE_AT_A_TIME = "--test-concurrency=1";
const TWO_AT_A_TIME = "--test-concurrency=2";
/** How many runners work at the same time. Each waits a third of its time for browsers and servers, so there is one more
 * than there are cores. */
const RUNNERS = availableParallelism() + 1;

/**
 * @typedef {object} Runner
 * @property {() => string[]} command
 * @property {Record<string, string>} [environment]
 * @property {() => string} [impossible] why it cannot run on this system, for the summary; else empty
 * @property {(output: string) => Count} count
 * @property {(output: string) => string[]} failures the failed tests, and the beginning of each
 *     reason
 * @property {(output: string, command: string[]) => string[]} again the command that runs the failed tests and little else
 */

/** Options for every `node --test`. */
const node = { count: countNode, failures: failuresNode, again: againNode };

/** @type {Record<string, Runner>} */
const runners = {
    // This runner and e2e take about as long as each other, each with one browser at a time: they keep two cores busy.
    "e2e-outlook": { command: () => nodeTest("tests/e2e", ONE_AT_A_TIME, isOfOutlook), ...node },
    cargo: {
        command: () => ["cargo", "test", "--locked", "--release", "--no-fail-fast"],
        count: countCargo,
        failures: failuresCargo,
        again: againCargo,
    },
    e2e: { command: () => nodeTest("tests/e2e", ONE_AT_A_TIME, (file) => !isOfOutlook(file)), ...node },
    outlook: { command: () => nodeTest("tests/outlook"), ...node },
    "thunderbird-newest": thunderbird("newest", "tests/thunderbird"),
    // The newest Thunderbird alone runs the tests that do not depend on its version.
    "thunderbird-previous": thunderbird("previous", "tests/thunderbird/both"),
    // Real mail servers, each on ports of its own.
    gateway: { command: () => nodeTest("tests/gateway", ONE_AT_A_TIME), ...node },
    www: { command: () => nodeTest("tests/www"), ...node },
    // Compares the server's answers with its description.
    api: { command: () => nodeTest("tests/api"), ...node },
    // A release, installed and run in a clean Debian.
    package: { command: () => nodeTest("tests/package", TWO_AT_A_TIME), ...node },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in runners));
if (unknown.length > 0) {
    throw new Error(`no runner is called ${unknown.join(", ")}`);
}

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    process.on(signal, () => {
        running.forEach(stop);
        process.exit(1);
    });
}

const runs = (/** @type {string} */ name) => wanted.length === 0 || wanted.includes(name);
const total = { passed: 0, failed: 0, skipped: 0 };
/** @type {{ name: string, runner: Runner, output: string, failed: number }[]} */
const failing = [];
/** @type {string[]} */
const unsteady = [];
/** @type {({ name: string } & Partial<Count> & { seconds?: number, why?: string })[]} */
const table = [];
/** @type {string[]} */
const failures = [];

// The program is compiled before any test runs: linking it during a test would replace it by half a
// program.
if (["cargo", "www"].some(runs)) {
    const { ok } = await run("cargo", ["cargo", "test", "--locked", "--release", "--no-run"]);
    if (!ok) {
        failures.push("cargo: the tests do not compile");
        total.failed += 1;
    }
}
const waiting = Object.entries(runners).filter(([name]) => runs(name));
await Promise.all(Array.from({ length: RUNNERS }, runWaiting));
if (process.env.TEST_AGAIN === "1" && failing.reduce((sum, one) => sum + one.failed, 0) <= MOST_AGAIN) {
    for (const one of failing) {
        await runAgain(one);
    }
}

async function runWaiting() {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
        await runOne(...next);
    }
}

/**
 * @param {string} name
 * @param {Runner} runner
 */
async function runOne(name, runner) {
    const why = runner.impossible?.() ?? "";
    if (why !== "") {
        table.push({ name, why });
        return;
    }
    const start = performance.now();
    const { output, ok, hung } = await run(name, runner.command(), runner.environment);
    const count = runner.count(output);
    const ran = count.passed + count.failed;
    if (count.failed === 0 && (!ok || ran === 0)) {
        console.error(ran === 0 ? `${name}: no test ran` : `${name}: the runner itself failed`);
        count.failed += 1;
    }
    if (hung !== null) {
        failures.push(`${name}: stopped after ${SILENT_MS / 60_000} minutes without a line; the last was: ${hung}`);
    }
    if (count.skipped > 0) {
        failures.push(`${name}: ${count.skipped} skipped`);
        count.failed += count.skipped;
    }
    const named = runner.failures(output).map((failure) => `${name}: ${failure}`);
    failures.push(...named);
    // A suite that was stopped is not tried again, since some of its tests have not run at all.
    if (named.length > 0 && hung === null) {
        failing.push({ name, runner, output, failed: count.failed });
    }
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    table.push({ name, ...count, seconds: Math.round((performance.now() - start) / 1000) });
}
if (unsteady.length > 0) {
    console.log(`\nfailed beside other tests and passed alone, so find out why:\n${unsteady.join("\n")}`);
}
if (failures.length > 0) {
    console.log(`\nfailed:\n${failures.join("\n")}`);
}
console.log();
for (const { name, why, passed, failed, skipped, seconds } of table) {
    const counts = `${passed} passed, ${failed} failed, ${skipped} skipped in ${seconds} s`;
    console.log(`${name}: ${why ? `not run: ${why}` : counts}`);
}
const summary = `${total.passed} passed, ${total.failed} failed`;
mkdirSync("target", { recursive: true });
writeFileSync(SUMMARY, `${summary}\n`);
console.log(summary);
process.exitCode = total.failed === 0 ? 0 : 1;

/**
 * Runs the failed tests of a runner alone, and counts them as passed if all of them pass.
 *
 * @param {{ name: string, runner: Runner, output: string, failed: number }} one
 */
async function runAgain({ name, runner, output, failed }) {
    const command = runner.again(output, runner.command());
    const again = await run(name, command, runner.environment);
    const count = runner.count(again.output);
    // Node counts the tests that no pattern names as skipped.
    const isByName = command.some((argument) => argument.startsWith(BY_NAME));
    if (!again.ok || count.failed > 0 || (count.skipped > 0 && !isByName) || count.passed < failed) {
        return;
    }
    total.failed -= failed;
    total.passed += failed;
    const isOfIt = (/** @type {string} */ failure) => failure.startsWith(`${name}: `);
    unsteady.push(...failures.filter(isOfIt));
    failures.splice(0, failures.length, ...failures.filter((failure) => !isOfIt(failure)));
}

/**
 * @param {string} folder
 * @param {string} [option] of Node
 * @param {(file: string) => boolean} [isWanted] of which files; without it, of all
 */
function nodeTest(folder, option, isWanted = () => true) {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const tests = files.filter((file) => file.endsWith(".test.js") && isWanted(file)).sort();
    if (tests.length === 0) {
        // Without a file, `node --test` would look for tests everywhere.
        return ["false"];
    }
    const paths = tests.map((file) => `${folder}/${file}`);
    return [process.execPath, "--test", "--test-reporter=spec", ...(option ? [option] : []), ...paths];
}

/** Whether a file of tests/e2e needs Office.js or the simulated Outlook. @param {string} file */
function isOfOutlook(file) {
    return file.startsWith("outlook");
}

/**
 * The tests of the add-in in one version of Thunderbird. They mostly wait, so two run at a time.
 *
 * @param {"newest" | "previous"} esr one of the two that install-thunderbird has found
 * @param {string} folder
 * @returns {Runner}
 */
function thunderbird(esr, folder) {
    const tools = process.env.MILGUARD_TOOLS ?? "target/tools";
    const onlyOne = `${tools}/thunderbird-only-one`;
    return {
        command: () => nodeTest(folder, TWO_AT_A_TIME),
        environment: { THUNDERBIRD: `${tools}/thunderbird-${esr}` },
        impossible: () => (esr === "previous" && existsSync(onlyOne) ? readFileSync(onlyOne, "utf8").trim() : ""),
        ...node,
    };
}

/**
 * Runs a command, showing its output while it runs.
 *
 * @param {string} name the beginning of each line
 * @param {string[]} command
 * @param {Record<string, string>} [environment]
 * @returns {Promise<{ output: string, ok: boolean, hung: string | null }>} `hung`: the last line, if no more came
 */
function run(name, [program = "", ...args], environment = {}) {
    const settings = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
    console.log(`${name} | $ ${[...settings, program.replace(/^.*\//, ""), ...args].join(" ")}`);
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            env: { ...process.env, ...environment },
            stdio: ["ignore", "pipe", "inherit"],
            // A process group of its own, so that a suite that hangs ends with all that it has started.
            detached: true,
        });
        running.add(child);
        /** @type {string | null} */
        let hung = null;
        const watch = setTimeout(() => {
            hung = lines.at(-1) ?? "";
            stop(child);
        }, SILENT_MS);
        /** @type {string[]} */
        const lines = [];
        createInterface({ input: child.stdout }).on("line", (line) => {
            lines.push(line);
            watch.refresh();
            console.log(`${name} | ${line}`);
        });
        child.on("error", reject);
        child.on("close", (status) => {
            clearTimeout(watch);
            running.delete(child);
            resolve({ output: `${lines.join("\n")}\n`, ok: status === 0, hung });
        });
    });
}

/**
 * @param {import("node:child_process").ChildProcess} child the first of its process group
 */
function stop({ pid }) {
    try {
        process.kill(-Number(pid), "SIGKILL");
    } catch {
        // The process has ended meanwhile.
    }
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
 * @param {string} output of `cargo test`
 */
function againCargo(output) {
    return ["cargo", "test", "--locked", "--release", "--no-fail-fast", "--", "--exact", ...failuresCargo(output)];
}

/**
 * @param {string} output of `node --test` with the reporter `spec`
 * @param {string[]} command that gave it
 */
function againNode(output, command) {
    const failed = failuresNode(output);
    const places = failed.map((failure) => failure.replace(/:\d+:\d+: [^]*/, ""));
    if (places.every((place) => place.endsWith(".test.js"))) {
        return [process.execPath, "--test", "--test-reporter=spec", "--test-concurrency=1", ...new Set(places)];
    }
    // If a helper has defined a test, its place is the helper's file, which runs nothing by itself. So all files run, and
    // of their tests those with the names of the failed ones.
    const names = failed.map((failure) => /:\d+:\d+: (.+?)(?: \([\d.]+ms\))?$/m.exec(failure)?.[1] ?? "");
    const patterns = names.map((name) => `${BY_NAME}^${name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")}$`);
    const [program = "", ...rest] = command;
    return [program, ...new Set(patterns), ...rest];
}

/**
 * @param {string} output of `node --test` with the reporter `spec`, which at its end gives the place, the name and
 *     the error of each failed test
 */
function failuresNode(output) {
    const [, list = ""] = output.split(/^✖ failing tests:$/m);
    return [...list.matchAll(/^test at (.+)\n✖ (.+)\n((?:(?! +at |test at ).*\n)*)/gm)].map(([, place, name, message = ""]) => {
        const why = message.split("\n").filter((line) => line.trim() !== "");
        return [`${place}: ${name}`, ...why.slice(0, LINES_OF_A_FAILURE)].join("\n");
    });
}
