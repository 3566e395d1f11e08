// @ts-check
// A screen of its own for each Thunderbird, with a window manager as people have one: nobody sees it, and keys reach no
// other windows. With Wayland, weston shows its windows on such a screen, and hands on the keys that are pressed there.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { encodePng } from "./png.js";
import { start, stop } from "./processes.js";

const execute = promisify(execFile);

/** How long the window manager may take to start, or a window to come to the front. */
const PATIENCE_MS = 60_000;

/** One of several monitors: its place on the screen, in pixels. @typedef {{ left: number, top: number, width: number, height: number }} Monitor */

export class Display {
    #server;
    #manager;
    /** @type {import("node:child_process").ChildProcess | undefined} */
    #compositor;
    /** What a program needs to know to show its windows here. @type {Record<string, string>} */
    environment;
    /** The file that mirrors the screen. */
    memory;
    /** The name of the display, such as `:81`. */
    name;

    /**
     * @param {import("node:child_process").ChildProcess} server
     * @param {import("node:child_process").ChildProcess} manager
     * @param {string} name
     * @param {string} memory
     */
    constructor(server, manager, name, memory) {
        this.#server = server;
        this.#manager = manager;
        this.name = name;
        this.memory = memory;
        this.environment = { DISPLAY: name, GDK_BACKEND: "x11" };
    }

    /**
     * @param {string} folder for files of its own
     * @param {object} [how]
     * @param {string} [how.screen] its size in pixels
     * @param {Monitor[]} [how.monitors] that the screen is made of; one where none is named
     * @param {boolean} [how.isWayland] whether Thunderbird shows its windows through Wayland instead of X11
     * @returns {Promise<Display>}
     */
    static async start(folder, { screen: size = "1280x900", monitors = [], isWayland = false } = {}) {
        // `-noreset` keeps the pointer where it was put, even while no program is connected.
        const options = ["-screen", "0", `${size}x24`, "-nolisten", "tcp", "-noreset", "-fbdir", folder];
        // Xvfb prints the number of the display that it has found free.
        const server = start("Xvfb", ["-displayfd", "3", ...options], {
            stdio: ["ignore", "ignore", "ignore", "pipe"],
        });
        const said = /** @type {import("node:stream").Readable} */ (server.stdio[3]);
        const number = await Promise.race([
            once(said, "data").then(([data]) => String(data).trim()),
            once(server, "exit").then(() => ""),
        ]);
        if (!number) {
            throw new Error("Xvfb did not start: run scripts/install-thunderbird");
        }
        const environment = { ...process.env, DISPLAY: `:${number}`, HOME: folder };
        for (const [index, { left, top, width, height }] of monitors.entries()) {
            // Without sizes in millimetres xrandr would create no monitor. The first replaces the existing one.
            const geometry = `${width}/${width}x${height}/${height}+${left}+${top}`;
            const args = ["--setmonitor", `monitor${index}`, geometry, index === 0 ? "screen" : "none"];
            await execute("xrandr", args, { env: environment });
        }
        const manager = start("openbox", ["--sm-disable"], { env: environment, stdio: "ignore" });
        const display = new Display(server, manager, `:${number}`, path.join(folder, "Xvfb_screen0"));
        await display.#leave();
        // The window manager is ready when it says how many desktops it has.
        await display.#until("the window manager", () => display.#tool("get_num_desktops").then(Boolean, () => false));
        if (isWayland) {
            await display.#startWayland(folder, { ...environment, XDG_RUNTIME_DIR: folder });
        }
        return display;
    }

