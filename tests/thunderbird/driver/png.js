// @ts-check
// Writes a picture as PNG (RFC 2083): 8 bits for each of red, green and blue.

import { crc32, deflateSync } from "node:zlib";

/**
 * @param {number} width
 * @param {number} height
 * @param {Buffer[]} rows three bytes a pixel
 */
export function encodePng(width, height, rows) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header.set([8, 2, 0, 0, 0], 8);
    // Each row as the difference from the one above, because screen contents compress well that
    // way.
    const filtered = rows.map((row, index) => {
        const above = rows[index - 1];
        return Buffer.from([2, ...row.map((byte, at) => byte - (above?.[at] ?? 0))]);
    });
    return Buffer.concat([
        Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
        chunk("IHDR", header),
        chunk("IDAT", deflateSync(Buffer.concat(filtered), { level: 9 })),
        chunk("IEND", Buffer.alloc(0)),
    ]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
    const named = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(named) >>> 0);
    return Buffer.concat([length, named, sum]);
}
