// @ts-check
// Finds out when something is visible, from the screen itself and not from a program's report. Xvfb mirrors its
// screen in a file, which this reads every few milliseconds.

import { readFileSync } from "node:fs";

/**
 * The background colour of the characters that the dialog marks (`--mark` in www/shared/base.css), as blue,
 * green, red.
 */
const MARK = Buffer.from([0xa1, 0xd7, 0xff]);

const EVERY_MS = 3;

/** @typedef {{ left: number, top: number, width: number, height: number }} Place */

export class Frames {
    #file;
    #place;

    /**
     * @param {string} file that mirrors the screen
     * @param {Place} place of the expected window, where nothing else is drawn
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
        const before = this.#read();
        const end = Date.now() + timeoutMs;
        let changedAt = 0;
        for (;;) {
            const now = Date.now();
            const { place, isMarked } = this.#read();
            if (changedAt === 0 && !place.equals(before.place)) {
                changedAt = now;
            }
            if (isMarked) {
                return { changedAt, readableAt: now };
            }
            if (now > end) {
                throw new Error(`nothing was marked within ${timeoutMs} ms`);
            }
            await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
        }
    }

    #read() {
        const data = readFileSync(this.#file);
        const word = (/** @type {number} */ index) => data.readUInt32BE(index * 4);
        const start = word(0) + word(19) * 12;
        const bytesPerLine = word(12);
        const { left, top, width, height } = this.#place;
        const rows = Array.from({ length: height }, (_, row) => {
            const at = start + (top + row) * bytesPerLine + left * 4;
            return data.subarray(at, at + width * 4);
        });
        return { place: Buffer.concat(rows), isMarked: data.includes(MARK, start) };
    }
}
