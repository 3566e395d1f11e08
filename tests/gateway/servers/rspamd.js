// @ts-check
// rspamd with nothing but the rules, asked over HTTP as a mail server asks it.

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { removeFolder, start, stop } from "../../thunderbird/driver/processes.js";
import { freePort, openFolder, unpacked, waitForPort } from "./folder.js";

/**
 * @typedef {object} Verdict
 * @property {string} action
 * @property {Record<string, { name: string }>} symbols
 * @property {Record<string, string>} [messages]
 */

export class Rspamd {
    #folder = "";
    #programs = "";
    #port = 0;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #process;

    /** @param {string} rules */
    static async prepare(rules) {
        const rspamd = new Rspamd();
        rspamd.#programs = await unpacked("rspamd", "usr/bin/rspamd");
        rspamd.#folder = await openFolder();
        rspamd.#port = await freePort();
        await rspamd.#configure(rules);
        return rspamd;
    }

    /** @param {string} rules */
    async #configure(rules) {
        const folder = this.#folder;
        await mkdir(path.join(folder, "db"));
        await writeFile(path.join(folder, "milguard.conf"), rules);
        await writeFile(
            path.join(folder, "rspamd.conf"),
            [
                `options { pidfile = "${folder}/rspamd.pid"; filters = ""; dns { nameserver = ["127.0.0.1"]; } `,
                `  url_tld = "${this.#share}/effective_tld_names.dat"; }`,
                'logging { type = "console"; level = "warning"; }',
                `worker "normal" { bind_socket = "127.0.0.1:${this.#port}"; count = 1; }`,
                "actions { reject = 15; }",
                `modules { path = "${this.#share}/plugins/"; }`,
                `.include "${folder}/milguard.conf"`,
                "",
            ].join("\n"),
        );
    }

    get #share() {
        return path.join(this.#programs, "usr/share/rspamd");
    }

    get #options() {
        const share = this.#share;
        const variables = {
            CONFDIR: this.#folder,
            LOCAL_CONFDIR: this.#folder,
            DBDIR: path.join(this.#folder, "db"),
            RUNDIR: this.#folder,
            LOGDIR: this.#folder,
            SHAREDIR: share,
            RULESDIR: path.join(share, "rules"),
            LUALIBDIR: path.join(share, "lualib"),
            PLUGINSDIR: path.join(share, "plugins"),
            WWWDIR: path.join(share, "www"),
        };
        const config = path.join(this.#folder, "rspamd.conf");
        return ["-c", config, ...Object.entries(variables).map(([name, value]) => `--var=${name}=${value}`)];
    }

    get #environment() {
        return { PATH: process.env.PATH, LD_LIBRARY_PATH: path.join(this.#programs, "usr/lib/rspamd") };
    }

    /** @returns {Promise<string>} what `rspamadm configtest` says; it fails with that where something is wrong */
    async check() {
        const program = path.join(this.#programs, "usr/bin/rspamadm");
        const [config, ...variables] = [this.#options.slice(0, 2), ...this.#options.slice(2)];
        const { stdout, stderr } = await promisify(execFile)(program, [...variables.flat(), "configtest", ...config], {
            env: this.#environment,
            maxBuffer: 1 << 26,
        });
        return stdout + stderr;
    }

    async start() {
        this.#process = start(
            path.join(this.#programs, "usr/bin/rspamd"),
            ["-f", "-i", ...this.#options],
            { env: this.#environment, stdio: ["ignore", "ignore", "inherit"] },
        );
        await waitForPort(this.#port, () => (this.#process?.exitCode === null ? "" : "rspamd has ended"));
    }

    /**
     * @param {string[]} recipients
     * @returns {Promise<Verdict>}
     */
    async scan(recipients) {
        const headers = new Headers({ From: "alice@example.com", "Queue-Id": "test" });
        for (const recipient of recipients) {
            headers.append("Rcpt", recipient);
        }
        const message = `From: alice@example.com\r\nTo: ${recipients[0]}\r\nSubject: Test\r\n\r\nSee you there.\r\n`;
        const response = await fetch(`http://127.0.0.1:${this.#port}/checkv2`, {
            method: "POST",
            headers,
            body: message,
        });
        return /** @type {Promise<Verdict>} */ (response.json());
    }

    async stop() {
        if (this.#process) {
            this.#process.kill("SIGTERM");
            await stop(this.#process, 3000);
        }
        removeFolder(this.#folder);
    }
}
