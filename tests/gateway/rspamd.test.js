// @ts-check
// The maps in a real rspamd, asked in the way of a mail server.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { makeFolder } from "../thunderbird/driver/processes.js";
import { PASSED, REFUSED, list, rules } from "./rules.js";
import { Rspamd } from "./servers/rspamd.js";

/** @type {Rspamd} */
let rspamd;

before(async () => {
    rspamd = await Rspamd.prepare(await rules("rspamd"));
    await rspamd.start();
});
after(() => rspamd?.stop());

/** @param {import("./servers/rspamd.js").Verdict} verdict */
const text = ({ messages }) => Object.values(messages ?? {}).join(" ");

test("rspamd can read the configuration", async () => {
    assert.match(await rspamd.check(), /syntax OK/);
});

test("a message for a look-alike is rejected with the right address", async () => {
    for (const [address, meant] of REFUSED) {
        const verdict = await rspamd.scan([address]);
        assert.equal(verdict.action, "reject", `${address}: ${JSON.stringify(verdict)}`);
        // rspamd removes the tag before rules see the address, so the answer names no address.
        const said = address.includes("+") ? "; please check the address." : `: did you mean ${meant}?`;
        assert.ok(text(verdict).endsWith(said), JSON.stringify(verdict));
    }
});

test("one look-alike among others is found, and only it is named", async () => {
    const verdict = await rspamd.scan(["carol@army.mil", "bob@army.ml", "dave@example.com"]);
    assert.equal(verdict.action, "reject");
    assert.ok(text(verdict).includes("did you mean bob@army.mil?"), JSON.stringify(verdict));
});

test("the answer names no address where the suggestion is unclear", async () => {
    for (const address of ["bob@army-mil.usarmymil", '"bob doe"@army.ml', "bob@navy.milarmy"]) {
        const verdict = await rspamd.scan([address]);
        assert.equal(verdict.action, "reject", `${address}: ${JSON.stringify(verdict)}`);
        assert.ok(text(verdict).endsWith("; please check the address."), JSON.stringify(verdict));
    }
});

test("messages to ordinary recipients pass", async () => {
    const domains = await list("common-domains.txt");
    const some = domains.filter((_, at) => at % 100 === 0).map((domain) => `carol@${domain}`);
    const foreign = (await list("foreign-military.txt")).map((domain) => `carol@${domain}`);
    const hosts = (await list("mil-hosts.txt")).filter((_, at) => at % 20 === 0).map((domain) => `carol@${domain}`);
    const addresses = [...PASSED, ...some, ...foreign, ...hosts];
    assert.ok(addresses.length > 1000);
    for (let at = 0; at < addresses.length; at += 50) {
        const recipients = addresses.slice(at, at + 50);
        const verdict = await rspamd.scan(recipients);
        assert.equal(verdict.action, "no action", `${recipients}: ${JSON.stringify(verdict)}`);
    }
});

test("the rules follow the lists for each recipient by itself", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(
        policy,
        JSON.stringify({ deny: ["*.ml", "-*.gov.ml", "bad.example"], allow: ["lemmy.ml", "bob@bad.example"] }),
    );
    const listed = await Rspamd.prepare(await rules("rspamd", policy));
    await listed.start();
    try {
        for (const [recipients, action] of /** @type {[string[], string][]} */ ([
            [["ann@lemmy.ml", "ann@health.gov.ml", "bob@bad.example", "ann@army.mil"], "no action"],
            [["ann@shop.ml"], "reject"],
            [["ann@lemmy.ml", "ann@shop.ml"], "reject"],
            [["bob@bad.example", "ann@bad.example"], "reject"],
        ])) {
            const verdict = await listed.scan(recipients);
            assert.equal(verdict.action, action, `${recipients}: ${JSON.stringify(verdict)}`);
        }
    } finally {
        await listed.stop();
    }
});

test("a policy in audit mode adds a symbol to a message and lets it pass", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(policy, JSON.stringify({ mode: "audit" }));
    const audit = await Rspamd.prepare(await rules("rspamd", policy));
    await audit.start();
    try {
        const verdict = await audit.scan(["bob@army.ml"]);
        assert.equal(verdict.action, "no action");
        assert.ok(Object.keys(verdict.symbols).some((name) => name.startsWith("MILGUARD_")));
    } finally {
        await audit.stop();
    }
});
