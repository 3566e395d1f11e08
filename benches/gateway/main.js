// @ts-check
// How much time the milter adds to a clean message in Postfix, how far it lowers Postfix's throughput, and how many
// refusals `milguard catch` gives in a second. Three Postfixes take turns in one run: without a milter, with a milter
// that judges nothing, and with `milguard milter`.
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
import { startIdleMilter } from "./idle-milter.js";

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
/** @param {string} socket */
const withMilter = (socket) => Postfix.start("", sinkPort, [...settings, `smtpd_milters = unix:${socket}`]);
const idleSocket = path.join(milter.folder, "idle.sock");
const stopIdle = await startIdleMilter(idleSocket);
const ways = [
    { name: "without", postfix: await Postfix.start("", sinkPort, settings) },
    { name: "with an idle milter", postfix: await withMilter(idleSocket) },
    { name: "with milguard milter", postfix: await withMilter(path.join(milter.folder, "milter.sock")) },
].map((way) => ({ ...way, times: /** @type {number[]} */ ([]), rates: /** @type {number[]} */ ([]) }));
try {
    const clients = await Promise.all(ways.map(({ postfix }) => Conversation.open(postfix.port)));
    for (let at = 0; at < MESSAGES; at += 1) {
        for (const [which, client] of clients.entries()) {
            ways[which]?.times.push(await deliver(client));
        }
    }
    clients.forEach((client) => client.close());
    for (const { name, times } of ways) {
        console.log(`clean message, median of ${MESSAGES}: ${median(times).toFixed(2)} ms ${name}`);
    }
    for (let round = 0; round < ROUNDS; round += 1) {
        // Each goes first in a third of the rounds, since the later ones find a busier disk.
        const first = round % ways.length;
        for (const { postfix, rates } of [...ways.slice(first), ...ways.slice(0, first)]) {
            rates.push(await throughput(postfix, MESSAGES));
        }
        console.log(`throughput: ${ways.map(({ name, rates }) => `${rates.at(-1)?.toFixed(0)} messages/s ${name}`).join(", ")}`);
    }
    for (const [one, other] of /** @type {const} */ ([[1, 0], [2, 0], [2, 1]])) {
        const ratios = ways[one]?.rates.map((rate, round) => rate / (ways[other]?.rates[round] ?? NaN)) ?? [];
        console.log(`throughput ${ways[one]?.name} / ${ways[other]?.name}, median of ${ROUNDS}: ${median(ratios).toFixed(2)}`);
    }
} finally {
    await Promise.all(ways.map(({ postfix }) => postfix.stop()));
    stopIdle();
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