    /**
     * @param {string} folder
     * @param {NodeJS.ProcessEnv} environment
     */
    async #startWayland(folder, environment) {
        const socket = "wayland-tests";
        const size = ["--width=1200", "--height=820"];
        const options = ["--no-config", "--idle-time=0", `--socket=${socket}`, ...size, "--use-pixman"];
        this.#compositor = start("weston", ["--backend=x11-backend.so", ...options], { env: environment, stdio: "ignore" });
        await this.#until("weston", () => access(path.join(folder, socket)).then(() => true, () => false));
        await this.waitActive(/^Weston/);
        this.environment = { WAYLAND_DISPLAY: socket, GDK_BACKEND: "wayland", MOZ_ENABLE_WAYLAND: "1" };
    }

    /**
     * A real key press, to the window that has the focus.
     *
     * @param {string} key as xdotool names it
     * @param {string} [title] the beginning of the title of the window to focus first
     */
    async press(key, title) {
        if (title !== undefined) {
            await this.activate(title);
        }
        await this.#tool("key", key);
    }

    /**
     * Brings a window to the front like a click on its name in the task bar.
     *
     * @param {string} title the beginning of its title
     */
    async activate(title) {
        const id = await this.raise(title);
        await this.#until(`"${title}" in front`, async () => (await this.#activeId()) === id);
    }

    /**
     * Does the same without waiting, because another window may come to the front at once.
     *
     * @param {string} title the beginning of its title
     */
    async raise(title) {
        const id = await this.#find(title);
        await this.#tool("windowactivate", id);
        return id;
    }

    /** The title of the window with the focus. */
    async active() {
        return this.#tool("getwindowname", await this.#activeId()).catch(() => "");
    }

    /** Empty if no window has the focus. */
    #activeId() {
        return this.#tool("getactivewindow").catch(() => "");
    }

    /**
     * Waits for a window to have the focus.
     *
     * @param {RegExp} title
     */
    waitActive(title) {
        return this.#until(`${title} in front`, async () => title.test(await this.active()));
    }

    /** @param {string} title the beginning of its title */
    async minimise(title) {
        await this.#tool("windowminimize", await this.#find(title));
    }

    /**
     * Presses keys, each this many milliseconds after the one before, in whatever window has the
     * focus then.
     *
     * @param {string} key
     * @param {number[]} pausesMs
     */
    async pressOften(key, pausesMs) {
        const steps = pausesMs.flatMap((ms) => ["sleep", String(ms / 1000), "key", key]);
        await this.#tool(...steps);
    }

    /**
     * Holds a key down, so that it repeats.
     *
     * @param {string} key
     * @param {number} ms
     */
    async hold(key, ms) {
        await this.#tool("keydown", key, "sleep", String(ms / 1000), "keyup", key);
    }

    /**
     * Presses the button of the pointer and holds it down.
     *
     * @param {{ x: number, y: number }} place on the screen
     */
    async pointerDown({ x, y }) {
        await this.#tool("mousemove", String(Math.round(x)), String(Math.round(y)), "mousedown", "1");
    }

    /** Releases the mouse button where the pointer is, and moves the pointer out of the way. */
    async pointerUp() {
        await this.#tool("mouseup", "1");
        await this.#leave();
    }

    /** Moves the pointer away from the middle, because Thunderbird closes a panel that opens under it. */
    async #leave() {
        await this.#tool("mousemove", "10000", "10000");
    }

    /** @param {string} title the beginning of its title */
    async #find(title) {
        const literal = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
        let found = "";
        await this.#until(`a window "${title}"`, async () => {
            const ids = await this.#tool("search", "--onlyvisible", "--name", `^${literal}`).catch(() => "");
            found = ids.split("\n").at(-1) ?? "";
            return found !== "";
        });
        return found;
    }

    /**
     * @param {string} what
     * @param {() => Promise<boolean>} look
     */
    async #until(what, look) {
        const end = Date.now() + PATIENCE_MS;
        while (!(await look())) {
            if (Date.now() > end) {
                throw new Error(`waited ${PATIENCE_MS} ms for ${what}; "${await this.active()}" is in front`);
            }
            await new Promise((resolve) => setTimeout(resolve, 30));
        }
    }

    /** @param {string[]} args */
    async #tool(...args) {
        const { stdout } = await execute("xdotool", args, { env: { ...process.env, DISPLAY: this.name } });
        return stdout.trim();
    }

    /**
     * A picture of the whole screen or a part of it.
     *
     * @param {string} file
     * @param {{ left: number, top: number, width: number, height: number }} [part]
     */
    async picture(file, part) {
        const screen = readXwd(await readFile(this.memory));
        const { left, top, width, height } = part ?? { left: 0, top: 0, ...screen };
        const rows = [];
        for (let row = top; row < top + height; row += 1) {
            const pixels = Buffer.alloc(width * 3);
            for (let column = 0; column < width; column += 1) {
                const at = screen.start + row * screen.bytesPerLine + (left + column) * 4;
                // The bytes of a pixel are blue, green, red, and one that is not used.
                pixels[column * 3] = screen.data[at + 2] ?? 0;
                pixels[column * 3 + 1] = screen.data[at + 1] ?? 0;
                pixels[column * 3 + 2] = screen.data[at] ?? 0;
            }
            rows.push(pixels);
        }
        await writeFile(file, encodePng(width, height, rows));
    }

    async stop() {
        if (this.#compositor) {
            this.#compositor.kill("SIGTERM");
            await stop(this.#compositor, 3000);
        }
        this.#manager.kill("SIGTERM");
        await stop(this.#manager, 3000);
        this.#server.kill("SIGTERM");
        await stop(this.#server, 3000);
    }
}

/** @param {Buffer} data in the format of `xwd`: a header of big-endian words, colours, pixels */
function readXwd(data) {
    const word = (/** @type {number} */ index) => data.readUInt32BE(index * 4);
    return {
        data,
        start: word(0) + word(19) * 12,
        width: word(4),
        height: word(5),
        bytesPerLine: word(12),
    };
}
