// @ts-check
// Exim with its own configuration. It is asked on standard input: `exim -bh` simulates a session with a
// host at that address, and does nothing else.

import { spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";

import { removeFolder } from "../../thunderbird/driver/processes.js";
import { openFolder, unpacked } from "./folder.js";

export class Exim {
    #folder = "";
    #program = "";
    /** @type {Record<string, string | undefined>} */
    #environment = {};

    /** @param {string} acl the rules */
    static async prepare(acl) {
        const exim = new Exim();
        const folder = await unpacked("exim4-daemon-light", "usr/sbin/exim4");
        exim.#program = path.join(folder, "usr/sbin/exim4");
        exim.#folder = await openFolder();
        // The user that Debian's package makes and looks for, whatever the configuration says.
        const users = path.join(exim.#folder, "passwd");
        const groups = path.join(exim.#folder, "group");
        await writeFile(users, "root:x:0:0::/:/bin/sh\nmail:x:8:8::/:/bin/sh\nDebian-exim:x:8:8::/:/bin/sh\n");
        await writeFile(groups, "root:x:0:\nmail:x:8:\nadm:x:4:\nDebian-exim:x:8:\n");
        exim.#environment = {
            PATH: process.env.PATH,
            LD_PRELOAD: path.join(await unpacked("libnss-wrapper", ".library"), ".library"),
            NSS_WRAPPER_PASSWD: users,
            NSS_WRAPPER_GROUP: groups,
        };
        for (const name of ["spool", "log"]) {
            await mkdir(path.join(exim.#folder, name));
            await chmod(path.join(exim.#folder, name), 0o777);
        }
        const included = path.join(exim.#folder, "milguard.acl");
        await writeFile(included, acl);
        await writeFile(
            path.join(exim.#folder, "exim.conf"),
            [
                "exim_user = mail",
                "exim_group = mail",
                `spool_directory = ${exim.#folder}/spool`,
                `log_file_path = ${exim.#folder}/log/%slog`,
                "primary_hostname = gateway.example.com",
                "domainlist local_domains =",
                "acl_smtp_rcpt = acl_check_rcpt",
                "begin acl",
                `.include ${included}`,
                "acl_check_rcpt:",
                "  require acl = acl_milguard",
                "  accept hosts = 192.0.2.1",
                "  deny message = relay not permitted",
                "begin routers",
                "smarthost:",
                "  driver = accept",
                "  transport = nowhere",
                "begin transports",
                "nowhere:",
                "  driver = appendfile",
                "  file = /dev/null",
                "",
            ].join("\n"),
        );
        return exim;
    }

    /** @returns {Promise<{ status: number | null, output: string }>} whether the configuration can be read */
    check() {
        return this.#run(["-bV"], "");
    }

    /**
     * The answers to RCPT for each address.
     *
     * @param {string[]} addresses
     * @returns {Promise<{ answers: string[], log: string }>}
     */
    async ask(addresses) {
        const greeting = ["EHLO client.example.com", "MAIL FROM:<alice@example.com>"];
        const recipients = addresses.map((address) => `RCPT TO:<${address}>`);
        const said = [...greeting, ...recipients, "QUIT", ""].join("\r\n");
        const { output } = await this.#run(["-bh", "192.0.2.1"], said);
        // Exim's own remarks begin with `>>>` or `LOG:`. All lines of an answer except the last have a hyphen
        // after the code.
        const lines = output.split(/\r?\n/).filter((line) => /^\d{3}[ -]/.test(line));
        /** @type {string[]} */
        const answers = [];
        let open = "";
        for (const line of lines) {
            open += open ? ` ${line.slice(4)}` : `${line.slice(0, 3)} ${line.slice(4)}`;
            if (line[3] === " ") {
                answers.push(open);
                open = "";
            }
        }
        return { answers: answers.slice(3, -1), log: output };
    }

    /**
     * @param {string[]} options
     * @param {string} input
     * @returns {Promise<{ status: number | null, output: string }>}
     */
    #run(options, input) {
        const config = path.join(this.#folder, "exim.conf");
        const child = spawn(this.#program, ["-C", config, ...options], {
            env: this.#environment,
            stdio: ["pipe", "pipe", "pipe"],
        });
        child.stdin.on("error", () => {});
        child.stdin.end(input);
        let output = "";
        const keep = (/** @type {Buffer} */ chunk) => {
            output += chunk;
        };
        child.stdout.on("data", keep);
        child.stderr.on("data", keep);
        return new Promise((resolve, reject) => {
            child.on("error", reject);
            child.on("close", (status) => resolve({ status, output }));
        });
    }

    stop() {
        removeFolder(this.#folder);
    }
}
