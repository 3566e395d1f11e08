// @ts-check
// The runner of all suites: its counts, and which tests it runs again.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, it } from "node:test";

const script = fileURLToPath(new URL("../../scripts/run-tests.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "run-tests-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "tests/gateway"), { recursive: true });
writeFileSync(join(folder, "package.json"), '{"type":"module"}');

/**
 * Runs a suite of one file, whose test finds `mark` from its second run on.
 *
 * @param {string} test
 * @param {Record<string, string>} environment
 */
function runSuite(test, environment) {
    const mark = join(folder, "mark");
    rmSync(mark, { force: true });
    const source = `
        import { existsSync, writeFileSync } from "node:fs";
        import assert from "node:assert/strict";
        import { before, describe, it } from "node:test";
        const isAgain = existsSync(${JSON.stringify(mark)});
        writeFileSync(${JSON.stringify(mark)}, "");
        it("passes", () => {});
        ${test}`;
    writeFileSync(join(folder, "tests/gateway/one.test.js"), source);
    // This process is a test itself, which its children would notice.
    const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== "NODE_TEST_CONTEXT"));
    const run = spawnSync(process.execPath, [script, "gateway"], {
        cwd: folder,
        env: { ...own, TEST_AGAIN: "", ...environment },
        encoding: "utf8",
    });
    const sum = readFileSync(join(folder, "target/test-summary"), "utf8").trim();
    return { status: run.status, sum, output: run.stdout };
}

const ONCE = 'it("fails once", () => assert.ok(isAgain));';
const HOOK = 'describe("hook", () => { before(() => assert.ok(isAgain)); it("a", () => {}); it("b", () => {}); });';
/** A test whose reported place is the helper's file, not its own. */
const HELPED = 'const { define } = await import("../helper.js"); define("is helped", () => assert.ok(isAgain));';
writeFileSync(join(folder, "tests/helper.js"), 'import { it } from "node:test"; export const define = (...all) => it(...all);');
const ALWAYS = 'it("fails", () => assert.ok(false));';

it("the runner runs no test twice unless told to", () => {
    const { status, sum, output } = runSuite(ONCE, {});
    assert.deepEqual([status, sum], [1, "1 passed, 1 failed"]);
    assert.match(output, /\nfailed:\ngateway: tests\/gateway\/one\.test\.js:\d+:\d+: fails once/);
});

it("the runner runs failed tests again if told to, and names them", () => {
    for (const [test, passed] of /** @type {const} */ ([[ONCE, 2], [HOOK, 3], [HELPED, 2]])) {
        const { status, sum, output } = runSuite(test, { TEST_AGAIN: "1" });
        assert.deepEqual([status, sum], [0, `${passed} passed, 0 failed`], output);
        assert.match(output, /\nfailed beside other tests and passed alone, so find out why:\ngateway: /);
        assert.doesNotMatch(output, /\nfailed:\n/);
    }
});

it("the runner does not repeat a test that passed, even if it does not know the file of one that failed", () => {
    const { sum, output } = runSuite(`it("counts", () => console.log("counted")); ${HELPED}`, { TEST_AGAIN: "1" });
    assert.equal(sum, "3 passed, 0 failed");
    assert.equal(output.match(/\| counted$/gm)?.length, 1, output);
});

it("the runner stops a suite that hangs, with what it has started, and names its last line", () => {
    const hangs = `const { spawn } = await import("node:child_process");
        it("hangs", () => new Promise(() => console.log(spawn("sleep", ["1000"], { stdio: "inherit" }).pid)));`;
    const { status, output } = runSuite(hangs, { TEST_SILENT_MINUTES: "0.05" });
    assert.equal(status, 1);
    assert.match(output, /\nfailed:\ngateway: stopped after 0\.05 minutes without a line; the last was: \d*/);
});

it("the runner does not forgive a second failure, a skipped test, or many failures", () => {
    assert.equal(runSuite(ONCE + ALWAYS, { TEST_AGAIN: "1" }).sum, "1 passed, 2 failed");
    assert.equal(runSuite(HELPED.replace("isAgain", "false"), { TEST_AGAIN: "1" }).sum, "1 passed, 1 failed");
    assert.equal(runSuite('it.skip("is left out");', { TEST_AGAIN: "1" }).sum, "1 passed, 1 failed");
    assert.equal(runSuite(ONCE.repeat(13), { TEST_AGAIN: "1" }).sum, "1 passed, 13 failed");
});
