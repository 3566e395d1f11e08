// @ts-check
// A screen of its own for each Thunderbird: nothing is seen, and keys reach nobody else's windows.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { encodePng } from "./png.js";
import { start, stop } from "./processes.js";

const execute = promisify(execFile);

export class Display {
    #server;
    #memory;
    /** Such as `:81`. */
    name;

    /**
     * @param {import("node:child_process").ChildProcess} server
     * @param {string} name
     * @param {string} memory the file that mirrors the screen
     */
    constructor(server, name, memory) {
        this.#server = server;
        this.name = name;
        this.#memory = memory;
    }

    /**
     * @param {string} folder for files of its own
     * @returns {Promise<Display>}
     */
    static async start(folder) {
        // Without a reset the pointer stays where it was put, though nobody is there yet.
        const options = ["-screen", "0", "1280x900x24", "-nolisten", "tcp", "-noreset", "-fbdir", folder];
        // It says which number it has found free.
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
        const display = new Display(server, `:${number}`, path.join(folder, "Xvfb_screen0"));
        // Out of the middle: a panel that opens under the pointer is closed again.
        await display.#tool("mousemove", "1279", "899");
        return display;
    }

    /**
     * A real key press, to the window that has the focus.
     *
     * @param {string} key as xdotool names it
     * @param {string} [title] how the title of the window begins that is given the focus first
     */
    async press(key, title) {
        if (title !== undefined) {
            const literal = title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
            const { stdout } = await this.#tool("search", "--onlyvisible", "--name", `^${literal}`);
            await this.#tool("windowfocus", "--sync", stdout.trim().split("\n").at(-1) ?? "");
        }
        await this.#tool("key", key);
    }

    /** @param {string[]} args */
    #tool(...args) {
        return execute("xdotool", args, { env: { ...process.env, DISPLAY: this.name } });
    }

    /**
     * A picture of the whole screen or a part of it.
     *
     * @param {string} file
     * @param {{ left: number, top: number, width: number, height: number }} [part]
     */
    async picture(file, part) {
        const screen = readXwd(await readFile(this.#memory));
        const { left, top, width, height } = part ?? { left: 0, top: 0, ...screen };
        const rows = [];
        for (let row = top; row < top + height; row += 1) {
            const pixels = Buffer.alloc(width * 3);
            for (let column = 0; column < width; column += 1) {
                const at = screen.start + row * screen.bytesPerLine + (left + column) * 4;
                // Blue, green, red, nothing.
                pixels[column * 3] = screen.data[at + 2] ?? 0;
                pixels[column * 3 + 1] = screen.data[at + 1] ?? 0;
                pixels[column * 3 + 2] = screen.data[at] ?? 0;
            }
            rows.push(pixels);
        }
        await writeFile(file, encodePng(width, height, rows));
    }

    async stop() {
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
