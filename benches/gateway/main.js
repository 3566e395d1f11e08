// @ts-check
// How much time the milter adds to a clean message in Postfix, how far it lowers Postfix's throughput, and how many
// refusals `milguard catch` gives in a second. Two Postfixes take turns in one run, one of them without a milter.
// usage: node benches/gateway/main.js [messages]

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { Daemon } from "../../tests/gateway/servers/daemon.js";
import { freePort, unpacked, waitForPort } from "../../tests/gateway/servers/folder.js";
import { Postfix } from "../../tests/gateway/servers/postfix.js";
import { Conversation } from "../../tests/gateway/servers/smtp.js";

const MESSAGES = Number(process.argv[2] ?? 1000);
/** Many rounds, since on a busy machine one round in three differs by a third. */
const ROUNDS = 15;
const FIELDS = Array.from({ length: 15 }, (_, at) => `X-Field-${at}: ${"value ".repeat(8)}`);
const MESSAGE = [
    ...["From: Alice <alice@example.com>", "To: Carol <carol@army.mil>", "Subject: Figures", ...FIELDS],
    ...["", "See you there.\n".repeat(100)],
].join("\n");

const folder = await unpacked("postfix", "usr/sbin/smtp-source");
const env = { LD_LIBRARY_PATH: path.join(folder, "usr/lib/postfix") };

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

/** @param {Conversation} client */
async function deliver(client) {
    const begin = performance.now();
    for (const line of ["MAIL FROM:<alice@example.com>", "RCPT TO:<carol@army.mil>"]) {
        const answer = await client.say(line);
        if (!answer.startsWith("250 ")) {
            throw new Error(answer);
        }
    }
    const answer = await client.send(MESSAGE);
    if (!answer.startsWith("250 ")) {
        throw new Error(answer);
    }
    return performance.now() - begin;
}

/**
 * @param {Postfix} postfix
 * @param {number} messages
 * @returns {Promise<number>} messages a second, until the last one has left
 */
async function throughput(postfix, messages) {
    const begin = performance.now();
    const args = ["-s", "20", "-m", String(messages), "-l", "4096", "-f", "alice@example.com", "-t", "carol@army.mil"];
    await promisify(execFile)(path.join(folder, "usr/sbin/smtp-source"), [...args, `127.0.0.1:${postfix.port}`], { env });
    while ((await postfix.queued()) > 0) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return (messages * 1000) / (performance.now() - begin);
}

const sinkPort = await freePort();
const sink = spawn(path.join(folder, "usr/sbin/smtp-sink"), ["-u", "nobody", `127.0.0.1:${sinkPort}`, "1000"], { env, stdio: "ignore" });
await waitForPort(sinkPort);
// A Unix socket, as the guide and the packages set it up for Postfix.
const milter = new Daemon(await freePort(), (port, home) => [
    ...["milter", "--listen", `unix:${path.join(home, "milter.sock")}`, "--socket-mode", "666"],
    ...["--listen-http", `127.0.0.1:${port}`],
]);
await chmod(milter.folder, 0o755);
await milter.start();
const settings = ["smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination"];
const bare = await Postfix.start("", sinkPort, settings);
const checked = await Postfix.start("", sinkPort, [...settings, `smtpd_milters = unix:${path.join(milter.folder, "milter.sock")}`]);
try {
    const clients = [await Conversation.open(bare.port), await Conversation.open(checked.port)];
    /** @type {number[][]} */
    const times = [[], []];
    for (let at = 0; at < MESSAGES; at += 1) {
        for (const [which, client] of clients.entries()) {
            times[which]?.push(await deliver(client));
        }
    }
    clients.forEach((client) => client.close());
    const [without, with_] = times.map(median);
    console.log(`clean message, median of ${MESSAGES}: ${without?.toFixed(2)} ms without, ${with_?.toFixed(2)} ms with the milter`);
    /** @type {number[]} */
    const ratios = [];
    for (let round = 0; round < ROUNDS; round += 1) {
        // Each goes first in half of the rounds, since the second of a round finds a busier disk.
        const first = round % 2 === 0 ? bare : checked;
        const rates = new Map([[first, await throughput(first, MESSAGES)]]);
        const second = first === bare ? checked : bare;
        rates.set(second, await throughput(second, MESSAGES));
        const [a = NaN, b = NaN] = [rates.get(bare), rates.get(checked)];
        ratios.push(b / a);
        console.log(`throughput: ${a.toFixed(0)} messages/s without, ${b.toFixed(0)} with: ${(b / a).toFixed(2)}`);
    }
    console.log(`throughput, median of ${ratios.length}: ${median(ratios).toFixed(2)}`);
} finally {
    await bare.stop();
    await checked.stop();
    await milter.stop();
    sink.kill();
}

const catcher = await Daemon.catcher(["--domain", "army.ml", "--max-per-address", "0"]);
const begin = performance.now();
const refusals = MESSAGES * 100;
const source = spawn(
    path.join(folder, "usr/sbin/smtp-source"),
    ["-A", "-m", String(refusals), "-s", "1000", "-f", "ann@load.example", "-t", "bob@army.ml", `127.0.0.1:${catcher.port}`],
    { stdio: "ignore", env },
);
await once(source, "exit");
const seconds = (performance.now() - begin) / 1000;
const memory = /VmHWM:\s+(\d+) kB/.exec(await readFile(`/proc/${catcher.pid}/status`, "utf8"))?.[1];
console.log(`milguard catch: ${refusals} refusals, ${Math.round(refusals / seconds)} a second, at most ${memory} kB`);
await catcher.stop();
