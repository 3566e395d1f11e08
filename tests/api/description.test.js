// @ts-check
// The server against its own description: schemathesis sends what the description allows and forbids, and checks
// that the description names the answers.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { makeToken } from "./person.js";

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";
const SCHEMATHESIS = path.resolve("target/tools/schemathesis/bin/schemathesis");

const CONFIG = path.resolve("tests/api/schemathesis.toml");

/** Cases for each operation. A limit in time instead would make their number depend on the machine. */
const CASES = 100;

const state = mkdtempSync(path.join(tmpdir(), "milguard-"));

/** @type {import("node:child_process").ChildProcess | undefined} */
let server;
let origin = "";
let setupLink = "";
let token = "";

before(readStart, { timeout: 120_000 });

async function readStart() {
    // Options that raise limits which the test would reach, and that switch off name servers.
    const limits = ["--batches-per-minute", "1000000", "--domains-per-minute", "1000000", "--resolver", "off"];
    const place = ["--http", "--listen", "127.0.0.1:0", "--state", state, "--log-format", "text"];
    server = spawn(PROGRAM, ["serve", ...place, ...limits], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for await (const chunk of server.stderr ?? []) {
        said += chunk;
        origin = /listening on (http:\/\/\S+)\/ /.exec(said)?.[1] ?? "";
        setupLink = /(https:\/\/\S+\/admin\/setup\/\S+)/.exec(said)?.[1] ?? "";
        token = /with the token (\w+)\n/.exec(said)?.[1] ?? "";
        if (origin && setupLink && token) {
            server.stderr?.resume();
            return;
        }
    }
    assert.fail(`the server did not start: ${said}`);
}

after(() => {
    server?.kill("SIGTERM");
    rmSync(state, { recursive: true, force: true });
});

test("enrolment answers as the description says", { timeout: 600_000 }, async () => {
    await compare(token, ["--include-path-regex", "^/v1/enrol"], 1);
});

test("clients with a key get the answers that the description promises", { timeout: 600_000 }, async () => {
    const response = await fetch(`${origin}/v1/enrol`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ host: "thunderbird", clientVersion: "1.2.3" }),
    });
    const { key } = /** @type {any} */ (await response.json());
    await compare(key, ["--exclude-path-regex", "^/v1/(admin/|enrol)"], 7);
});

test("programs with a token of the dashboard get the answers that the description promises", { timeout: 600_000 }, async () => {
    await compare(await makeToken(origin, setupLink), ["--include-path-regex", "^/v1/admin/"], 2);
});

/**
 * @param {string} bearer
 * @param {string[]} which operations
 * @param {number} operations the least number of them
 */
async function compare(bearer, which, operations) {
    const run = spawn(
        SCHEMATHESIS,
        [
            ...["--config-file", CONFIG, "run", `${origin}/openapi.json`, "--url", origin, "--header", `Authorization: Bearer ${bearer}`],
            ...["--checks", "all", "--max-examples", String(CASES), "--seed", "1", "--no-color", ...which],
        ],
        { stdio: ["ignore", "pipe", "pipe"], cwd: state },
    );
    let said = "";
    run.stdout.on("data", (chunk) => (said += chunk));
    run.stderr.on("data", (chunk) => (said += chunk));
    const status = await new Promise((resolve, reject) => run.on("error", reject).on("close", resolve));
    assert.equal(status, 0, said);
    const tested = /Tested: (\d+)/.exec(said)?.[1];
    assert.ok(Number(tested) >= operations, said);
    console.log(/\d+ generated.*/.exec(said)?.[0]);
}
