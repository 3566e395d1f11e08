// @ts-check
// `milguard catch` against Postfix's own load generator, and against clients that violate SMTP.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { connect as connectTls } from "node:tls";
import { connect } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { after, before, test } from "node:test";

import { Daemon } from "./servers/daemon.js";
import { unpacked } from "./servers/folder.js";
import { Conversation } from "./servers/smtp.js";

/** @type {Daemon} */
let catcher;

before(async () => {
    catcher = await Daemon.catcher(["--domain", "army.ml", "--domain", "twin.example=army.mil", "--max-per-address", "0"]);
});
after(() => catcher?.stop());

/** @returns {Promise<string[]>} the rows of all days */
async function counts() {
    const folder = path.join(catcher.folder, "state/counts");
    const days = await Promise.all((await readdir(folder)).filter((name) => name.endsWith(".csv")).map((name) => readFile(path.join(folder, name), "utf8")));
    return days.flatMap((text) => text.trim().split("\n").slice(1));
}

/** @param {string} row */
async function counted(row) {
    const end = Date.now() + 20_000;
    while (!(await counts()).includes(row)) {
        assert.ok(Date.now() < end, `${row} is not among ${await counts()}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

test("every recipient is refused with the address that was meant, and no content is ever asked for", async () => {
    const client = await Conversation.open(catcher.port);
    assert.match(await client.say("RCPT TO:<bob@army.ml>"), /^503 /);
    assert.match(await client.say("MAIL FROM:<ann@hints.example> SIZE=100"), /^250 /);
    assert.match(await client.say("RCPT TO:<bob@us.army.ml>"), /^550 5\.1\.2 .*did you mean bob@us\.army\.mil\?/);
    assert.match(await client.say("RCPT TO:<bob@mail.twin.example>"), /did you mean bob@mail\.army\.mil\?/);
    assert.match(await client.say("RCPT TO:<bob@other.example>"), /^550 5\.7\.1 /);
    assert.match(await client.say("RCPT TO:<bob@notarmy.ml>"), /^550 5\.7\.1 /);
    assert.match(await client.say("DATA"), /^503 /);
    assert.match(await client.say("BDAT 5 LAST"), /^503 /);
    client.close();
    await counted("army.ml,hints.example,1");
    await counted("twin.example,hints.example,1");
    await counted("other,hints.example,2");
});

test("the server ends the conversation if a client sends content without permission", async () => {
    const client = await Conversation.open(catcher.port);
    /** @type {string[]} */
    const answers = [];
    await assert.rejects(async () => {
        for (let at = 0; at < 100; at += 1) {
            answers.push(await client.say("This is the content of a message"));
        }
    });
    assert.ok(answers.length < 20, `${answers.length}`);
    assert.match(answers.at(-1) ?? "", /^421 /);
});

test("STARTTLS works, and commands sent in the clear do not count as sent over TLS", async () => {
    const client = await Conversation.open(catcher.port);
    assert.match(await client.say("STARTTLS"), /^220 /);
    const secure = connectTls({ socket: client.release(), rejectUnauthorized: false });
    await once(secure, "secureConnect");
    const inside = new Conversation(secure);
    assert.doesNotMatch(await inside.say("EHLO client.example.com"), /STARTTLS/);
    assert.match(await inside.say("MAIL FROM:<ann@tls.example>"), /^250 /);
    assert.match(await inside.say("RCPT TO:<bob@army.ml>"), /^550 5\.1\.2 /);
    inside.close();
    await counted("army.ml,tls.example,1");
    const socket = connect(catcher.port, "127.0.0.1");
    socket.write("EHLO x\r\nSTARTTLS\r\nMAIL FROM:<ann@injected.example>\r\nRCPT TO:<bob@army.ml>\r\n");
    socket.resume();
    await once(socket, "close");
    assert.ok(!(await counts()).some((row) => row.includes("injected")));
});

test("a thousand conversations at a time: every refusal is counted once, in little memory", async (context) => {
    const folder = await unpacked("postfix", "usr/sbin/smtp-source");
    const messages = Number(process.env.MILGUARD_CATCH_MESSAGES ?? 5000);
    const begin = performance.now();
    const source = spawn(
        path.join(folder, "usr/sbin/smtp-source"),
        ["-A", "-m", String(messages), "-s", "1000", "-f", "ann@load.example", "-t", "bob@army.ml", `127.0.0.1:${catcher.port}`],
        { stdio: "ignore", env: { LD_LIBRARY_PATH: path.join(folder, "usr/lib/postfix") } },
    );
    const [status] = await once(source, "exit");
    const seconds = (performance.now() - begin) / 1000;
    assert.equal(status, 0);
    await counted(`army.ml,load.example,${messages}`);
    const memory = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${catcher.pid}/status`, "utf8"))?.[1];
    context.diagnostic(`${Math.round(messages / seconds)} refusals/s, at most ${memory} kB`);
    assert.ok(Number(memory) < 64 << 10, `${memory} kB`);
});
