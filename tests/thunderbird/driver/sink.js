// @ts-check
// An SMTP server that keeps every message with its envelope. The tests check its messages and their
// recipients.

import { once } from "node:events";

import { SMTPServer } from "smtp-server";

/**
 * @typedef {object} Arrived
 * @property {string} subject
 * @property {string} from of the envelope
 * @property {string[]} to of the envelope, sorted
 * @property {string} source the message as it came
 * @property {number} at when its last byte arrived
 * @property {boolean} isExpected whether a test has waited for it
 */

export class Sink {
    /** @type {Arrived[]} */
    messages = [];
    #server;
    /** @type {Set<() => void>} */
    #listeners = new Set();
    port = 0;
    #isRefusing = false;

    constructor() {
        this.#server = new SMTPServer({
            disabledCommands: ["AUTH", "STARTTLS"],
            authOptional: true,
            disableReverseLookup: true,
            onMailFrom: (_, __, done) =>
                done(this.#isRefusing ? Object.assign(new Error("no mail today"), { responseCode: 554 }) : null),
            onData: (stream, { envelope }, done) => {
                /** @type {Buffer[]} */
                const chunks = [];
                stream.on("data", (chunk) => chunks.push(chunk));
                stream.on("end", () => {
                    const at = Date.now();
                    const source = Buffer.concat(chunks).toString();
                    this.messages.push({
                        subject: /^subject: (.*)$/im.exec(source)?.[1]?.trim() ?? "",
                        from: envelope.mailFrom ? envelope.mailFrom.address : "",
                        to: envelope.rcptTo.map(({ address }) => address).sort(),
                        source,
                        at,
                        isExpected: false,
                    });
                    done();
                    this.#listeners.forEach((listener) => listener());
                });
            },
        });
    }

    async start() {
        this.#server.listen(0, "127.0.0.1");
        const { server } = this.#server;
        await once(server, "listening");
        this.port = /** @type {import("node:net").AddressInfo} */ (server.address()).port;
        return this;
    }

    /**
     * @param {string} subject
     * @returns {Arrived[]}
     */
    all(subject) {
        return this.messages.filter((message) => message.subject === subject);
    }

    /**
     * @param {string} subject
     * @param {number} [timeoutMs]
     * @returns {Promise<Arrived>}
     */
    wait(subject, timeoutMs = 90_000) {
        return new Promise((resolve, reject) => {
            const look = () => {
                const found = this.all(subject)[0];
                if (found) {
                    clearTimeout(timer);
                    this.#listeners.delete(look);
                    found.isExpected = true;
                    resolve(found);
                }
            };
            const timer = setTimeout(() => {
                this.#listeners.delete(look);
                reject(new Error(`"${subject}" did not arrive in ${timeoutMs} ms`));
            }, timeoutMs);
            this.#listeners.add(look);
            look();
        });
    }

    /** @param {boolean} isRefusing whether no message is taken */
    refuse(isRefusing) {
        this.#isRefusing = isRefusing;
    }

    /**
     * Waits until a message has arrived for all recipients, in however many parts.
     *
     * @param {string} subject
     * @param {string[]} to
     */
    async waitFor(subject, to) {
        const arrived = () => this.all(subject).flatMap((message) => message.to).sort();
        const end = Date.now() + 20_000;
        while (arrived().join() !== [...to].sort().join()) {
            if (Date.now() > end) {
                throw new Error(`"${subject}" has arrived only for ${arrived()}`);
            }
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        this.all(subject).forEach((message) => {
            message.isExpected = true;
        });
    }

    /** Messages that no test has waited for, and that were therefore sent without a question. Each message is given once. */
    takeStrays() {
        const strays = this.messages.filter(({ isExpected }) => !isExpected);
        strays.forEach((message) => {
            message.isExpected = true;
        });
        return strays.map(({ to, source }) => ({ to, source: source.slice(0, 500) }));
    }

    stop() {
        return new Promise((resolve) => {
            this.#server.close(() => resolve(undefined));
        });
    }
}
