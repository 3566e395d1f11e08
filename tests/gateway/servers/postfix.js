// @ts-check
// A separate Postfix, whose configuration, queue and port do not conflict with those of another.

import { spawn } from "node:child_process";
import { chown, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { execFile } from "node:child_process";

import { removeFolder, start, stop } from "../../thunderbird/driver/processes.js";
import { freePort, openFolder, unpacked, waitForPort } from "./folder.js";

const QUEUES = [
    ...["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private"],
    ...["maildrop", "public", "saved", "trace", "pid"],
];

/** Users that every Debian has; Postfix wants users that nothing else uses. */
const OWNER = "daemon";
const NOBODY = "nobody";
const GROUP = "mail";

export class Postfix {
    port = 0;
    #folder = "";
    #programs = "";
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #master;

    /**
     * @param {string} table the rules
     * @param {number} sinkPort where mail that passes is delivered
     * @param {string[]} settings lines for main.cf that replace or add to the others
     */
    static async start(table, sinkPort, settings = []) {
        if (process.getuid?.() !== 0) {
            throw new Error("Postfix's master process runs as root alone: run these tests as root");
        }
        const postfix = new Postfix();
        postfix.#programs = await unpacked("postfix", "usr/lib/postfix/sbin/master");
        postfix.#folder = await openFolder();
        postfix.port = await freePort();
        await postfix.#configure(table, sinkPort, settings);
        postfix.#master = start(
            path.join(postfix.#programs, "usr/lib/postfix/sbin/master"),
            ["-c", postfix.#path("etc"), "-d"],
            { env: postfix.#environment, stdio: ["ignore", "ignore", "inherit"] },
        );
        await waitForPort(postfix.port, () => (postfix.#master?.exitCode === null ? "" : "master has ended"));
        return postfix;
    }

    /** @param {string} name */
    #path(name) {
        return path.join(this.#folder, name);
    }

    get #environment() {
        return {
            PATH: process.env.PATH,
            LD_LIBRARY_PATH: path.join(this.#programs, "usr/lib/postfix"),
        };
    }

    /**
     * @param {string} table
     * @param {number} sinkPort
     * @param {string[]} settings
     */
    async #configure(table, sinkPort, settings) {
        const programs = this.#programs;
        const libraries = path.join(programs, "usr/lib/postfix");
        await mkdir(this.#path("etc"));
        const owner = await ids(OWNER);
        for (const name of ["data", "queue", ...QUEUES.map((queue) => `queue/${queue}`)]) {
            await mkdir(this.#path(name));
            // These two belong to Postfix's supervising process.
            if (name !== "queue" && name !== "queue/pid") {
                await chown(this.#path(name), owner.user, owner.group);
            }
        }
        const environment = `MAIL_CONFIG LANG=C LD_LIBRARY_PATH=${libraries}`;
        await this.#write("main.cf", [
            "compatibility_level = 3.6",
            `queue_directory = ${this.#path("queue")}`,
            `data_directory = ${this.#path("data")}`,
            `command_directory = ${path.join(programs, "usr/sbin")}`,
            `daemon_directory = ${path.join(libraries, "sbin")}`,
            `meta_directory = ${this.#path("etc")}`,
            `shlib_directory = ${libraries}`,
            `mail_owner = ${OWNER}`,
            `default_privs = ${NOBODY}`,
            `setgid_group = ${GROUP}`,
            `import_environment = ${environment}`,
            `export_environment = ${environment}`,
            "inet_interfaces = 127.0.0.1",
            "inet_protocols = ipv4",
            "mynetworks = 127.0.0.0/8",
            "myhostname = gateway.example.com",
            "mydestination =",
            "alias_maps =",
            "local_recipient_maps =",
            "smtp_tls_security_level = none",
            "smtputf8_enable = yes",
            `relayhost = [127.0.0.1]:${sinkPort}`,
            // Each process warns of a setting that appears twice; ten warnings before postlogd reads block it for
            // ever.
            ...(settings.some((setting) => setting.startsWith("smtpd_recipient_restrictions"))
                ? []
                : [
                      "smtpd_recipient_restrictions =",
                      `    check_recipient_access pcre:${this.#path("etc/milguard.pcre")},`,
                      "    permit_mynetworks, reject_unauth_destination",
                  ]),
            `maillog_file_prefixes = ${this.#folder}`,
            `maillog_file = ${this.#path("data/mail.log")}`,
            ...settings,
        ]);
        await this.#write("master.cf", [
            `127.0.0.1:${this.port} inet n - n - - smtpd`,
            ...["cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr"],
            ...["rewrite unix - - n - - trivial-rewrite", "smtp unix - - n - - smtp"],
            ...["bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce"],
            ...["error unix - - n - - error", "retry unix - - n - - error", "discard unix - - n - - discard"],
            ...["anvil unix - - n - 1 anvil", "scache unix - - n - 1 scache"],
            "postlog unix-dgram n - n - 1 postlogd",
        ]);
        await this.#write("dynamicmaps.cf", [`pcre ${path.join(libraries, "postfix-pcre.so")} dict_pcre_open`]);
        await this.#write("milguard.pcre", [table.trimEnd()]);
    }

    /**
     * @param {string} name
     * @param {string[]} lines
     */
    #write(name, lines) {
        return writeFile(this.#path(`etc/${name}`), `${lines.join("\n")}\n`);
    }

    /**
     * The table's answers for addresses, as Postfix itself looks them up.
     *
     * @param {string[]} addresses
     * @param {"pcre" | "regexp"} [kind]
     * @returns {Promise<Map<string, string>>} without addresses for which it has no answer
     */
    async lookUp(addresses, kind = "pcre") {
        const program = path.join(this.#programs, "usr/sbin/postmap");
        const table = `${kind}:${this.#path("etc/milguard.pcre")}`;
        const child = spawn(program, ["-c", this.#path("etc"), "-q", "-", table], {
            env: this.#environment,
            stdio: ["pipe", "pipe", "inherit"],
        });
        child.stdin.end(`${addresses.join("\n")}\n`);
        /** @type {Buffer[]} */
        const chunks = [];
        for await (const chunk of child.stdout) {
            chunks.push(chunk);
        }
        const lines = Buffer.concat(chunks).toString().split("\n").filter(Boolean);
        return new Map(
            lines.map((line) => {
                const tab = line.indexOf("\t");
                return [line.slice(0, tab), line.slice(tab + 1)];
            }),
        );
    }

    /** @returns {Promise<string[]>} the messages in the hold queue, as they are stored */
    async held() {
        const folder = this.#path("queue/hold");
        const names = await readdir(folder);
        return Promise.all(names.map((name) => readFile(path.join(folder, name), "latin1")));
    }

    /** @returns {Promise<number>} how many messages are in any queue */
    async queued() {
        const queues = ["active", "deferred", "hold", "incoming", "maildrop"];
        const names = await Promise.all(queues.map((queue) => readdir(this.#path(`queue/${queue}`), { recursive: true })));
        return names.flat().length;
    }

    /** The contents of Postfix's log. */
    log() {
        return readFile(this.#path("data/mail.log"), "utf8").catch(() => "");
    }

    async stop() {
        if (this.#master) {
            this.#master.kill("SIGTERM");
            await stop(this.#master, 3000);
        }
        removeFolder(this.#folder);
    }
}

/** @param {string} name of a user */
async function ids(name) {
    const run = promisify(execFile);
    const [user, group] = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]);
    return { user: Number(user.stdout), group: Number(group.stdout) };
}
