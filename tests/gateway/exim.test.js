// @ts-check
// The list in a real Exim, asked through `exim -bh`.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { makeFolder } from "../thunderbird/driver/processes.js";
import { PASSED, REFUSED, check, list, rules } from "./rules.js";
import { Exim } from "./servers/exim.js";

/** @type {Exim} */
let exim;

before(async () => {
    exim = await Exim.prepare(await rules("exim"));
});
after(() => exim?.stop());

test("Exim can read the configuration", async () => {
    const { status, output } = await exim.check();
    assert.equal(status, 0, output);
    assert.match(output, /Exim version 4/);
});

test("mail for a look-alike is refused at RCPT with the right address", async () => {
    const { answers } = await exim.ask([...REFUSED.keys(), "bob@xn--rmy-5cd.mil", "bob@arrny.mil"]);
    const meant = [...REFUSED.values(), "bob@army.mil", "bob@army.mil"];
    assert.equal(answers.length, meant.length);
    for (const [at, answer] of answers.entries()) {
        assert.match(answer, /^550 5\.1\.2 /);
        assert.ok(answer.includes(`did you mean ${meant[at]}?`), answer);
    }
});

test("ordinary recipients are accepted", async () => {
    const domains = await list("common-domains.txt");
    const some = domains.filter((_, at) => at % 400 === 0).map((domain) => `carol@${domain}`);
    const hosts = (await list("mil-hosts.txt")).filter((_, at) => at % 100 === 0);
    const foreign = await list("foreign-military.txt");
    const addresses = [...PASSED, ...some, ...[...hosts, ...foreign].map((domain) => `carol@${domain}`)];
    const { answers } = await exim.ask(addresses);
    assert.equal(answers.length, addresses.length);
    const refused = addresses.filter((_, at) => !answers[at]?.startsWith("250 "));
    assert.deepEqual(refused, []);
});

test("the rules follow the lists, and refuse nothing that the checker does not warn of", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(
        policy,
        JSON.stringify({
            deny: ["*.ml", "-*.gov.ml", "bad.example", "eve@fine.example"],
            allow: ["lemmy.ml", "bob@bad.example", "army.il"],
            protected: { suffixes: ["mil"], domains: ["contractor.example"] },
        }),
    );
    const listed = await Exim.prepare(await rules("exim", policy));
    const addresses = [
        ...["ann@shop.ml", "ann@health.gov.ml", "ann@lemmy.ml", "ann@army.ml", "ann@army.il", "ann@bad.example"],
        ...["bob@bad.example", "eve@fine.example", "ann@fine.example", "ann@army.mil", "ann@contracter.example"],
    ];
    const [{ answers }, verdicts] = await Promise.all([listed.ask(addresses), check(addresses, policy)]);
    listed.stop();
    for (const [at, { address, severity, suggestion }] of verdicts.entries()) {
        const isWarned = severity === "warn" || severity === "block";
        assert.equal(answers[at]?.startsWith("550 "), isWarned, `${address}: ${answers[at]}`);
        if (suggestion && isWarned) {
            assert.ok(answers[at]?.includes(suggestion), answers[at]);
        }
    }
});

test("a policy in audit mode logs and accepts", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(policy, JSON.stringify({ mode: "audit" }));
    const audit = await Exim.prepare(await rules("exim", policy));
    const { answers, log } = await audit.ask(["bob@army.ml", "bob@foo.mli", "carol@army.mil"]);
    audit.stop();
    assert.ok(answers.every((answer) => answer.startsWith("250 ")), answers.join("\n"));
    assert.ok(log.includes("did you mean bob@army.mil?"), log);
});
