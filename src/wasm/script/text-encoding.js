// The part of the Encoding Standard that wasm-bindgen's glue uses, for runtimes that have none:
// UTF-8, whole strings, nothing fatal. Rust hands over well-formed UTF-8 alone, so that the decoder
// need not replace anything; the encoder replaces lone surrogates by U+FFFD.

// The most arguments to one call of `String.fromCharCode`: few enough for the stack of every engine.
const CHUNK = 4096;

/**
 * @param {Uint8Array} bytes
 * @param {number} index below its length
 */
function byteAt(bytes, index) {
    return /** @type {number} */ (bytes[index]);
}

export class TextDecoder {
    /** @param {Uint8Array} [bytes] */
    decode(bytes) {
        if (!bytes) {
            return "";
        }
        let text = "";
        /** @type {number[]} */
        let units = [];
        for (let at = 0; at < bytes.length; ) {
            const first = byteAt(bytes, at);
            const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
            let point = length === 1 ? first : first & (0x7f >> length);
            for (let next = 1; next < length; next += 1) {
                point = (point << 6) | (byteAt(bytes, at + next) & 0x3f);
            }
            at += length;
            if (point < 0x10000) {
                units.push(point);
            } else {
                units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
            }
            if (units.length >= CHUNK) {
                text += String.fromCharCode.apply(null, units);
                units = [];
            }
        }
        return text + String.fromCharCode.apply(null, units);
    }
}

export class TextEncoder {
    /** @param {string} text */
    encode(text) {
        const bytes = new Uint8Array(text.length * 3);
        return bytes.slice(0, this.encodeInto(text, bytes).written);
    }

    /**
     * @param {string} text
     * @param {Uint8Array} bytes at least three times as long as the text
     */
    encodeInto(text, bytes) {
        let written = 0;
        for (let at = 0; at < text.length; at += 1) {
            let point = text.charCodeAt(at);
            if (point >= 0xd800 && point < 0xe000) {
                const low = text.charCodeAt(at + 1);
                if (point < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
                    point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
                    at += 1;
                } else {
                    point = 0xfffd;
                }
            }
            if (point < 0x80) {
                bytes[written++] = point;
            } else {
                if (point < 0x800) {
                    bytes[written++] = 0xc0 | (point >> 6);
                } else {
                    if (point < 0x10000) {
                        bytes[written++] = 0xe0 | (point >> 12);
                    } else {
                        bytes[written++] = 0xf0 | (point >> 18);
                        bytes[written++] = 0x80 | ((point >> 12) & 0x3f);
                    }
                    bytes[written++] = 0x80 | ((point >> 6) & 0x3f);
                }
                bytes[written++] = 0x80 | (point & 0x3f);
            }
        }
        return { read: text.length, written };
    }
}
