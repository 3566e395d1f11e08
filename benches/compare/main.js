// @ts-check
// Milguard beside other checkers for JavaScript, all on the same addresses in one run: what each
// finds and suggests, how often it flags a correct address, and the time for an address. Prints
// Markdown.
//
// Two checkers appear twice: as shipped, and with the names below .mil added to their lists. Any
// suggestion by another checker counts as a flag, and as a stop; Milguard stops from `warn` on.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

import { lookAlike, ordinary, sample, undelegated } from "./addresses.js";
import { loadCheckers, loadScript, loadWebAssembly } from "./checkers.js";

/** @typedef {import("./addresses.js").Case} Case */
/** @typedef {import("./checkers.js").Checker} Checker */

const ROUNDS = 7;
/** How many addresses of each kind a round checks. */
const TIMED = 600;

const checkers = await loadCheckers();

console.log(`Node.js ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}\n`);
printFindings();
printOrdinary();
printTimes();
await printMessages();
printStarts();

function printFindings() {
    const total = lookAlike.reduce((sum, { cases }) => sum + cases.length, 0);
    console.log(`## Look-alikes: ${total} addresses, the hosts below .mil with one mistake each\n`);
    console.log(`(${undelegated.length} suffixes one edit from \`mil\` do not exist; each is tried in turn.)\n`);
    const rows = [];
    for (const { title, cases } of lookAlike) {
        for (const checker of checkers) {
            const answers = cases.map(({ address }) => checker.check(address));
            const count = (/** @type {(answer: typeof answers[0], index: number) => boolean} */ holds) =>
                percent(answers.filter(holds).length, cases.length);
            const isRight = (/** @type {string | null} */ suggestion, /** @type {number} */ index) =>
                suggestion?.toLowerCase() === cases[index]?.intended?.toLowerCase();
            rows.push([
                title,
                checker.title,
                count(({ severity }) => severity !== "pass"),
                count(({ severity }) => severity === "warn" || severity === "block"),
                count(({ suggestion }, index) => isRight(suggestion, index)),
                count(({ suggestion }, index) => suggestion !== null && !isRight(suggestion, index)),
            ]);
        }
    }
    table(["mistake", "checker", "flagged %", "stopped %", "right suggestion %", "wrong suggestion %"], rows);
}

function printOrdinary() {
    const total = ordinary.reduce((sum, { cases }) => sum + cases.length, 0);
    console.log(`## No mistakes: ${total} addresses. Percent flagged, and in brackets percent stopped\n`);
    const rows = checkers.map((checker) => {
        const cells = ordinary.map(({ cases }) => {
            const severities = cases.map(({ address }) => checker.check(address).severity);
            const flagged = severities.filter((severity) => severity !== "pass").length;
            const stopped = severities.filter((severity) => severity === "warn" || severity === "block").length;
            return `${percent(flagged, cases.length)} (${percent(stopped, cases.length)})`;
        });
        return [checker.title, ...cells];
    });
    table(["checker", ...ordinary.map(({ title, cases }) => `${title} (${cases.length})`)], rows);
}

/**
 * Rounds are interleaved, so that a busy machine slows every checker equally; the result is their
 * median.
 */
function printTimes() {
    const groups = {
        "look-alike": lookAlike.flatMap(({ cases }) => sample(cases, TIMED / lookAlike.length)),
        ordinary: sample(ordinary[2]?.cases ?? [], TIMED),
        "genuine .mil": sample(ordinary[1]?.cases ?? [], TIMED),
    };
    const measured = checkers.map(() => Object.values(groups).map(() => /** @type {number[]} */ ([])));
    for (let round = 0; round < ROUNDS + 1; round += 1) {
        for (const [row, checker] of checkers.entries()) {
            for (const [column, cases] of Object.values(groups).entries()) {
                const start = performance.now();
                for (const { address } of cases) {
                    checker.check(address);
                }
                // The first round warms up.
                if (round > 0) {
                    measured[row]?.[column]?.push(((performance.now() - start) * 1000) / cases.length);
                }
            }
        }
    }
    const medians = measured.map((row) => row.map(median));
    console.log(`## Microseconds for an address, one a call (median of ${ROUNDS} interleaved rounds)\n`);
    const rows = checkers.map(({ title }, row) => [title, ...(medians[row] ?? []).map((time) => time.toFixed(2))]);
    table(["checker", ...Object.keys(groups)], rows);
    console.log("How many times as long as Milguard, WebAssembly:\n");
    const ratios = checkers.map(({ title }, row) => [
        title,
        ...(medians[row] ?? []).map((time, column) => (time / (medians[0]?.[column] ?? NaN)).toFixed(1)),
    ]);
    table(["checker", ...Object.keys(groups)], ratios);
}

async function printMessages() {
    console.log("## Milliseconds for a message with 500 recipients, one call\n");
    const builds = [
        { title: "WebAssembly", checker: await loadWebAssembly() },
        { title: "plain JavaScript", checker: loadScript() },
    ];
    const common = ordinary[2]?.cases ?? [];
    const genuine = ordinary[1]?.cases ?? [];
    const messages = {
        "common domains": sample(common, 500),
        "hosts below .mil": sample(genuine, 500),
        "both, and ten look-alikes": [
            ...sample(common, 245),
            ...sample(genuine, 245),
            ...lookAlike.slice(1).flatMap(({ cases }) => sample(cases, 2)),
        ],
        "look-alikes alone": lookAlike.slice(1).flatMap(({ cases }) => sample(cases, 100)),
    };
    const rows = Object.entries(messages).map(([title, cases]) => {
        const recipients = cases.map(({ address }) => ({ address, name: "Bob Smith", field: /** @type {const} */ ("to") }));
        const times = builds.map(() => /** @type {number[]} */ ([]));
        for (let round = 0; round < 40; round += 1) {
            for (const [column, { checker }] of builds.entries()) {
                const start = performance.now();
                checker.check({ recipients });
                if (round >= 10) {
                    times[column]?.push(performance.now() - start);
                }
            }
        }
        return [title, ...times.map((list) => median(list).toFixed(2))];
    });
    table(["recipients", ...builds.map(({ title }) => title)], rows);
}

function printStarts() {
    console.log("## Milliseconds from bytes to the first verdict, each in a new process\n");
    const start = fileURLToPath(new URL("start.js", import.meta.url));
    /** @type {Record<string, number[]>} */
    const times = { web: [], script: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
        for (const [kind, list] of Object.entries(times)) {
            list.push(Number(execFileSync(process.execPath, [start, kind], { encoding: "utf8" })));
        }
    }
    table(["WebAssembly", "plain JavaScript"], [[times.web, times.script].map((list) => median(list ?? []).toFixed(1))]);
}

/** @param {number[]} values */
function median(values) {
    const sorted = [...values].sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/**
 * @param {number} part
 * @param {number} whole
 */
function percent(part, whole) {
    // 100 and 0 mean exactly all and exactly none; anything else is not rounded up or down to them.
    const value = (100 * part) / whole;
    const digits = value.toFixed(2);
    return part !== whole && digits === "100.00" ? "99.99" : part !== 0 && digits === "0.00" ? "0.01" : digits;
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function table(head, rows) {
    const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
    const line = (/** @type {string[]} */ cells) =>
        `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
    console.log(line(head));
    console.log(line(widths.map((width) => "-".repeat(width))));
    for (const row of rows) {
        console.log(line(row));
    }
    console.log();
}
