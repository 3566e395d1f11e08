// @ts-check
// Runs a service of systemd without systemd, from its unit and drop-ins: with the same program, arguments, environment,
// user, capabilities and writable file system.

import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { asRoot, root as command, run } from "./clean-root.js";

/** The longest wait for a line that a test expects from a program. */
const DEADLINE_MS = 60_000;

/** @typedef {Map<string, string[]>} Settings what `[Service]` says, by key */

/**
 * @param {string[]} files the unit, then its drop-ins
 * @returns {Settings}
 */
export function settings(files) {
    /** @type {Settings} */
    const found = new Map();
    let section = "";
    for (const file of files) {
        for (const line of readFileSync(file, "utf8").replaceAll("\\\n", "").split("\n")) {
            section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
            const [, key = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
            if (section !== "Service" || key === "") {
                continue;
            }
            // An empty value removes the values before.
            found.set(key, value === "" ? [] : [...(found.get(key) ?? []), value.trim()]);
        }
    }
    return found;
}

/**
 * The words of a line, as systemd splits them.
 *
 * @param {string} text
 */
function words(text) {
    const found = text.match(/(?:"[^"]*"|[^\s"])+/g) ?? [];
    return found.map((word) => word.replaceAll('"', ""));
}

export class Service {
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #child;
    /** @type {string[]} */
    lines = [];
    #changed = () => {};

    /**
     * @param {string} root the folder that the service sees as `/`
     * @param {string} name
     * @param {string[]} [dropIns] paths below the root
     */
    constructor(root, name, dropIns = []) {
        this.root = root;
        this.name = name;
        const files = [`/usr/lib/systemd/system/${name}.service`, ...dropIns];
        this.settings = settings(files.map((file) => `${root}${file}`));
        this.credentials = `/run/credentials/${name}.service`;
    }

    /** @param {string} key */
    one(key) {
        return this.settings.get(key)?.at(-1) ?? "";
    }

    /** @param {string} key */
    all(key) {
        return (this.settings.get(key) ?? []).map((value) => value.replaceAll("%d", this.credentials));
    }

    /** The environment of the process. */
    environment() {
        /** @type {Record<string, string>} */
        const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin", LANG: "C.UTF-8" };
        const set = (/** @type {string} */ assignment) => {
            const [, name = "", value = ""] = /^(\w+)=([^]*)$/.exec(assignment) ?? [];
            environment[name] = value;
        };
        this.all("Environment").flatMap(words).forEach(set);
        for (const file of this.all("EnvironmentFile")) {
            const path = `${this.root}${file.replace(/^-/, "")}`;
            if (existsSync(path) || !file.startsWith("-")) {
                const lines = command("cat", path).split("\n");
                lines.filter((line) => /^\w+=/.test(line)).forEach((line) => set(line.replaceAll('"', "")));
            }
        }
        const user = this.one("User");
        const state = `/var/lib/${this.one("StateDirectory")}`;
        return { ...environment, USER: user, LOGNAME: user, HOME: "/nonexistent", STATE_DIRECTORY: state };
    }

    /**
     * `ExecStart` with variables replaced: `$NAME` alone becomes as many words as it contains.
     *
     * @param {Record<string, string>} environment
     */
    arguments(environment) {
        return words(this.all("ExecStart").at(-1) ?? "").flatMap((word) => {
            const name = /^\$(\w+)$/.exec(word)?.[1];
            return name === undefined ? [word] : words(environment[name] ?? "");
        });
    }

