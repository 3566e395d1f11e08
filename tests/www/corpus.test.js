// @ts-check
// The same verdict in three builds: every line of tests/corpus and every name of the lists in data/, in
// WebAssembly and in plain JavaScript, compared in every field with the native library. tests/corpus/mod.rs,
// which reads the same lines, checks that the verdict is right.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { before, describe, it } from "node:test";

import { loadBuilds } from "./builds.js";
import { readCorpus } from "./corpus.js";

/** @typedef {import("./corpus.js").Case} Case */
/** @typedef {import("../../dist/checker/web/milguard.js").Report} Report */

const report = new URL("../../target/release/examples/report", import.meta.url).pathname;
const data = new URL("../../data/", import.meta.url);

const builds = await loadBuilds();

/** @returns {Case[]} a case for each name of the lists, alone in its message */
function dataCases() {
    return readdirSync(data)
        .filter((file) => file.endsWith(".txt"))
        .flatMap((file) =>
            readFileSync(new URL(file, data), "utf8")
                .split("\n")
                .map((line) => line.trim())
                .filter((line) => line !== "" && !line.startsWith("#"))
                .map((name) => ({
                    at: `${file}: ${name}`,
                    message: { recipients: [{ address: `bob@${name}` }] },
                })),
        );
}

/**
 * The native library's reports on `cases`, with spans in UTF-16 code units.
 *
 * @param {Case[]} cases
 * @returns {Report[]}
 */
function nativeReports(cases) {
    const input = cases.map(({ policy, message }) => JSON.stringify({ policy, message })).join("\n");
    const output = execFileSync(report, { input, maxBuffer: 1 << 30, encoding: "utf8" });
    const reports = output.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.equal(reports.length, cases.length);
    for (const { recipients } of reports) {
        for (const { address, findings } of recipients) {
            const bytes = Buffer.from(address);
            for (const finding of findings) {
                finding.span &&= finding.span.map(
                    (/** @type {number} */ end) => bytes.subarray(0, end).toString().length,
                );
            }
        }
    }
    return reports;
}

for (const { title, cases, atLeast } of [
    { title: "tests/corpus", cases: readCorpus(), atLeast: 1_000 },
    { title: "the lists in data/", cases: dataCases(), atLeast: 50_000 },
]) {
    describe(title, () => {
        /** @type {Report[]} */
        let native;
        before(() => {
            native = nativeReports(cases);
        });

        it("the test finds cases in the corpus", () => {
            assert.ok(cases.length >= atLeast, `${cases.length} cases`);
        });

        for (const [name, { Checker }] of builds) {
            it(`each message is judged by ${name} as by the native library`, () => {
                const differing = [];
                let policy;
                let checker = new Checker();
                for (const [index, { at, message, ...given }] of cases.entries()) {
                    if (given.policy !== policy) {
                        policy = given.policy;
                        checker.free();
                        checker = new Checker(policy);
                    }
                    // Through JSON, because objects from another context have other prototypes.
                    const found = JSON.stringify(checker.check(message));
                    const expected = JSON.stringify(native[index]);
                    if (found !== expected) {
                        differing.push(`${at}\n  ${name}: ${found}\n  native: ${expected}`);
                    }
                }
                checker.free();
                const shown = differing.slice(0, 20).join("\n");
                assert.equal(differing.length, 0, `${differing.length} cases differ:\n${shown}`);
            });
        }
    });
}
