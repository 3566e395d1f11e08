// @ts-check
// Debian's rsyslog as a separate process with TLS, its own configuration and its own folder. It does not need root.

import { readFile, stat, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";

import { makeFolder, removeFolder, start, stop } from "../../thunderbird/driver/processes.js";
import { freePort, unpacked, waitForPort } from "./folder.js";

export class Rsyslog {
    folder = makeFolder();
    port = NaN;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #process;
    #home = "";
    #log = "";

    /**
     * Starts rsyslog with the certificate and key in the files `cert.pem` and `key.pem` of its folder, which
     * `prepare` writes.
     *
     * @param {(folder: string) => Promise<void>} prepare
     */
    static async start(prepare) {
        const server = new Rsyslog();
        server.#home = await unpacked("rsyslog", "usr/sbin/rsyslogd");
        server.port = await freePort();
        await prepare(server.folder);
        await writeFile(server.#file("rsyslog.conf"), server.#configuration());
        await server.begin();
        return server;
    }

    /**
     * The queue is direct: rsyslog writes each message before it reads on, so when it closes a connection the file has
     * everything from it. `docs/siem.md` recommends the same to administrators.
     */
    #configuration() {
        return `
global(
    workDirectory="${this.folder}"
    maxMessageSize="64k"
    defaultNetstreamDriver="ossl"
    defaultNetstreamDriverCAFile="${this.#file("cert.pem")}"
    defaultNetstreamDriverCertFile="${this.#file("cert.pem")}"
    defaultNetstreamDriverKeyFile="${this.#file("key.pem")}"
)
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="message" type="string" string="%msg%\\n")
ruleset(name="milguard" queue.type="Direct") {
    action(type="omfile" file="${this.#file("events.log")}" template="message")
}
input(type="imtcp" port="${this.port}" address="127.0.0.1" ruleset="milguard")
`;
    }

    /** @param {string} name */
    #file(name) {
        return path.join(this.folder, name);
    }

    /** Starts rsyslog, even after {@link crash}. */
    async begin() {
        const args = ["-n", "-f", this.#file("rsyslog.conf"), "-i", this.#file("pid")];
        const modules = ["-M", path.join(this.#home, ".modules")];
        const child = start(path.join(this.#home, "usr/sbin/rsyslogd"), [...args, ...modules], {
            stdio: ["ignore", "pipe", "pipe"],
        });
        for (const stream of [child.stdout, child.stderr]) {
            stream?.on("data", (/** @type {Buffer} */ chunk) => {
                this.#log += chunk;
            });
        }
        this.#process = child;
        await waitForPort(this.port, () => (child.exitCode === null ? "" : this.#log));
    }

    /** Kills rsyslog. */
    async crash() {
        const child = this.#process;
        if (child && child.exitCode === null && child.signalCode === null) {
            const ended = new Promise((resolve) => child.once("exit", resolve));
            child.kill("SIGKILL");
            await ended;
        }
    }

    /** @returns {Promise<string[]>} the messages that it has written, complete lines only */
    async messages() {
        const file = this.#file("events.log");
        const text = existsSync(file) ? await readFile(file, "utf8") : "";
        return text.slice(0, text.lastIndexOf("\n") + 1).split("\n").slice(0, -1);
    }

    /** Waits until rsyslog writes, so that it is in the middle of its work. */
    async writes() {
        const end = Date.now() + 120_000;
        const before = await this.#size();
        while ((await this.#size()) === before) {
            if (Date.now() > end) {
                throw new Error(`rsyslog wrote nothing in two minutes: ${this.#log}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 2));
        }
    }

    async #size() {
        const file = this.#file("events.log");
        return existsSync(file) ? (await stat(file)).size : 0;
    }

    async stop() {
        if (this.#process) {
            await stop(this.#process, 0);
        }
        removeFolder(this.folder);
    }
}