    /**
     * @param {string} [folder] the working directory; systemd starts the program in `/`
     * @param {string} [trace] the file for its system calls, to examine them
     */
    start(folder = "/", trace = "") {
        const inside = (/** @type {string[]} */ ...line) => command("chroot", this.root, ...line);
        const [user, group] = [this.one("User"), this.one("Group")];
        const state = `/var/lib/${this.one("StateDirectory")}`;
        inside("install", "-d", "-m", this.one("StateDirectoryMode"), "-o", user, "-g", group, state);
        const runtime = this.all("RuntimeDirectory").map((name) => `/run/${name}`);
        runtime.forEach((path) => inside("install", "-d", "-m", "0755", "-o", user, "-g", group, path));
        for (const line of this.all("ExecStartPre")) {
            // `+`: the command runs with all rights.
            inside(...words(line.replace(/^\+/, "")));
        }
        this.#handOver(inside);
        // A private copy of the file system, in which the process can write only where its unit
        // allows.
        const writable = [state, ...runtime, ...this.all("ReadWritePaths").map((path) => path.replace(/^-/, ""))];
        const mounts = [
            'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
            ...writable.map((path) => `mount --bind "$1${path}" "$1${path}" && mount -o remount,bind,rw "$1${path}"`),
            'mount -t tmpfs tmpfs "$1/tmp" && mount -t proc -o hidepid=invisible,subset=pid proc "$1/proc"',
            'root=$1; shift; exec chroot "$root" "$@"',
        ];
        const environment = this.environment();
        const capabilities = ["-all", ...words(this.one("CapabilityBoundingSet")).map((it) => `+${it.slice(4).toLowerCase()}`)];
        const ambient = ["-all", ...words(this.one("AmbientCapabilities")).map((it) => `+${it.slice(4).toLowerCase()}`)];
        const [program = "", ...parameters] = asRoot([
            ...(trace === "" ? [] : ["strace", "--follow-forks", "--quiet=all", `--output=${trace}`]),
            ...["unshare", "--mount", "--propagation=private", "sh", "-ec", mounts.join("\n"), "sh", this.root],
            ...["setpriv", `--reuid=${user}`, `--regid=${group}`, "--clear-groups", "--no-new-privs"],
            ...[`--inh-caps=${ambient.join()}`, `--ambient-caps=${ambient.join()}`, `--bounding-set=${capabilities.join()}`],
            ...["env", "-i", `--chdir=${folder}`],
            ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
            ...this.arguments(environment),
        ]);
        const child = spawn(program, parameters, { stdio: ["ignore", "ignore", "pipe"], detached: true });
        createInterface({ input: child.stderr }).on("line", (line) => {
            this.lines.push(line);
            this.#changed();
        });
        child.on("close", () => this.#changed());
        this.#child = child;
    }

    /** @param {(...line: string[]) => string} inside */
    #handOver(inside) {
        const loaded = this.all("LoadCredential");
        if (loaded.length === 0) {
            return;
        }
        const [user, group] = [this.one("User"), this.one("Group")];
        inside("install", "-d", "-m", "0500", "-o", user, "-g", group, this.credentials);
        for (const credential of loaded) {
            const [name = "", path = ""] = credential.split(":");
            inside("install", "-m", "0400", "-o", user, "-g", group, path, `${this.credentials}/${name}`);
        }
    }

    /**
     * Waits for a line in the unit's log.
     *
     * @param {RegExp} pattern
     */
    async says(pattern) {
        const deadline = Date.now() + DEADLINE_MS;
        for (;;) {
            const match = this.lines.map((line) => pattern.exec(line)).find((found) => found !== null);
            if (match) {
                return match;
            }
            const hasEnded = this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
            if (hasEnded || Date.now() > deadline) {
                throw new Error(`${this.name} did not say ${pattern}:\n${this.lines.join("\n")}`);
            }
            await new Promise((resolve) => {
                const timer = setTimeout(resolve, DEADLINE_MS);
                this.#changed = () => {
                    clearTimeout(timer);
                    resolve(undefined);
                };
            });
        }
    }

    /** Ends the unit's program as systemd does, and returns its exit status. */
    async stop() {
        const child = this.#child;
        if (child?.pid === undefined || child.exitCode !== null) {
            return child?.exitCode;
        }
        const ended = new Promise((resolve) => {
            child.on("close", resolve);
        });
        command("kill", "-TERM", "--", `-${child.pid}`);
        return ended;
    }
}

/**
 * The parts of a trace that its unit forbids: calls outside `SystemCallFilter`, and memory that is writable
 * and executable.
 *
 * @param {string} trace
 * @param {Service} service
 */
export function forbidden(trace, service) {
    const allowed = new Set(service.all("SystemCallFilter").flatMap(systemCalls));
    // Earlier lines are from the set-up of the service's environment.
    const own = trace.slice(trace.indexOf('execve("/usr/bin/milguard"'));
    const called = [...own.matchAll(/^\d+ +(\w+)\(/gm)].map(([, name = ""]) => name);
    const runnable = own.match(/^\d+ +(?:mmap|mprotect|pkey_mprotect)\(.*PROT_WRITE\|PROT_EXEC.*/gm) ?? [];
    return { calls: called.length, found: [...new Set(called.filter((name) => !allowed.has(name))), ...runnable] };
}

/**
 * The system calls in one of systemd's groups.
 *
 * @param {string} group
 * @returns {string[]}
 */
function systemCalls(group) {
    const lines = run("systemd-analyze", "syscall-filter", group).split("\n").slice(1).map((line) => line.trim());
    const names = lines.filter((line) => /^@?[\w-]+$/.test(line));
    return names.flatMap((name) => (name.startsWith("@") ? systemCalls(name) : [name]));
}
