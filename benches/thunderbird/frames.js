// @ts-check
// Finds out when something is visible, from the screen itself and not from a program's report. Xvfb mirrors its
// screen in a file, which this module reads every few milliseconds.

import { closeSync, openSync, readSync } from "node:fs";

/**
 * The background colour of the characters that the dialog marks (`--mark` in www/shared/base.css), as blue,
 * green, red.
 */
const MARK = Buffer.from([0xa1, 0xd7, 0xff]);

const EVERY_MS = 3;

/** Bytes of the header in which `xwd` describes the picture. */
const HEADER = 100;

/** @typedef {{ left: number, top: number, width: number, height: number }} Place */

/** Reads as little of the screen as possible: reading all of it takes a third of a core from the measured program. */
export class Frames {
    #file;
    #place;

    /**
     * @param {string} file that mirrors the screen
     * @param {Place} place of the expected window, where nothing else is drawn; marks are looked for from its top to three times its height
     */
    constructor(file, place) {
        this.#file = file;
        this.#place = place;
    }

    /**
     * Waits until marked characters are visible.
     *
     * @param {number} timeoutMs
     * @returns {Promise<{ changedAt: number, readableAt: number }>} when the place first changed, and when the
     *     characters were visible, ms since 1970
     */
    async watch(timeoutMs) {
        const screen = new Screen(this.#file);
        try {
            const before = this.#corner(screen);
            const end = Date.now() + timeoutMs;
            let changedAt = 0;
            for (;;) {
                const now = Date.now();
                if (changedAt === 0 && !this.#corner(screen).equals(before)) {
                    changedAt = now;
                }
                if (changedAt > 0 && this.#isMarked(screen)) {
                    return { changedAt, readableAt: now };
                }
                if (now > end) {
                    throw new Error(`nothing was marked within ${timeoutMs} ms`);
                }
                await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
            }
        } finally {
            screen.close();
        }
    }

    /** @param {Screen} screen */
    #corner(screen) {
        const { left, top, width, height } = this.#place;
        const rows = screen.rows(top, height);
        const { bytesPerLine } = screen;
        return Buffer.concat(
            Array.from({ length: height }, (_, row) => {
                const at = row * bytesPerLine + left * 4;
                return rows.subarray(at, at + width * 4);
            }),
        );
    }

    /** @param {Screen} screen */
    #isMarked(screen) {
        return screen.rows(this.#place.top, 3 * this.#place.height).includes(MARK);
    }
}

class Screen {
    #file;
    #start;
    /** @type {Buffer} */
    #rows = Buffer.alloc(0);
    bytesPerLine;

    /** @param {string} file */
    constructor(file) {
        this.#file = openSync(file, "r");
        const header = Buffer.alloc(HEADER);
        readSync(this.#file, header, 0, HEADER, 0);
        const word = (/** @type {number} */ index) => header.readUInt32BE(index * 4);
        this.#start = word(0) + word(19) * 12;
        this.bytesPerLine = word(12);
    }

    /**
     * @param {number} top
     * @param {number} count
     * @returns {Buffer} valid until the next call
     */
    rows(top, count) {
        const length = count * this.bytesPerLine;
        if (this.#rows.length < length) {
            this.#rows = Buffer.alloc(length);
        }
        readSync(this.#file, this.#rows, 0, length, this.#start + top * this.bytesPerLine);
        return this.#rows.subarray(0, length);
    }

    close() {
        closeSync(this.#file);
    }
}
