// @ts-check
// Receives posts to newsgroups: the part of an NNTP server (RFC 3977) that posting needs.

import { once } from "node:events";
import { createServer } from "node:net";

/** @typedef {{ subject: string, newsgroups: string, source: string }} Article */

export class News {
    /** @type {Article[]} */
    articles = [];
    #server = createServer((socket) => this.#serve(socket));
    /** @type {Set<import("node:net").Socket>} */
    #sockets = new Set();
    port = 0;

    async start() {
        this.#server.listen(0, "127.0.0.1");
        await once(this.#server, "listening");
        this.port = /** @type {import("node:net").AddressInfo} */ (this.#server.address()).port;
        return this;
    }

    /** @param {string} subject */
    all(subject) {
        return this.articles.filter((article) => article.subject === subject);
    }

    /** @param {import("node:net").Socket} socket */
    #serve(socket) {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
        socket.on("error", () => {});
        socket.setEncoding("utf8");
        let waiting = "";
        let isPosting = false;
        socket.on("data", (chunk) => {
            waiting += chunk;
            for (;;) {
                const end = isPosting ? "\r\n.\r\n" : "\r\n";
                const at = waiting.indexOf(end);
                if (at < 0) {
                    return;
                }
                const taken = waiting.slice(0, at);
                waiting = waiting.slice(at + end.length);
                if (isPosting) {
                    this.#take(taken);
                    isPosting = false;
                    socket.write("240 taken\r\n");
                } else {
                    isPosting = /^post$/i.test(taken);
                    socket.write(`${answerTo(taken)}\r\n`);
                }
            }
        });
        socket.write("200 posting allowed\r\n");
    }

    /** @param {string} source */
    #take(source) {
        const header = (/** @type {string} */ name) => new RegExp(`^${name}: (.*)$`, "im").exec(source)?.[1]?.trim() ?? "";
        this.articles.push({ subject: header("subject"), newsgroups: header("newsgroups"), source });
    }

    async stop() {
        this.#sockets.forEach((socket) => socket.destroy());
        this.#server.close();
        await once(this.#server, "close");
    }
}

/** @param {string} command */
function answerTo(command) {
    const [verb = "", name = ""] = command.split(" ");
    switch (verb.toUpperCase()) {
        case "MODE":
            return "200 posting allowed";
        case "GROUP":
            return `211 0 0 0 ${name}`;
        case "POST":
            return "340 go on";
        case "QUIT":
            return "205 bye";
        default:
            return "500 not known";
    }
}
