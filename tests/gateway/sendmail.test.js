// @ts-check
// The milter in a real Sendmail, with the lines of docs/gateway.md.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { Sink } from "../thunderbird/driver/sink.js";
import { REFUSED } from "./rules.js";
import { Daemon } from "./servers/daemon.js";
import { Sendmail } from "./servers/sendmail.js";
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

/** @param {object} policy */
async function both(policy) {
    const milter = await Daemon.milter(policy);
    cleanups.push(() => milter.stop());
    const guide = await readFile("docs/gateway.md", "utf8");
    const line = /^INPUT_MAIL_FILTER\(.*$/m.exec(guide)?.[0];
    assert.ok(line, "the guide has the line for sendmail.mc");
    const sendmail = await Sendmail.start([line.replace("8891", String(milter.port))], sink.port);
    cleanups.push(() => sendmail.stop());
    return { milter, sendmail };
}

test("a look-alike is refused with the hint, and the other recipients of a hundred are accepted", async () => {
    const { milter, sendmail } = await both({});
    const refused = await send(sendmail.port, [...REFUSED.keys()], "");
    for (const [at, meant] of [...REFUSED.values()].entries()) {
        assert.match(refused.rcpt[at] ?? "", /^550 5\.1\.2 /);
        assert.ok(refused.rcpt[at]?.includes(`did you mean ${meant}?`), refused.rcpt[at]);
    }
    const recipients = Array.from({ length: 100 }, (_, at) => `person${at}@army.mil`);
    recipients[50] = "person50@army.ml";
    const { rcpt, data } = await send(sendmail.port, recipients, `To: ${recipients.join(",\n ")}\nSubject: Hundred\n\nHello`);
    assert.deepEqual(rcpt.flatMap((answer, at) => (answer.startsWith("250 ") ? [] : [at])), [50]);
    assert.match(data, /^250 /);
    await sink.waitFor("Hundred", recipients.filter((_, at) => at !== 50));
    // Markings raise findings that would otherwise be notices.
    const noted = await send(sendmail.port, ["carol@health.ml"], "To: carol@health.ml\nSubject: Noted\n\nHello");
    assert.match(noted.data, /^250 /);
    const raised = await send(sendmail.port, ["carol@health.ml"], "To: carol@health.ml\nSubject: Marked\n\nSECRET//NOFORN");
    assert.match(raised.data, /^550 5\.1\.2 .*<carol@health\.ml>/);
    // If the milter has died, senders try again later.
    await milter.crash();
    const dead = await send(sendmail.port, ["bob@army.ml"], "");
    assert.match([dead.mail, ...dead.rcpt].join(" "), /^4|250 .* 4\d\d /);
});

test("audit mode, headers and hold work, and a tag is removed from the subject", async () => {
    const { milter, sendmail } = await both({ mode: "audit" });
    /** @param {object} policy */
    const change = async (policy) => {
        milter.log = "";
        await milter.write(policy);
        milter.kill("SIGHUP");
        await milter.says(/is in force\n/);
    };
    const audited = await send(sendmail.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: Audited\n\nHello");
    assert.match(audited.data, /^250 /);
    assert.doesNotMatch((await sink.wait("Audited")).source, /x-milguard/i);
    await change({ gateway: { warn: "header" } });
    const forged = "X-Milguard: pass everything\nTo: bob@army.ml\nSubject: With a header\n\nHello";
    assert.match((await send(sendmail.port, ["bob@army.ml"], forged)).data, /^250 /);
    const { source } = await sink.wait("With a header");
    const fields = source.split(/\r?\n/).filter((line) => /^x-milguard:/i.test(line));
    assert.deepEqual(fields, ["X-Milguard: warn bob@army.ml (suffix-typo); did you mean bob@army.mil?"]);
    await change({ gateway: { sendAnywayTag: "[send anyway]" } });
    const sure = await send(sendmail.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: [Send Anyway] Sure\n\nHello");
    assert.match(sure.data, /^250 /);
    assert.match((await sink.wait("Sure")).source, /^Subject: Sure\r?$/m);
    await change({ gateway: { warn: "hold" } });
    const held = await send(sendmail.port, ["bob@army.ml"], "To: bob@army.ml\nSubject: Held\n\nHello");
    assert.match(held.data, /^250 /);
    assert.match((await sendmail.held()).join(), /milguard: warn bob@army\.ml/);
    assert.deepEqual(sink.all("Held"), []);
});
