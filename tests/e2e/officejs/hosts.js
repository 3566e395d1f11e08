// @ts-check
// The hosts of a scenario on Office.js as one real server on this machine: Outlook on the web, the add-in's host and
// Microsoft's for Office.js. Chromium caches the files of a server and compiles them once; files that a test hands over
// request by request, it compiles anew for each frame.

import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const PACKAGE = "target/tools/officejs/node_modules/@microsoft/office-js/dist";
const FOLDER = "/lib/1/hosted/";
/** @type {Record<string, string>} */
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".png": "image/png" };

/** A host that Office.js trusts. */
export const HOST = "https://outlook.office.com";
/** A host that Office.js does not know: an Exchange server on premises. */
export const ON_PREMISES = "https://mail.example.mil";
export const ADDIN = "https://addins.example.mil";
export const OFFICE = "https://appsforoffice.microsoft.com";

/** The files at the window's origin that replace the simulation's own. */
const REPLACED = Object.freeze(
    /** @type {Record<string, string>} */ ({
        "/try/outlook/addin.js": "tests/e2e/officejs/addin.js",
        "/try/outlook/pane.js": "tests/e2e/officejs/pane.js",
        "/officejs/addin.js": "tests/e2e/officejs/addin.js",
        "/officejs/bridge.js": "tests/e2e/officejs/bridge.js",
        "/officejs/calls.js": "tests/e2e/officejs/calls.js",
        "/officejs/native.js": "tests/e2e/officejs/native.js",
        "/officejs/simulated-addin.js": "www/try/outlook/addin.js",
        "/officejs/simulated-pane.js": "www/try/outlook/pane.js",
        "/officejs/keyboard.js": "www/try/outlook/keyboard.js",
    }),
);

/** @typedef {http.IncomingMessage} Request */
/** @typedef {http.ServerResponse} Response */

export class Hosts {
    /** Where the add-in's own files are at the server: below a deployment's path, if it has one. */
    below = "";
    #origin;
    #server;
    #agent;
    #hash;

    /**
     * @param {string} origin of `milguard serve`
     * @param {{ key: string, cert: string }} identity
     */
    constructor(origin, identity) {
        this.#origin = origin;
        const options = { keepAlive: true, rejectUnauthorized: false };
        this.#agent = origin.startsWith("https:") ? new https.Agent(options) : new http.Agent(options);
        const key = new X509Certificate(identity.cert).publicKey.export({ type: "spki", format: "der" });
        this.#hash = createHash("sha256").update(key).digest("base64");
        this.#server = https.createServer(identity, (request, response) => {
            this.#answer(request, response).catch((error) => response.destroy(error));
        });
    }

    /** @param {string} origin of `milguard serve` */
    static async start(origin) {
        const hosts = new Hosts(origin, await makeIdentity());
        hosts.#server.listen(0, "127.0.0.1");
        await once(hosts.#server, "listening");
        return hosts;
    }

    /** The flags with which Chromium finds these hosts, trusts their certificate, and finds no other host. */
    get flags() {
        const { port } = /** @type {import("node:net").AddressInfo} */ (this.#server.address());
        const names = [HOST, ON_PREMISES, ADDIN, OFFICE].map((origin) => new URL(origin).host);
        const rules = names.map((name) => `MAP ${name}:443 127.0.0.1:${port}`);
        return [
            `--host-resolver-rules=${[...rules, "MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"].join(",")}`,
            `--ignore-certificate-errors-spki-list=${this.#hash}`,
        ];
    }

    stop() {
        this.#agent.destroy();
        this.#server.closeAllConnections();
        this.#server.close();
    }

    /**
     * @param {Request} request
     * @param {Response} response
     */
    async #answer(request, response) {
        const origin = `https://${request.headers.host}`;
        const { pathname } = new URL(request.url ?? "", origin);
        if (origin === OFFICE) {
            await answerFile(response, officeFile(pathname));
        } else if (origin === ADDIN) {
            const isOwn = pathname.startsWith("/outlook/");
            this.#pass(request, response, isOwn ? this.below : "");
        } else if (REPLACED[pathname] !== undefined) {
            await answerFile(response, REPLACED[pathname]);
        } else {
            // The window's own content security policy allows no frames of another origin.
            this.#pass(request, response, "", ["content-security-policy"]);
        }
    }

    /**
     * Passes a request on to `milguard serve`.
     *
     * @param {Request} request
     * @param {Response} response
     * @param {string} below
     * @param {readonly string[]} without headers that the answer loses
     */
    #pass(request, response, below, without = []) {
        const { method, headers, url } = request;
        const { request: ask } = this.#origin.startsWith("https:") ? https : http;
        const asked = ask(this.#origin + below + url, {
            method,
            headers: { ...headers, host: new URL(this.#origin).host },
            agent: this.#agent,
        });
        asked.on("response", (answer) => {
            const kept = Object.entries(answer.headers).filter(([name]) => !without.includes(name));
            response.writeHead(answer.statusCode ?? 500, Object.fromEntries(kept));
            answer.pipe(response);
        });
        asked.on("error", () => response.destroy());
        request.pipe(asked);
    }
}

/** Microsoft's host takes names in either case. @param {string} pathname */
function officeFile(pathname) {
    return pathname.startsWith(FOLDER) ? path.join(PACKAGE, pathname.replace(FOLDER, "").toLowerCase()) : undefined;
}

/**
 * @param {Response} response
 * @param {string | undefined} file
 */
async function answerFile(response, file) {
    if (file === undefined || !existsSync(file)) {
        response.writeHead(404).end();
        return;
    }
    const type = TYPES[path.extname(file)] ?? "application/octet-stream";
    const headers = { "Content-Type": type, "Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=3600" };
    response.writeHead(200, headers).end(await readFile(file));
}

/** Makes a key and a self-signed certificate. */
async function makeIdentity() {
    const folder = await mkdtemp(path.join(tmpdir(), "milguard-hosts-"));
    const [key = "", cert = ""] = ["key.pem", "cert.pem"].map((name) => path.join(folder, name));
    try {
        await promisify(execFile)("openssl", [
            ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
            ...["-keyout", key, "-out", cert, "-subj", "/CN=Hosts of the tests"],
        ]);
        return { key: await readFile(key, "utf8"), cert: await readFile(cert, "utf8") };
    } finally {
        await rm(folder, { recursive: true });
    }
}

/** Fails if Office.js is not installed. */
export function requireOfficejs() {
    if (!existsSync(`${PACKAGE}/office.js`)) {
        throw new Error(`${PACKAGE} is missing: run scripts/install-officejs`);
    }
}
