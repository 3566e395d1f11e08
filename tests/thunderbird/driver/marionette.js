// @ts-check
// A client for Marionette, the protocol by which Mozilla's programs are driven from outside: packets
// `<length>:<JSON>`, a command `[0, id, name, parameters]`, its answer `[1, id, error, result]`.

import { once } from "node:events";
import { connect } from "node:net";

/** The longest time for the answer of a script. It is longer than any wait inside a script. */
const SCRIPT_TIMEOUT_MS = 110_000;

export class Marionette {
    /** @type {import("node:net").Socket} */
    #socket;
    #buffer = Buffer.alloc(0);
    #lastId = 0;
    /** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
    #pending = new Map();

    /** @param {import("node:net").Socket} socket */
    constructor(socket) {
        this.#socket = socket;
        socket.on("data", (chunk) => this.#receive(chunk));
        // When Thunderbird ends, it closes the connection without a message.
        socket.on("error", () => {});
        socket.on("close", () => {
            for (const { reject } of this.#pending.values()) {
                reject(new Error("Thunderbird has ended"));
            }
            this.#pending.clear();
        });
    }

    /**
     * @param {number} port
     * @returns {Promise<Marionette>} with a session in the main process
     */
    static async connect(port) {
        const socket = connect(port, "127.0.0.1");
        socket.setNoDelay(true);
        await once(socket, "connect");
        const marionette = new Marionette(socket);
        await marionette.#call("WebDriver:NewSession", {});
        await marionette.#call("WebDriver:SetTimeouts", { script: SCRIPT_TIMEOUT_MS });
        await marionette.#call("Marionette:SetContext", { value: "chrome" });
        return marionette;
    }

    /**
     * Runs the body of an async function in Thunderbird's main process.
     *
     * @param {string} body
     * @param {...unknown} args its `args`
     * @returns {Promise<any>} its result, which JSON must be able to express
     */
    async run(body, ...args) {
        const script = `const resolve = arguments[arguments.length - 1];
            const args = Array.from(arguments).slice(0, -1);
            (async () => { ${body} })().then(
                (value) => resolve({ value: value ?? null }),
                (error) => resolve({ error: String(error), stack: error?.stack ?? "" }));`;
        const answer = await this.#call("WebDriver:ExecuteAsyncScript", {
            script,
            args,
            sandbox: "system",
        });
        if (answer?.value?.error !== undefined) {
            throw new Error(`in Thunderbird: ${answer.value.error}\n${answer.value.stack}`);
        }
        return answer?.value?.value ?? null;
    }

    close() {
        this.#socket.destroy();
    }

    /**
     * @param {string} name
     * @param {object} parameters
     * @returns {Promise<any>}
     */
    #call(name, parameters) {
        this.#lastId += 1;
        const id = this.#lastId;
        const packet = Buffer.from(JSON.stringify([0, id, name, parameters]));
        return new Promise((resolve, reject) => {
            if (this.#socket.destroyed) {
                reject(new Error("Thunderbird has ended"));
                return;
            }
            this.#pending.set(id, { resolve, reject });
            this.#socket.write(Buffer.concat([Buffer.from(`${packet.length}:`), packet]));
        });
    }

    /** @param {Buffer} chunk */
    #receive(chunk) {
        this.#buffer = Buffer.concat([this.#buffer, chunk]);
        for (;;) {
            const colon = this.#buffer.indexOf(":");
            if (colon < 0) {
                return;
            }
            const end = colon + 1 + Number(this.#buffer.subarray(0, colon).toString());
            if (this.#buffer.length < end) {
                return;
            }
            const packet = JSON.parse(this.#buffer.subarray(colon + 1, end).toString());
            this.#buffer = this.#buffer.subarray(end);
            // The first packet is a greeting and not an answer.
            if (Array.isArray(packet)) {
                this.#answer(packet);
            }
        }
    }

    /** @param {any[]} packet */
    #answer([, id, error, result]) {
        const waiting = this.#pending.get(id);
        this.#pending.delete(id);
        if (error) {
            waiting?.reject(new Error(`Marionette: ${error.error}: ${error.message}`));
        } else {
            waiting?.resolve(result);
        }
    }
}
