// @ts-check
// A client that says one thing at a time and keeps each answer.

import { once } from "node:events";
import { connect } from "node:net";

export class Conversation {
    #socket;
    #buffer = "";

    /** @param {import("node:net").Socket} socket */
    constructor(socket) {
        this.#socket = socket;
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
     * @returns {Promise<string>} the answer, all lines of it
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

    /** The whole answer: its last line has a space after the code. */
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

    close() {
        this.#socket.destroy();
    }
}
