// @ts-check
// A milter that judges nothing: it negotiates like `milguard milter`, lets each recipient pass and accepts the message at the
// end of the header. The rate with it shows what Postfix itself pays for having a milter.

import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";

/** The steps that `milguard milter` does not want to see or to answer (`SMFIP_*`, as src/milter/wire.rs names them). */
const STEPS = 0x01 | 0x02 | 0x80 | 0x100 | 0x200 | 0x400 | 0x4000 | 0x10_0000;
const GO_ON = packet("c");
const ACCEPT = packet("a");

/**
 * @param {string} command one character
 * @param {number[]} [numbers]
 */
function packet(command, numbers = []) {
    const bytes = Buffer.alloc(5 + 4 * numbers.length);
    bytes.writeUInt32BE(1 + 4 * numbers.length);
    bytes.write(command, 4, "latin1");
    numbers.forEach((number, at) => bytes.writeUInt32BE(number, 5 + 4 * at));
    return bytes;
}

/**
 * @param {string} command of a packet of the mail server
 * @param {Buffer} data
 */
function answerTo(command, data) {
    switch (command) {
        case "O":
            return packet("O", [data.readUInt32BE(0), 0, data.readUInt32BE(8) & STEPS]);
        case "R":
            return GO_ON;
        case "N":
            return ACCEPT;
        default:
            return null;
    }
}

/**
 * @param {string} socket the path of its Unix socket
 * @returns {Promise<() => void>} ends it
 */
export async function startIdleMilter(socket) {
    const server = createServer((connection) => {
        let waiting = Buffer.alloc(0);
        connection.on("error", () => {});
        connection.on("data", (chunk) => {
            waiting = Buffer.concat([waiting, chunk]);
            for (let end; waiting.length >= 4 && waiting.length >= (end = 4 + waiting.readUInt32BE(0)); waiting = waiting.subarray(end)) {
                const answer = answerTo(waiting.toString("latin1", 4, 5), waiting.subarray(5, end));
                if (answer) {
                    connection.write(answer);
                }
            }
        });
    });
    server.listen(socket);
    await once(server, "listening");
    await chmod(socket, 0o666);
    return () => server.close();
}
