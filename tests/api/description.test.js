// @ts-check
// The server against its own description: schemathesis sends what the description allows and forbids, and looks at
// whether the answers are those that it names.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";
const SCHEMATHESIS = path.resolve("target/tools/schemathesis/bin/schemathesis");

/** Of all phases together. */
const MAX_SECONDS = 60;

const state = mkdtempSync(path.join(tmpdir(), "milguard-"));

/** @type {import("node:child_process").ChildProcess | undefined} */
let server;
let origin = "";
let token = "";

before(async () => {
    // Limits that the test would run into, and name servers that it has no business with.
    const limits = ["--batches-per-minute", "1000000", "--domains-per-minute", "1000000", "--resolver", "off"];
    const place = ["--http", "--listen", "127.0.0.1:0", "--state", state, "--log-format", "text"];
    server = spawn(PROGRAM, ["serve", ...place, ...limits], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for await (const chunk of server.stderr ?? []) {
        said += chunk;
        origin = /listening on (http:\/\/\S+)\/ /.exec(said)?.[1] ?? "";
        token = /with the token (\w+)\n/.exec(said)?.[1] ?? "";
        if (origin && token) {
            server.stderr?.resume();
            return;
        }
    }
    assert.fail(`the server did not start: ${said}`);
});

after(() => {
    server?.kill("SIGTERM");
    rmSync(state, { recursive: true, force: true });
});

test("the server answers as it says", { timeout: 4 * MAX_SECONDS * 1000 }, async () => {
    const run = spawn(
        SCHEMATHESIS,
        [
            ...["run", `${origin}/openapi.json`, "--url", origin, "--header", `Authorization: Bearer ${token}`],
            ...["--checks", "all", "--max-time", String(MAX_SECONDS), "--seed", "1", "--no-color"],
        ],
        { stdio: ["ignore", "pipe", "pipe"], cwd: state },
    );
    let said = "";
    run.stdout.on("data", (chunk) => (said += chunk));
    run.stderr.on("data", (chunk) => (said += chunk));
    const status = await new Promise((resolve, reject) => run.on("error", reject).on("close", resolve));
    assert.equal(status, 0, said);
    const tested = /Tested: (\d+)/.exec(said)?.[1];
    assert.ok(Number(tested) >= 6, said);
    console.log(/\d+ generated.*/.exec(said)?.[0]);
});
