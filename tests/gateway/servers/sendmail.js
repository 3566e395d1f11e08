// @ts-check
// A separate Sendmail, configured with m4 as its documentation says.

import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { removeFolder, start, stop } from "../../thunderbird/driver/processes.js";
import { freePort, openFolder, unpacked, waitForPort } from "./folder.js";

export class Sendmail {
    port = 0;
    #folder = "";
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #process;

    /**
     * @param {string[]} macros lines that go before the mailers, such as INPUT_MAIL_FILTER
     * @param {number} sinkPort where mail that passes is delivered
     */
    static async start(macros, sinkPort) {
        const sendmail = new Sendmail();
        const folder = await openFolder();
        sendmail.#folder = folder;
        sendmail.port = await freePort();
        const programs = await unpacked("sendmail-bin", "usr/libexec/sendmail/sendmail");
        // The copy lacks its group bit, so that it uses the library below for the host's name: with a
        // name without a domain, it sleeps for a minute.
        const program = path.join(folder, "sendmail");
        await copyFile(path.join(programs, "usr/libexec/sendmail/sendmail"), program);
        await chmod(program, 0o755);
        await mkdir(path.join(folder, "queue"), { mode: 0o700 });
        const hosts = path.join(folder, "hosts");
        await writeFile(hosts, "127.0.0.1 gateway.example.com localhost\n");
        await sendmail.#configure(macros, sinkPort);
        const log = path.join(folder, "conversations");
        sendmail.#process = start(program, ["-C", path.join(folder, "sendmail.cf"), "-X", log, "-bD"], {
            env: {
                PATH: process.env.PATH,
                LD_PRELOAD: path.join(await unpacked("libnss-wrapper", ".library"), ".library"),
                NSS_WRAPPER_HOSTNAME: "gateway.example.com",
                NSS_WRAPPER_HOSTS: hosts,
            },
            stdio: ["ignore", "ignore", "inherit"],
        });
        const child = sendmail.#process;
        await waitForPort(sendmail.port, () => (child.exitCode === null ? "" : "sendmail has ended"));
        return sendmail;
    }

    /**
     * @param {string[]} macros
     * @param {number} sinkPort
     */
    async #configure(macros, sinkPort) {
        const m4 = path.join(await unpacked("m4", "usr/bin/m4"), "usr/bin/m4");
        const files = path.join(await unpacked("sendmail-cf", "usr/share/sendmail/cf/m4/cf.m4"), "usr/share/sendmail/cf");
        const folder = this.#folder;
        const source = path.join(folder, "sendmail.mc");
        await writeFile(
            source,
            [
                `include(\`${files}/m4/cf.m4')dnl`,
                "OSTYPE(`linux')dnl",
                `define(\`QUEUE_DIR', \`${folder}/queue')dnl`,
                `define(\`confPID_FILE', \`${folder}/pid')dnl`,
                `define(\`STATUS_FILE', \`${folder}/status')dnl`,
                "undefine(`ALIAS_FILE')dnl",
                "define(`HELP_FILE', `')dnl",
                "define(`confDOMAIN_NAME', `gateway.example.com')dnl",
                "define(`SMART_HOST', `relay:[127.0.0.1]')dnl",
                `define(\`RELAY_MAILER_ARGS', \`TCP $h ${sinkPort}')dnl`,
                // Load averages that no machine reaches, so that Sendmail also answers at once on a busy machine.
                "define(`confREFUSE_LA', `1000')dnl",
                "define(`confQUEUE_LA', `1000')dnl",
                "define(`confDELAY_LA', `1000')dnl",
                "FEATURE(`accept_unresolvable_domains')dnl",
                "FEATURE(`promiscuous_relay')dnl",
                "FEATURE(`no_default_msa')dnl",
                "FEATURE(`nocanonify')dnl",
                `DAEMON_OPTIONS(\`Port=${this.port}, Addr=127.0.0.1, Name=MTA')dnl`,
                ...macros,
                "MAILER(`smtp')dnl",
                "",
            ].join("\n"),
        );
        const { stdout } = await promisify(execFile)(m4, [source], { maxBuffer: 1 << 24 });
        await writeFile(path.join(folder, "sendmail.cf"), stdout);
    }

    /** @returns {Promise<string[]>} the envelopes of quarantined messages */
    async held() {
        const folder = path.join(this.#folder, "queue");
        const names = (await readdir(folder)).filter((name) => name.startsWith("hf"));
        return Promise.all(names.map((name) => readFile(path.join(folder, name), "latin1")));
    }

    async stop() {
        if (this.#process) {
            this.#process.kill("SIGTERM");
            await stop(this.#process, 3000);
        }
        removeFolder(this.#folder);
    }
}
