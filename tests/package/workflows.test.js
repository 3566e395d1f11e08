// @ts-check
// GitHub's workflows run the commands that developers run, with pinned actions that nobody can
// change.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = ".github/workflows";
const read = (/** @type {string} */ name) => readFileSync(`${FOLDER}/${name}`, "utf8");
const ci = read("ci.yml");

for (const name of readdirSync(FOLDER)) {
    test(`${name} names its actions by their hash, with the version beside it`, () => {
        const uses = read(name).match(/^\s*(?:- )?uses: .*$/gm) ?? [];
        assert.ok(uses.length > 0);
        for (const line of uses) {
            assert.match(line, /uses: [\w-]+\/[\w-]+@[\da-f]{40} # v\d+\.\d+\.\d+$/);
        }
    });

    test(`${name} has only the right to read, unless a job has more`, () => {
        assert.match(read(name), /^permissions:\n {2}contents: read\n$/m);
        const checkouts = read(name).match(/uses: actions\/checkout@.*\n.*\n.*persist-credentials: false/g) ?? [];
        assert.equal(checkouts.length, read(name).match(/uses: actions\/checkout@/g)?.length ?? 0);
    });
}

test("every suite runs in a job, with what it needs", () => {
    const source = readFileSync("scripts/run-tests.js", "utf8");
    const table = /^const runners = \{\n([^]*?)^\};/m.exec(source)?.[1] ?? "";
    const runners = [...table.matchAll(/^ {4}"?([a-z0-9-]+)"?: /gm)].map(([, name]) => name);
    assert.ok(runners.length >= 9, runners.join());
    const together = /run-tests\.js ([a-z ]+)$/m.exec(ci)?.[1]?.split(" ") ?? [];
    const alone = [...ci.matchAll(/- runner: ([\w-]+)/g)].map(([, name]) => name);
    assert.deepEqual([...together, ...alone].sort(), runners.sort());
    for (const [, tools = ""] of ci.matchAll(/install: ([\w -]+)$/gm)) {
        for (const tool of tools.split(" ")) {
            assert.ok(existsSync(`scripts/install-${tool}`), tool);
        }
    }
});

test("a release is built on two machines, compared, signed and attested", () => {
    const release = read("release.yml");
    for (const step of ["make dist", "diff release-first/SHA256SUMS release-second/SHA256SUMS", "cosign sign-blob", "attest-build-provenance"]) {
        assert.ok(release.includes(step), step);
    }
});
