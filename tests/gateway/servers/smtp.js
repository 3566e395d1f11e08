// @ts-check
// A client that sends one command at a time and keeps each answer.

import { once } from "node:events";
import { connect } from "node:net";

export class Conversation {
    #socket;
    #buffer = "";

    /** @param {import("node:net").Socket} socket */
    constructor(socket) {
        this.#socket = socket;
        // Each answer that a test waits for adds listeners.
        socket.setMaxListeners(0);
        socket.setEncoding("utf8");
        socket.on("data", (chunk) => {
            this.#buffer += chunk;
        });
    }

    /** @param {number} port */
    static async open(port) {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        const conversation = new Conversation(socket);
        await conversation.#answer();
        await conversation.say("EHLO client.example.com");
        return conversation;
    }

    /**
     * @param {string} line
     * @returns {Promise<string>} the answer with all its lines
     */
    async say(line) {
        this.#socket.write(`${line}\r\n`);
        return this.#answer();
    }

    /** @param {string} text of a message */
    async send(text) {
        await this.say("DATA");
        return this.say(`${text.replaceAll("\n", "\r\n")}\r\n.`);
    }

    /** The answer is complete when its last line has a space after the code. */
    async #answer() {
        for (;;) {
            const end = /^\d{3} .*\r\n/m.exec(this.#buffer);
            if (end) {
                const answer = this.#buffer.slice(0, end.index + end[0].length);
                this.#buffer = this.#buffer.slice(answer.length);
                return answer.trim();
            }
            await Promise.race([
                once(this.#socket, "data"),
                once(this.#socket, "close").then(() => {
                    throw new Error(`the server hung up after ${JSON.stringify(this.#buffer)}`);
                }),
            ]);
        }
    }

    /** @returns {import("node:net").Socket} the connection, for other code to use */
    release() {
        this.#socket.removeAllListeners();
        return this.#socket;
    }

    close() {
        this.#socket.destroy();
    }
}

/**
 * Sends a message to the accepted recipients.
 *
 * @param {number} port
 * @param {string[]} recipients
 * @param {string} message
 * @returns {Promise<{ mail: string, rcpt: string[], data: string }>} the answers
 */
export async function send(port, recipients, message) {
    const client = await Conversation.open(port);
    const mail = await client.say("MAIL FROM:<alice@example.com>");
    const rcpt = [];
    for (const recipient of mail.startsWith("250 ") ? recipients : []) {
        rcpt.push(await client.say(`RCPT TO:<${recipient}>`));
    }
    const data = rcpt.some((answer) => answer.startsWith("250 ")) ? await client.send(message) : "";
    client.close();
    return { mail, rcpt, data };
}
