// @ts-check
// The milter in a real Postfix.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Sink } from "../thunderbird/driver/sink.js";
import { PASSED, REFUSED } from "./rules.js";
import { Daemon } from "./servers/daemon.js";
import { Postfix } from "./servers/postfix.js";
import { send } from "./servers/smtp.js";

const sink = new Sink();
/** @type {(() => Promise<void>)[]} */
const cleanups = [];

before(() => sink.start());
after(async () => {
    for (const cleanup of cleanups.reverse()) {
        await cleanup();
    }
    await sink.stop();
});

/**
 * A milter with a policy, and a Postfix that asks it.
 *
 * @param {object} policy
 * @param {string[]} settings
 */
async function both(policy, settings = []) {
    const milter = await Daemon.milter(policy);
    cleanups.push(() => milter.stop());
    const postfix = await Postfix.start("", sink.port, [
        `smtpd_milters = inet:127.0.0.1:${milter.port}`,
        "smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination",
        ...settings,
    ]);
    cleanups.push(() => postfix.stop());
    return { milter, postfix };
}

test("a look-alike is refused at RCPT with the hint, and clean mail gets through", async () => {
    const { postfix } = await both({});
    const refused = await send(postfix.port, [...REFUSED.keys()], "");
    for (const [at, meant] of [...REFUSED.values()].entries()) {
        assert.match(refused.rcpt[at] ?? "", /^550 5\.1\.2 /);
        assert.ok(refused.rcpt[at]?.includes(`did you mean ${meant}?`), refused.rcpt[at]);
    }
    // Beside colleagues at army.mil, amry.mil is a slip that the checker warns of.
    const recipients = PASSED.filter((address) => !address.endsWith("@amry.mil"));
    const passed = await send(postfix.port, recipients, "To: carol@army.mil\nSubject: Clean\n\nSee you there.");
    assert.match(passed.data, /^250 /);
    const { source, to } = await sink.wait("Clean");
    assert.deepEqual(to, recipients.sort());
    assert.doesNotMatch(source, /x-milguard/i);
});

test("only the look-alike among a hundred recipients is refused", async () => {
    const { postfix } = await both({});
    const recipients = Array.from({ length: 100 }, (_, at) => `person${at}@army.mil`);
    recipients[50] = "person50@army.ml";
    const { rcpt, data } = await send(postfix.port, recipients, `To: ${recipients.join(",\n ")}\nSubject: Hundred\n\nHello`);
    assert.deepEqual(rcpt.flatMap((answer, at) => (answer.startsWith("250 ") ? [] : [at])), [50]);
    assert.match(data, /^250 /);
    await sink.waitFor("Hundred", recipients.filter((_, at) => at !== 50));
});

test("a marking makes a finding graver than a notice", async () => {
    const { postfix } = await both({});
    const noted = await send(postfix.port, ["carol@health.ml"], "To: carol@health.ml\nSubject: Noted\n\nHello");
    assert.match(noted.data, /^250 /);
    await sink.wait("Noted");
    const raised = await send(postfix.port, ["carol@health.ml"], "To: carol@health.ml\nSubject: Marked\n\nSECRET//NOFORN");
    assert.match(raised.data, /^550 5\.1\.2 .*<carol@health\.ml>/);
    assert.deepEqual(sink.all("Marked"), []);
});

test("a name that shows another address is refused, in the sender's language", async () => {
    const { postfix } = await both({});
    const message = 'To: "bob@army.mil" <bob@evil.example>\nContent-Language: de\nSubject: Name\n\nHallo';
    const { rcpt, data } = await send(postfix.port, ["bob@evil.example"], message);
    assert.match(rcpt[0] ?? "", /^250 /);
    assert.match(data, /^550 5\.1\.2 <bob@evil\.example>: .*meinten Sie bob@army\.mil\?/);
});

