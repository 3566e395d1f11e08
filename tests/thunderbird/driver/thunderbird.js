// @ts-check
// A real Thunderbird on a screen of its own, with a fresh profile and a server for its mail.

import { closeSync, openSync } from "node:fs";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { Display } from "./display.js";
import { Marionette } from "./marionette.js";
import { makeFolder, removeFolder, start, stop } from "./processes.js";
import { makeApplication, makeProfile } from "./profile.js";
import { Sink } from "./sink.js";

/**
 * @typedef {Omit<import("./profile.js").Setup, "folder" | "smtpPort" | "application" | "addin"> &
 *     { name: string, application?: string, addin?: { id: string, file: string } | null, screen?: string,
 *     monitors?: import("./display.js").Monitor[], isWayland?: boolean }} Options
 */

/** The Thunderbird to test in: a folder. */
export const APPLICATION = path.resolve(process.env.THUNDERBIRD ?? "target/tools/thunderbird-newest");

/** The folder for pictures and logs; it is not in git. */
export const RECORDS = path.resolve("target/thunderbird", path.basename(APPLICATION));

const START_TIMEOUT_MS = 90_000;
/** Even a busy machine saves the profile within this time. It must be complete at the next start. */
const LEAVING_MS = 120_000;
const INSIDE = path.resolve("tests/thunderbird/inside");

export class Thunderbird {
    #folder;
    #options;
    /** @type {Marionette | undefined} */
    #marionette;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #process;
    /** @type {string} */
    #program = "";
    #profile = "";
    #log;
    sink = new Sink();
    /** @type {Display} */
    // @ts-expect-error Set by `start`, without which there is no object.
    display;

    /**
     * @param {string} folder
     * @param {Options} options
     */
    constructor(folder, options) {
        this.#folder = folder;
        this.#options = options;
        this.#log = path.join(RECORDS, `${options.name}.log`);
    }

    /** @param {Options} options */
    static async start(options) {
        await mkdir(RECORDS, { recursive: true });
        const made = new Thunderbird(makeFolder(), options);
        try {
            await made.#start();
        } catch (error) {
            await made.stop();
            throw error;
        }
        return made;
    }

    async #start() {
        const application = this.#options.application ?? APPLICATION;
        await access(path.join(application, "thunderbird-bin")).catch(() => {
            throw new Error(`${application} is missing: run scripts/install-thunderbird`);
        });
        await this.sink.start();
        this.display = await Display.start(this.#folder, this.#options);
        const setup = {
            ...this.#options,
            folder: this.#folder,
            application,
            smtpPort: this.sink.port,
            addin: this.addin,
        };
        this.#program = await makeApplication(setup);
        this.#profile = await makeProfile(setup);
        await rm(this.#log, { force: true });
        await this.#launch();
    }

    get addin() {
        return this.#options.addin ?? null;
    }

    /** The process id of the main process. */
    get pid() {
        return this.#process?.pid ?? 0;
    }

    get profile() {
        return this.#profile;
    }

    async #launch() {
        const portFile = path.join(this.#profile, "MarionetteActivePort");
        await rm(portFile, { force: true });
        const log = openSync(this.#log, "a");
        const marionette = ["--marionette", "-remote-allow-system-access"];
        this.#process = start(
            this.#program,
            ["-profile", this.#profile, "-no-remote", ...marionette],
            { env: this.#environment(), stdio: ["ignore", log, log] },
        );
        closeSync(log);
        this.#marionette = await Marionette.connect(await this.#port(portFile));
        // Thunderbird loads the modules as its own, through an address that maps to our folder.
        await this.#marionette.run(
            `Services.io.getProtocolHandler("resource").QueryInterface(Ci.nsIResProtocolHandler)
                .setSubstitution("milguard-tests", Services.io.newURI(args[0]));`,
            `${pathToFileURL(INSIDE).href}/`,
        );
        await this.windows("waitMainWindow");
        for (const { id } of [...(this.addin ? [this.addin] : []), ...(this.#options.besides ?? [])]) {
            await this.inside("addin", "waitAddin", id);
        }
    }

    /** @param {string} file */
    async #port(file) {
        const end = Date.now() + START_TIMEOUT_MS;
        for (;;) {
            const port = await readFile(file, "utf8").catch(() => "");
            if (port) {
                return Number(port);
            }
            if (Date.now() > end || this.#process?.exitCode !== null) {
                throw new Error(`Thunderbird did not start: see ${this.#log}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    }

    #environment() {
        return {
            PATH: process.env.PATH,
            ...this.display.environment,
            HOME: this.#folder,
            // In /tmp, one Thunderbird could send a file that another has just written there.
            TMPDIR: this.#folder,
            XDG_RUNTIME_DIR: this.#folder,
            XDG_CACHE_HOME: path.join(this.#folder, "cache"),
            LC_ALL: "C.UTF-8",
            NO_AT_BRIDGE: "1",
            MOZ_CRASHREPORTER_DISABLE: "1",
            // The sandbox needs rights that a container does not have.
            MOZ_DISABLE_CONTENT_SANDBOX: "1",
        };
    }

    /**
     * Calls a function of a module in `inside/`.
     *
     * @param {"windows" | "compose" | "addin" | "habits" | "smime"} module
     * @param {string} name
     * @param {...unknown} args
     * @returns {Promise<any>}
     */
    inside(module, name, ...args) {
        if (!this.#marionette) {
            throw new Error("Thunderbird is not running");
        }
        return this.#marionette.run(
            `const [module, name, values] = args;
            return ChromeUtils.importESModule("resource://milguard-tests/" + module)[name](...values);`,
            `${module}.js`,
            name,
            args,
        );
    }

    /**
     * @param {keyof typeof import("../inside/windows.js")} name
     * @param {...unknown} args
     */
    windows(name, ...args) {
        return this.inside("windows", name, ...args);
    }

    /**
     * @param {keyof typeof import("../inside/compose.js")} name
     * @param {...unknown} args
     */
    compose(name, ...args) {
        return this.inside("compose", name, ...args);
    }

    /**
     * @param {keyof typeof import("../inside/addin.js")} name
     * @param {...unknown} args after the add-in's id
     */
    ofAddin(name, ...args) {
        return this.inside("addin", name, this.addin?.id, ...args);
    }

    /**
     * @param {string} name
     * @returns {string} the file
     */
    record(name) {
        return path.join(RECORDS, `${this.#options.name}-${name}`);
    }

    /** The console output of Thunderbird and the add-in so far. */
    async said() {
        return readFile(this.#log, "utf8");
    }

    /** Quits the application as a person does, and starts it again with the same profile. */
    async restart() {
        await this.#end(LEAVING_MS);
        await this.#launch();
    }

    /** @param {number} graceMs */
    async #end(graceMs) {
        if (this.#process) {
            // No answer comes, because the process has ended.
            void this.inside("addin", "quit").catch(() => {});
            await stop(this.#process, graceMs);
        }
        this.#marionette?.close();
        this.#marionette = undefined;
    }

    async stop() {
        try {
            await this.#end(8000);
        } finally {
            await this.display?.stop();
            await this.sink.stop();
            removeFolder(this.#folder);
        }
    }
}
