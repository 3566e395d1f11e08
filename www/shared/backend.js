// @ts-check
// The client of the organisation's server. No Send ever waits for it: a call ends within `TIMEOUT_MS`,
// reads an answer of limited size, and gives a result even after a failure.

import { retryAfter } from "./retry.js";

/**
 * The outcome of a call. `unchanged`: the client has the newest version; `refused`: the token is not valid; `rejected`: this
 * request will never succeed; `unknown`: the server knows no such address; `later`: another try may succeed, at the earliest
 * after `retryAfterMs` if the server named a time.
 *
 * @template T
 * @typedef {{ result: "ok", value: T, etag: string | null }
 *     | { result: "unchanged" | "refused" | "rejected" | "unknown" }
 *     | { result: "later", retryAfterMs: number | null, detail: string }} Answer
 */

/** @typedef {{ url: string, token: string }} BackendConfig */

/**
 * The data that a client keeps of its enrolment.
 *
 * @typedef {{ url: string, token: string, version: string, key: string }} KeptKey
 */

/**
 * Who the client is, and where it stores its key: in the mailbox (Outlook) or in the profile (Thunderbird). Only tests
 * have clients without an `Enrolment`; these send their token instead of a key.
 *
 * @typedef {object} Enrolment
 * @property {"thunderbird" | "outlook"} host
 * @property {string} clientVersion
 * @property {() => Promise<unknown> | unknown} load returns the last value given to `save`, or any other
 *     value if the store is damaged
 * @property {(kept: KeptKey) => Promise<unknown> | unknown} save
 */

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 << 20;

/** Browsers refuse a request that outlives its page and carries more than 64 KiB; a character is three bytes at most. */
const MAX_KEEPALIVE_CHARACTERS = 20_000;

/** Looks up the global `fetch` at each call, since a host may replace it. @type {typeof fetch} */
const ownFetch = (...request) => fetch(...request);

/** @typedef {{ method?: string, headers?: Record<string, string>, body?: string, keepalive?: boolean }} Request */

export class Backend {
    #base;
    #token;
    #fetch;
    #enrolment;
    /** @type {string | null} */
    #key = null;
    /** A second call joins the enrolment that is under way. @type {Promise<Answer<unknown>> | null} */
    #enrolling = null;

    /**
     * @param {BackendConfig} config
     * @param {typeof globalThis.fetch} [fetch]
     * @param {Enrolment | null} [enrolment]
     * @throws {TypeError} if the address is not an `https:` one (`http:` on this machine only, for trials)
     */
    constructor({ url, token }, fetch = ownFetch, enrolment = null) {
        if (typeof url !== "string" || !SAFE_URL.test(url)) {
            throw new TypeError(`backend.url must be an https address: ${url}`);
        }
        if (typeof token !== "string" || !/^[\x21-\x7e]{1,500}$/.test(token)) {
            throw new TypeError("backend.token must be 1 to 500 visible ASCII characters");
        }
        this.#base = url.replace(/\/+$/, "");
        this.#token = token;
        this.#fetch = fetch;
        this.#enrolment = enrolment;
    }

    get url() {
        return this.#base;
    }

    /**
     * The policy of this client's group.
     *
     * @param {string | null} etag of the policy that the client has
     * @returns {Promise<Answer<unknown>>}
     */
    policy(etag) {
        const version = this.#enrolment?.clientVersion;
        return this.#call(`/v1/policy${version ? `?client=${encodeURIComponent(version)}` : ""}`, { headers: etag === null ? {} : { "If-None-Match": etag } });
    }

    /**
     * Sends events. A small batch arrives even if the page is closed before the answer comes.
     *
     * @param {readonly object[]} events at most 1,000
     * @returns {Promise<Answer<unknown>>} `ok` once they are stored
     */
    postEvents(events) {
        const headers = { "Content-Type": "application/json" };
        const body = JSON.stringify({ events });
        const keepalive = body.length <= MAX_KEEPALIVE_CHARACTERS;
        return this.#call("/v1/events", { method: "POST", headers, body, keepalive });
    }

    /**
     * Asks the server what the DNS says about a look-alike domain.
     *
     * @param {string} name in ASCII
     * @returns {Promise<Answer<{ domain: string, exists: boolean, acceptsMail: boolean }>>}
     */
    async domain(name) {
        const answer = await this.#call(`/v1/domains/${encodeURIComponent(name)}`, {});
        if (answer.result !== "ok") {
            return answer;
        }
        const value = /** @type {{ domain: string, exists: boolean, acceptsMail: boolean } | null} */ (answer.value);
        const isEvidence = typeof value?.exists === "boolean" && typeof value.acceptsMail === "boolean";
        return isEvidence ? Object.assign(answer, { value }) : later("the answer has another form");
    }

    /**
     * Enrols the client if necessary. If this happens early, the first report need not wait for it.
     *
     * @returns {Promise<Answer<unknown>>}
     */
    async enrol() {
        if (!this.#enrolment) {
            return { result: "unchanged" };
        }
        this.#key ??= await this.#keptKey(this.#enrolment);
        if (this.#key !== null) {
            return { result: "unchanged" };
        }
        this.#enrolling ??= this.#tradeFirst(this.#enrolment);
        return await this.#enrolling;
    }

