// @ts-check
// Events go to Debian's rsyslog over TLS while rsyslog and the server die: none is missing, and one that arrives twice
// is the same event.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { Daemon } from "./servers/daemon.js";
import { freePort } from "./servers/folder.js";
import { Rsyslog } from "./servers/rsyslog.js";

const EVENTS = 100_000;
const BATCH = 1_000;
/** After this many batches rsyslog or the server is killed, in turn. */
const RSYSLOG_DIES = [20, 50, 80];
const SERVER_DIES = [35, 65];

/** The processes to stop at the end, even if a test fails. */
/** @type {(() => Promise<void>)[]} */
const stops = [];
after(async () => {
    for (const stop of stops) {
        await stop();
    }
});

test("100,000 events reach rsyslog over TLS while it dies three times and the server twice", async () => {
    const rsyslog = await Rsyslog.start(makeCertificate);
    stops.push(() => rsyslog.stop());
    const server = await startServer(rsyslog);
    stops.push(() => server.stop());
    const url = `http://127.0.0.1:${server.port}`;
    const key = await enrol(url, await firstToken(server));

    const sent = new Set();
    for (let batch = 1; batch <= EVENTS / BATCH; batch += 1) {
        const events = Array.from({ length: BATCH }, makeEvent);
        // rsyslog is killed while it writes, at this batch at the latest.
        const dies = RSYSLOG_DIES.includes(batch) ? rsyslog.writes().then(() => rsyslog.crash()) : undefined;
        await post(url, key, events);
        events.forEach(({ id }) => sent.add(id));
        if (dies) {
            await dies;
            await rsyslog.begin();
        }
        if (SERVER_DIES.includes(batch)) {
            await server.crash();
            await server.start();
        }
    }
    assert.equal(sent.size, EVENTS);

    /** @type {string[]} */
    let messages = [];
    await until(async () => {
        messages = (await rsyslog.messages()).flatMap(documents);
        return messages.length >= EVENTS && new Set(messages.map(idOf)).size >= EVENTS;
    });
    /** @type {Map<string, string>} */
    const found = new Map();
    for (const message of messages) {
        const id = idOf(message);
        const first = found.get(id) ?? message;
        assert.equal(message, first, "an event that comes twice is the same");
        found.set(id, first);
    }
    const missing = [...sent].filter((id) => !found.has(id));
    assert.equal(missing.length, 0);
    assert.equal(found.size, EVENTS, "nothing else arrives");
    console.log(`${messages.length - EVENTS} of ${EVENTS} events came twice`);
});

/**
 * @param {Rsyslog} rsyslog
 * @returns {Promise<Daemon>} a server with its pages, and an export to rsyslog
 */
async function startServer(rsyslog) {
    const daemon = new Daemon(await freePort(), (port, folder) => [
        ...["serve", "--http", "--listen", `127.0.0.1:${port}`, "--assets", path.join(folder, "www")],
        ...["--state", path.join(folder, "state"), "--exports", path.join(folder, "exports.toml")],
        ...["--events-per-day", "100000000", "--group-events-per-day", "100000000", "--disk-reserve", "0"],
    ]);
    await mkdir(path.join(daemon.folder, "www"));
    await writeFile(path.join(daemon.folder, "www/index.html"), "<!doctype html>");
    const lines = [
        "[[export]]",
        'name = "siem"',
        'kind = "syslog"',
        `to = "tls://localhost:${rsyslog.port}"`,
        `ca = "${path.join(rsyslog.folder, "cert.pem")}"`,
        "",
    ];
    await writeFile(path.join(daemon.folder, "exports.toml"), lines.join("\n"));
    return daemon.start();
}

/** @param {string} folder */
async function makeCertificate(folder) {
    const [certificate, key] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
    const kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    // For rustls, a certificate that is its own authority cannot end a chain.
    const uses = ["-addext", "basicConstraints=critical,CA:FALSE"];
    await promisify(execFile)("openssl", [...kind, ...names, ...uses, "-keyout", key, "-out", certificate]);
}

/** @param {Daemon} server */
async function firstToken(server) {
    await server.says(/mg_enrol_[0-9a-f]+/);
    return /mg_enrol_[0-9a-f]+/.exec(server.log)?.[0] ?? "";
}

/**
 * @param {string} url
 * @param {string} token
 * @returns {Promise<string>} a client's key
 */
async function enrol(url, token) {
    const answer = await fetch(`${url}/v1/enrol`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
        body: JSON.stringify({ host: "gateway", clientVersion: "1.2.3" }),
    });
    assert.equal(answer.status, 200);
    return (await answer.json()).key;
}

/**
 * @param {string} url
 * @param {string} key
 * @param {object[]} events
 */
async function post(url, key, events) {
    const body = JSON.stringify({ events });
    const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
    const answer = await fetch(`${url}/v1/events`, { method: "POST", headers, body });
    assert.equal(answer.status, 200, await answer.text());
}

function makeEvent() {
    return {
        id: randomUUID(),
        message: randomUUID(),
        time: new Date().toISOString(),
        host: "gateway",
        clientVersion: "1.2.3",
        policy: { id: "default", version: 1 },
        action: "blocked",
        severity: "block",
        reasons: ["suffix-typo"],
    };
}

/**
 * The whole documents of a line. Where the receiver was killed while it wrote one, the next follows on the same line.
 *
 * @param {string} line
 */
function documents(line) {
    return line.split(/(?=\{"@timestamp")/).filter((text) => {
        try {
            return typeof idOf(text) === "string";
        } catch {
            return false;
        }
    });
}

/**
 * @param {string} message a document
 * @returns {string}
 */
function idOf(message) {
    return JSON.parse(message).event.id;
}

/** @param {() => Promise<boolean>} isTrue */
async function until(isTrue) {
    const end = Date.now() + 120_000;
    while (!(await isTrue())) {
        assert.ok(Date.now() < end, "the condition did not become true within two minutes");
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
}
