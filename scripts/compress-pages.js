// @ts-check
// Compresses the files of dist/www that are worth it with Brotli into dist/packed, so that the program contains them
// ready to send.
//
// usage: node scripts/compress-pages.js

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const PAGES = "dist/www";
const PACKED = "dist/packed";
/** Formats that are compressed already: a second pass gains nothing. */
const COMPRESSED = /\.(?:png|ico|xpi)$/;
/** The smallest file that is worth compressing: below this, the headers outweigh the gain. */
const SMALLEST_BYTES = 1024;
/** Brotli's quality, of 0 to 11: the last two steps take ten times as long and gain a few percent. */
const QUALITY = 9;

const compress = promisify(brotliCompress);

await rm(PACKED, { recursive: true, force: true });
for (const file of await readdir(PAGES, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || COMPRESSED.test(file.name)) {
        continue;
    }
    const path = `${file.parentPath}/${file.name}`;
    const body = await readFile(path);
    const packed = await compress(body, { params: { [constants.BROTLI_PARAM_QUALITY]: QUALITY } });
    if (body.length < SMALLEST_BYTES || packed.length >= body.length * 0.9) {
        continue;
    }
    const out = `${PACKED}/${path.slice(PAGES.length + 1)}.br`;
    await mkdir(dirname(out), { recursive: true });
    await writeFile(out, packed);
}
