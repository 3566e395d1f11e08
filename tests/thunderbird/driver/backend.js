// @ts-check
// A minimal backend for the add-in: it hands out a policy, takes events and answers about domains. It uses HTTP, which
// the add-in accepts only from this machine. With HTTPS, each test would take longer: Thunderbird trusts the tests'
// authority only some time after its start, and if a report fails before that, the add-in waits half a minute before it
// repeats the report.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * @typedef {{ id: string, message: string, action: string, host: string, severity: string, reasons: string[],
 *     domain?: string, address?: string, justification?: string }} Event
 */

export class Backend {
    /** @type {import("node:http").Server | undefined} */
    #server;
    #port = 0;
    token = "enrolment-token";
    /** The policy to hand out: text, so that it may be garbage. */
    policy = "{}";
    /** @type {Event[]} */
    events = [];
    /** The answer to events: `take` or a status that refuses. */
    /** @type {"take" | number} */
    answer = "take";
    /** Every request as `METHOD path status`. */
    /** @type {string[]} */
    requests = [];
    /** Domains, and whether they accept mail. */
    /** @type {Record<string, boolean>} */
    domains = {};
    /** Answers about domains wait for this promise. */
    domainsKnown = Promise.resolve();

    get url() {
        return `http://127.0.0.1:${this.#port}/milguard`;
    }

    async start() {
        await this.listen();
        return this;
    }

    /** Listens, on the port that it had before. */
    async listen() {
        this.#server = createServer((request, response) => void this.#serve(request, response));
        this.#server.listen(this.#port, "127.0.0.1");
        await once(this.#server, "listening");
        const address = this.#server.address();
        this.#port = typeof address === "object" && address ? address.port : 0;
    }

    /** Stops listening: connections are refused. */
    async die() {
        const server = this.#server;
        this.#server = undefined;
        if (server) {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
        }
    }

    async stop() {
        await this.die();
    }

    /** @param {string} what the beginning of a request, such as `GET /v1/policy 200` */
    count(what) {
        return this.requests.filter((request) => request.startsWith(what)).length;
    }

    /**
     * @param {import("node:http").IncomingMessage} request
     * @param {import("node:http").ServerResponse} response
     */
    async #serve(request, response) {
        const url = (request.url ?? "").replace(/^\/milguard/, "");
        const { method = "", headers } = request;
        /** @type {[status: number, body: string, headers?: Record<string, string>]} */
        let answer;
        if (method === "OPTIONS") {
            answer = [204, ""];
        } else if (headers.authorization !== `Bearer ${this.token}`) {
            answer = [401, ""];
        } else if (url === "/v1/policy") {
            const etag = `"${createHash("sha256").update(this.policy).digest("hex")}"`;
            const isKnown = headers["if-none-match"] === etag;
            answer = isKnown ? [304, "", { ETag: etag }] : [200, this.policy, { ETag: etag }];
        } else if (url === "/v1/events" && method === "POST") {
            answer = this.#take(await text(request));
        } else if (url.startsWith("/v1/domains/")) {
            await this.domainsKnown;
            const domain = decodeURIComponent(url.slice("/v1/domains/".length));
            const acceptsMail = this.domains[domain];
            answer =
                acceptsMail === undefined
                    ? [404, ""]
                    : [200, JSON.stringify({ domain, exists: true, acceptsMail })];
        } else {
            answer = [404, ""];
        }
        const [status, body, more] = answer;
        this.requests.push(`${method} ${url} ${status}`);
        response.writeHead(status, {
            "Content-Type": "application/json",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Headers": "*, Authorization",
            "Access-Control-Expose-Headers": "ETag, Retry-After",
            ...more,
        });
        response.end(body);
    }

    /**
     * @param {string} body
     * @returns {[number, string]}
     */
    #take(body) {
        if (this.answer !== "take") {
            return [this.answer, ""];
        }
        const { events } = JSON.parse(body);
        this.events.push(...events);
        return [200, JSON.stringify({ accepted: events.length })];
    }
}

/** @param {import("node:http").IncomingMessage} request */
async function text(request) {
    /** @type {Buffer[]} */
    const chunks = [];
    for await (const chunk of request) {
        chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString();
}