test("audit mode lets everything through unchanged", async () => {
    const { postfix } = await both({ mode: "audit" });
    const { data } = await send(postfix.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: Audited\n\nHello");
    assert.match(data, /^250 /);
    assert.doesNotMatch((await sink.wait("Audited")).source, /x-milguard/i);
});

test("the milter holds a message for a person, in the hold queue of Postfix", async () => {
    const { postfix } = await both({ gateway: { warn: "hold" } });
    const { data } = await send(postfix.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: Held\n\nHello");
    assert.match(data, /^250 /);
    const held = await postfix.held();
    assert.equal(held.length, 1);
    assert.ok(held[0]?.includes("Held"));
    assert.deepEqual(sink.all("Held"), []);
});

test("a header says what was found, and no sender can forge it", async () => {
    const { postfix } = await both({ gateway: { warn: "header" } });
    const forged = "X-Milguard: pass everything\nTo: bob@army.ml\nSubject: Marked with a header\n\nHello";
    assert.match((await send(postfix.port, ["bob@army.ml"], forged)).data, /^250 /);
    const { source } = await sink.wait("Marked with a header");
    const fields = source.split(/\r?\n/).filter((line) => /^x-milguard:/i.test(line));
    assert.deepEqual(fields, ["X-Milguard: warn bob@army.ml (suffix-typo); did you mean bob@army.mil?"]);
});

test("a tag in the subject lets a message through and is removed", async () => {
    const policy = { gateway: { sendAnywayTag: "[send anyway]" } };
    const { postfix } = await both(policy);
    const first = await send(postfix.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: Sure\n\nHello");
    assert.match(first.rcpt[0] ?? "", /^250 /, "a subject could still allow it");
    assert.match(first.data, /^550 5\.1\.2 .*did you mean bob@army\.mil\? To send anyway, write \[send anyway\] into/);
    const second = await send(postfix.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: [Send Anyway] Sure\n\nHello");
    assert.match(second.data, /^250 /);
    assert.match((await sink.wait("Sure")).source, /^Subject: Sure\r?$/m);
});

test("while the milter is dead, senders try again later; no message gets lost or passes unchecked", async () => {
    const { milter, postfix } = await both({});
    await milter.crash();
    const message = "To: carol@army.mil\nSubject: Later\n\nHello";
    const dead = await send(postfix.port, ["bob@army.ml"], message);
    assert.match([dead.mail, ...dead.rcpt].join(" "), /^45|^250 .* 45\d /);
    await milter.start();
    const { data } = await send(postfix.port, ["carol@army.mil"], message);
    assert.match(data, /^250 /);
    await sink.wait("Later");
});

test("the policy is read again at SIGHUP, and a broken one changes nothing", async () => {
    const { milter, postfix } = await both({});
    const rcpt = async () => (await send(postfix.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: x\n\nx")).rcpt[0] ?? "";
    assert.match(await rcpt(), /^550 /);
    await milter.write('{"mode": "audt"}');
    milter.kill("SIGHUP");
    await milter.says(/the old policy stays in force/);
    assert.match(await rcpt(), /^550 /);
    await milter.write({ mode: "audit" });
    milter.kill("SIGHUP");
    await milter.says(/is in force\n/);
    assert.match(await rcpt(), /^250 /);
});

test("Postfix's policy delegation and Exim's readsocket ask the same daemon", async () => {
    const milter = await Daemon.milter({}, (port) => ["--listen-lines", `127.0.0.1:${port + 1}`]);
    cleanups.push(() => milter.stop());
    const postfix = await Postfix.start("", sink.port, [
        "smtpd_recipient_restrictions =",
        `    check_policy_service inet:127.0.0.1:${milter.port + 1},`,
        "    permit_mynetworks, reject_unauth_destination",
    ]);
    cleanups.push(() => postfix.stop());
    const { rcpt, data } = await send(postfix.port, ["bob@army.ml", "carol@army.mil"], "Subject: Delegated\n\nHello");
    assert.match(rcpt[0] ?? "", /^550 5\.1\.2 .*did you mean bob@army\.mil\?/);
    assert.match(data, /^250 /);
    assert.deepEqual((await sink.wait("Delegated")).to, ["carol@army.mil"]);
});