    /** @param {Enrolment} enrolment */
    async #tradeFirst(enrolment) {
        try {
            return await this.#trade(enrolment, null);
        } finally {
            this.#enrolling = null;
        }
    }

    /**
     * Sends a request with the client's key, and again with a new key if the server no longer knows the
     * old one.
     *
     * @param {string} path
     * @param {Request} request
     * @returns {Promise<Answer<unknown>>}
     */
    async #call(path, request) {
        const enrolled = await this.enrol();
        if (enrolled.result !== "ok" && enrolled.result !== "unchanged") {
            return enrolled;
        }
        const answer = await this.#send(path, request, this.#key ?? this.#token);
        if (answer.result !== "refused" || !this.#isUnknown || !this.#enrolment) {
            return answer;
        }
        const again = await this.#trade(this.#enrolment, this.#key);
        return again.result === "ok" ? await this.#send(path, request, this.#key ?? this.#token) : again;
    }

    /** Whether the last answer was that the key is unknown (401), and not that the client was shut out (403). */
    #isUnknown = false;

    /** @param {Enrolment} enrolment */
    async #keptKey({ clientVersion, load }) {
        try {
            const kept = /** @type {Partial<KeptKey> | null | undefined} */ (await load());
            const isMine = kept?.url === this.#base && kept.token === this.#token && kept.version === clientVersion;
            return isMine && typeof kept.key === "string" ? kept.key : null;
        } catch {
            return null;
        }
    }

    /**
     * Trades the token for a key. A client that had a key of this server keeps its id.
     *
     * @param {Enrolment} enrolment
     * @param {string | null} unknown a key that the server refuses
     * @returns {Promise<Answer<unknown>>}
     */
    async #trade({ host, clientVersion, load, save }, unknown) {
        /** @type {Partial<KeptKey> | null | undefined} */
        let kept;
        try {
            kept = /** @type {Partial<KeptKey> | null | undefined} */ (await load());
        } catch {
            // If the store fails, it counts as empty.
        }
        const before = kept?.url === this.#base && typeof kept.key === "string" && kept.key !== unknown ? kept.key : undefined;
        const body = JSON.stringify({ host, clientVersion, key: before });
        const headers = { "Content-Type": "application/json" };
        const answer = await this.#send("/v1/enrol", { method: "POST", headers, body }, this.#token);
        const key = answer.result === "ok" ? /** @type {Partial<KeptKey> | null} */ (answer.value)?.key : undefined;
        // A server of an earlier release gives no keys; it accepts the token itself.
        this.#key = typeof key === "string" ? key : null;
        if (this.#key === null) {
            return answer.result === "unknown" || answer.result === "ok" ? { result: "unchanged" } : answer;
        }
        try {
            await save({ url: this.#base, token: this.#token, version: clientVersion, key: this.#key });
        } catch {
            // A client whose key cannot be stored enrols again in its next session.
        }
        return answer;
    }

    /**
     * @param {string} path
     * @param {Request} request
     * @param {string} secret
     * @returns {Promise<Answer<unknown>>}
     */
    async #send(path, { method = "GET", headers = {}, body, keepalive = false }, secret) {
        // Some runtimes of Outlook have no timers; the code that runs there has its own deadline.
        const abort = typeof AbortController === "function" ? new AbortController() : null;
        const timer = typeof setTimeout === "function" ? setTimeout(() => abort?.abort(), TIMEOUT_MS) : undefined;
        try {
            /** @type {RequestInit} */
            const request = {
                method,
                headers: Object.assign({ Authorization: `Bearer ${secret}` }, headers),
                keepalive,
                cache: "no-store",
                credentials: "omit",
                redirect: "error",
                referrerPolicy: "no-referrer",
            };
            if (body !== undefined) {
                request.body = body;
            }
            if (abort) {
                request.signal = abort.signal;
            }
            const response = await this.#fetch(this.#base + path, request);
            this.#isUnknown = response.status === 401;
            return await this.#read(response);
        } catch (error) {
            return later(abort?.signal.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : String(error));
        } finally {
            if (timer !== undefined) {
                clearTimeout(timer);
            }
            // Ends the download of an answer that was not read to its end.
            abort?.abort();
        }
    }

    /**
     * @param {Response} response
     * @returns {Promise<Answer<unknown>>}
     */
    async #read(response) {
        switch (response.status) {
            case 200:
                return {
                    result: "ok",
                    value: JSON.parse(await readText(response)),
                    etag: response.headers.get("ETag"),
                };
            case 304:
                return { result: "unchanged" };
            case 401:
            case 403:
                return { result: "refused" };
            case 400:
            case 413:
            case 422:
                return { result: "rejected" };
            case 404:
                return { result: "unknown" };
            default:
                return later(`HTTP ${response.status}`, retryAfter(response));
        }
    }
}

/** Plain HTTP would send the token unencrypted over the network, so this allows it only to this machine itself. */
const SAFE_URL = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/;

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function readText(response) {
    const reader = response.body?.getReader();
    if (!reader) {
        const text = await response.text();
        if (text.length > MAX_BYTES) {
            throw new RangeError(`more than ${MAX_BYTES} bytes`);
        }
        return text;
    }
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let bytes = 0;
    for (;;) {
        const { done, value } = await reader.read();
        if (done) {
            return text + decoder.decode();
        }
        bytes += value.length;
        if (bytes > MAX_BYTES) {
            throw new RangeError(`more than ${MAX_BYTES} bytes`);
        }
        text += decoder.decode(value, { stream: true });
    }
}

/**
 * @param {string} detail
 * @param {number | null} retryAfterMs
 * @returns {{ result: "later", retryAfterMs: number | null, detail: string }}
 */
function later(detail, retryAfterMs = null) {
    return { result: "later", retryAfterMs, detail };
}
