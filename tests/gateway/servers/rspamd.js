// @ts-check
// rspamd with nothing but the rules, asked over HTTP as a mail server asks it.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
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

    /**
     * @param {string} rules
     * @param {string} [script] for rspamd.local.lua
     */
    static async prepare(rules, script) {
        const rspamd = new Rspamd();
        rspamd.#programs = await unpacked("rspamd", "usr/bin/rspamd");
        rspamd.#folder = await openFolder();
        rspamd.#port = await freePort();
        await rspamd.#configure(rules);
        if (script !== undefined) {
            await writeFile(path.join(rspamd.#folder, "rspamd.local.lua"), script);
        }
        return rspamd;
    }

    /** @param {string} rules */
    async #configure(rules) {
        const folder = this.#folder;
        await mkdir(path.join(folder, "db"));
        await writeFile(path.join(folder, "milguard.conf"), rules);
        // rspamd would take half a minute to compile the full list, which it uses only for links in messages.
        await writeFile(path.join(folder, "tlds"), "com\nmil\n");
        await writeFile(
            path.join(folder, "rspamd.conf"),
            [
                `options { pidfile = "${folder}/rspamd.pid"; filters = ""; dns { nameserver = ["127.0.0.1"]; } `,
                `  url_tld = "${folder}/tlds"; }`,
                'logging { type = "console"; level = "error"; }',
                `worker "normal" { bind_socket = "127.0.0.1:${this.#port}"; count = 1; }`,
                "actions { reject = 15; }",
                `lua = "${this.#share}/rules/rspamd.lua";`,
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

    /** @returns {Promise<string>} the output of `rspamadm configtest`; if that finds an error, this fails with it */
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
     * @param {string} [body]
     * @returns {Promise<Verdict>}
     */
    async scan(recipients, body = "See you there.") {
        const message = `From: alice@example.com\r\nTo: ${recipients[0]}\r\nSubject: Test\r\n\r\n${body}\r\n`;
        // `fetch` would put all recipients into one header field.
        const asked = request({
            host: "127.0.0.1",
            port: this.#port,
            path: "/checkv2",
            method: "POST",
            headers: { From: "alice@example.com", Rcpt: recipients, "Content-Length": Buffer.byteLength(message) },
        });
        asked.end(message);
        const [response] = await once(asked, "response");
        return JSON.parse(await text(response));
    }

    async stop() {
        if (this.#process) {
            this.#process.kill("SIGTERM");
            await stop(this.#process, 3000);
        }
        removeFolder(this.#folder);
    }
}
