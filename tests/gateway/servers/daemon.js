// @ts-check
// `milguard milter` and `milguard catch`, started as an administrator starts them.

import { writeFile } from "node:fs/promises";
import path from "node:path";

import { makeFolder, removeFolder, start, stop } from "../../thunderbird/driver/processes.js";
import { PROGRAM } from "../rules.js";
import { freePort, waitForPort } from "./folder.js";

export class Daemon {
    port;
    folder = makeFolder();
    /** The program's output on standard error. */
    log = "";
    #args;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #process;

    /**
     * @param {number} port
     * @param {(port: number, folder: string) => string[]} args
     */
    constructor(port, args) {
        this.port = port;
        this.#args = args(port, this.folder);
    }

    /**
     * @param {object} policy
     * @param {(port: number, folder: string) => string[]} [more] arguments
     */
    static async milter(policy = {}, more = () => []) {
        const daemon = new Daemon(await freePort(), (port, folder) => [
            ...["milter", "--listen", `127.0.0.1:${port}`, "--policy", path.join(folder, "policy.json")],
            ...more(port, folder),
        ]);
        await daemon.write(policy);
        return daemon.start();
    }

    /** @param {string[]} args */
    static async catcher(args) {
        const daemon = new Daemon(await freePort(), (port, folder) => [
            ...["catch", "--listen", `127.0.0.1:${port}`, "--state", path.join(folder, "state")],
            ...args,
        ]);
        return daemon.start();
    }

    /** @param {object | string} policy */
    async write(policy) {
        const text = typeof policy === "string" ? policy : JSON.stringify(policy);
        await writeFile(path.join(this.folder, "policy.json"), text);
    }

    async start() {
        const child = start(PROGRAM, this.#args, { stdio: ["ignore", "ignore", "pipe"] });
        child.stderr?.on("data", (/** @type {Buffer} */ chunk) => {
            this.log += chunk;
        });
        this.#process = child;
        await waitForPort(this.port, () => (child.exitCode === null ? "" : this.log));
        return this;
    }

    /** The id of the process. */
    get pid() {
        return this.#process?.pid ?? NaN;
    }

    /** @param {NodeJS.Signals} signal */
    kill(signal) {
        this.#process?.kill(signal);
    }

    /**
     * Waits for a text in the program's log.
     *
     * @param {RegExp} what
     */
    async says(what) {
        const end = Date.now() + 30_000;
        while (!what.test(this.log)) {
            if (Date.now() > end) {
                throw new Error(`the daemon did not say ${what}: ${this.log}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }

    /** Kills the program, and waits until it has ended. */
    async crash() {
        const child = this.#process;
        if (child && child.exitCode === null && child.signalCode === null) {
            const ended = new Promise((resolve) => child.once("exit", resolve));
            child.kill("SIGKILL");
            await ended;
        }
    }

    async stop() {
        if (this.#process) {
            this.#process.kill("SIGTERM");
            await stop(this.#process, 5000);
        }
        removeFolder(this.folder);
    }
}
