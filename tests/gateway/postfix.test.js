// @ts-check
// The table in a real Postfix: mail for a look-alike is refused at RCPT, other mail arrives.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { makeFolder } from "../thunderbird/driver/processes.js";
import { Sink } from "../thunderbird/driver/sink.js";
import { PASSED, REFUSED, check, list, rules } from "./rules.js";
import { Postfix } from "./servers/postfix.js";
import { Conversation } from "./servers/smtp.js";

const sink = new Sink();
/** @type {Postfix} */
let postfix;

before(async () => {
    await sink.start();
    postfix = await Postfix.start(await rules("postfix"), sink.port);
});
after(async () => {
    await postfix?.stop();
    await sink.stop();
});

test("mail for a look-alike is refused at RCPT with the right address", async () => {
    const client = await Conversation.open(postfix.port);
    await client.say("MAIL FROM:<alice@example.com>");
    for (const [address, meant] of REFUSED) {
        const answer = await client.say(`RCPT TO:<${address}>`);
        assert.match(answer, /^550 5\.1\.2 /, address);
        assert.ok(answer.includes(`did you mean ${meant}?`), answer);
        assert.ok(answer.length < 512, "fits into a line of SMTP");
    }
    client.close();
});

test("an answer names an address as Postfix looks it up, and none where the suggestion is unclear", async () => {
    const client = await Conversation.open(postfix.port);
    await client.say("MAIL FROM:<alice@example.com>");
    assert.match(await client.say("RCPT TO:<Bob.Doe@Navy.IL>"), /^550 .* did you mean bob\.doe@navy\.mil\?/);
    for (const address of ["mailto:bob@army.ml", '"Bob Doe"@army.ml', "bob@army-mil.usarmymil"]) {
        assert.match(await client.say(`RCPT TO:<${address}>`), /^550 .* please check the address/);
    }
    client.close();
});

test("a message reaches its other recipients", async () => {
    const client = await Conversation.open(postfix.port);
    await client.say("MAIL FROM:<alice@example.com>");
    for (const address of PASSED) {
        assert.match(await client.say(`RCPT TO:<${address}>`), /^250 /, address);
    }
    assert.match(await client.say("RCPT TO:<bob@army.ml>"), /^550 /);
    assert.match(await client.send("Subject: Through\n\nSee you there."), /^250 /);
    client.close();
    const deadline = Date.now() + 20_000;
    const arrived = () => sink.all("Through").flatMap(({ to }) => to).sort();
    while (arrived().length < PASSED.length) {
        assert.ok(Date.now() < deadline, `only ${arrived()} arrived\n${await postfix.log()}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(arrived(), [...PASSED].sort());
});

test("of all known domains, the rules refuse only those that the checker warns of", async () => {
    const names = ["common-domains.txt", "mil-hosts.txt", "us-military-nonmil.txt", "foreign-military.txt", "disposable-domains.txt"];
    const domains = (await Promise.all(names.map(list))).flat();
    const addresses = domains.map((domain) => `bob@${domain}`);
    assert.ok(addresses.length > 70_000, `${addresses.length}`);
    const answers = await postfix.lookUp(addresses);
    const refused = [...answers].filter(([, answer]) => answer !== "DUNNO").map(([address]) => address);
    for (const { address, severity } of refused.length === 0 ? [] : await check(refused)) {
        assert.ok(severity === "warn" || severity === "block", `${address} is at ${severity}`);
    }
    assert.deepEqual(refused, [], "the checker warns of each, but these lists have no address to refuse");
});

test("the rules refuse mistyped hosts, and Postfix names the address that the checker suggests", async () => {
    const hosts = (await list("mil-hosts.txt")).map((host) => host.replace(/\.mil$/, ""));
    const suffixes = [".ml", ".il", ".mit", ".ril", ".mi", ".mli", ".mill", ".nil", ".mil.com", ".mil.ru", "mil.com", ".com"];
    const addresses = hosts.flatMap((host) => suffixes.map((suffix) => `bob@${host}${suffix}`));
    const [answers, verdicts] = await Promise.all([postfix.lookUp(addresses), check(addresses)]);
    let warned = 0;
    const missed = [];
    for (const { address, severity, suggestion } of verdicts) {
        const answer = answers.get(address) ?? "DUNNO";
        const isWarned = severity === "warn" || severity === "block";
        warned += isWarned ? 1 : 0;
        if (answer === "DUNNO") {
            if (isWarned) {
                missed.push(address);
            }
            continue;
        }
        assert.ok(isWarned, `${address} is at ${severity}: ${answer}`);
        const hint = /did you mean ([^?]+)\?/.exec(answer)?.[1];
        assert.ok(hint === undefined || hint === suggestion, `${address}: ${answer}, not ${suggestion}`);
    }
    assert.ok(warned > 40_000, `${warned}`);
    assert.ok(missed.length / warned < 0.001, `${missed.length} of ${warned} missed: ${missed.slice(0, 20)}`);
});

test("an entry of the deny list may hold a slash, which ends an expression", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(policy, JSON.stringify({ deny: ["o/c=bob@bad.example"] }));
    const listed = await Postfix.start(await rules("postfix", policy), sink.port);
    try {
        const addresses = ["o/c=bob@bad.example", "o.c=bob@bad.example", "bob@army.ml"];
        for (const kind of /** @type {const} */ (["pcre", "regexp"])) {
            const answers = await listed.lookUp(addresses, kind);
            assert.match(answers.get("o/c=bob@bad.example") ?? "", /^550 .* not allowed/);
            assert.equal(answers.get("o.c=bob@bad.example"), undefined);
            assert.match(answers.get("bob@army.ml") ?? "", /did you mean bob@army\.mil\?/);
        }
    } finally {
        await listed.stop();
    }
});

test("regexp tables say the same as pcre tables", async () => {
    const addresses = [...REFUSED.keys(), ...PASSED, "bob@army.mlil", "bob@armym.il", "bob@xn--rmy-5cd.mil", "bob@army..ml", "bob..x@army.ml", "bob@mil.dla.ml", "bob@army-mil.usarmymil"];
    const [pcre, regexp] = [await postfix.lookUp(addresses), await postfix.lookUp(addresses, "regexp")];
    assert.deepEqual(regexp, pcre);
});

test("a policy in audit mode logs and lets mail through", async () => {
    const policy = path.join(makeFolder(), "policy.json");
    await writeFile(policy, JSON.stringify({ mode: "audit" }));
    const audit = await Postfix.start(await rules("postfix", policy), sink.port);
    try {
        const client = await Conversation.open(audit.port);
        await client.say("MAIL FROM:<alice@example.com>");
        assert.match(await client.say("RCPT TO:<bob@army.ml>"), /^250 /);
        client.close();
        const deadline = Date.now() + 60_000;
        while (!(await audit.log()).includes("did you mean bob@army.mil?")) {
            assert.ok(Date.now() < deadline, await audit.log());
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    } finally {
        await audit.stop();
    }
});
