// @ts-check
// The organisation's server, as clients talk to it. Nothing here is ever on the way of a send: a call takes no longer
// than `TIMEOUT_MS`, reads no more than its bound, and gives a result whatever happens.

/**
 * How a call went: `refused` says that the token is not (or no longer) good, `rejected` that this very request never
 * will be, `later` that it is worth trying again, at the earliest after `retryAfterMs` where the server asked for that.
 *
 * @template T
 * @typedef {{ result: "ok", value: T, etag: string | null }
 *     | { result: "unchanged" | "refused" | "rejected" | "unknown" }
 *     | { result: "later", retryAfterMs: number | null, detail: string }} Answer
 */

/** @typedef {{ url: string, token: string }} BackendConfig */

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 4 << 20;

/** Longer would be a server that tells its clients to go away. */
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

export class Backend {
    #base;
    #token;
    #fetch;

    /**
     * @param {BackendConfig} config
     * @param {typeof globalThis.fetch} [fetch]
     * @throws {TypeError} where the address is no `https:` one (`http:` on this machine only, for trials)
     */
    constructor({ url, token }, fetch = (...request) => globalThis.fetch(...request)) {
        if (typeof url !== "string" || !SAFE_URL.test(url)) {
            throw new TypeError(`backend.url must be an https address: ${url}`);
        }
        if (typeof token !== "string" || !/^[\x21-\x7e]{1,500}$/.test(token)) {
            throw new TypeError("backend.token must be 1 to 500 visible ASCII characters");
        }
        this.#base = url.replace(/\/+$/, "");
        this.#token = token;
        this.#fetch = fetch;
    }

    get url() {
        return this.#base;
    }

    /**
     * The policy of this client's group.
     *
     * @param {string | null} etag of the one that is known
     * @returns {Promise<Answer<unknown>>}
     */
    policy(etag) {
        return this.#call("/v1/policy", { headers: etag === null ? {} : { "If-None-Match": etag } });
    }

    /**
     * @param {readonly object[]} events at most 1,000
     * @returns {Promise<Answer<unknown>>} `ok` once they are stored
     */
    postEvents(events) {
        const headers = { "Content-Type": "application/json" };
        return this.#call("/v1/events", { method: "POST", headers, body: JSON.stringify({ events }) });
    }

    /**
     * What DNS says of a look-alike domain.
     *
     * @param {string} name in ASCII
     * @returns {Promise<Answer<{ domain: string, exists: boolean, acceptsMail: boolean }>>}
     */
    async domain(name) {
        const answer = await this.#call(`/v1/domains/${encodeURIComponent(name)}`, {});
        if (answer.result !== "ok") {
            return answer;
        }
        const value = /** @type {any} */ (answer.value);
        const isEvidence = typeof value?.exists === "boolean" && typeof value.acceptsMail === "boolean";
        return isEvidence ? { ...answer, value } : later("not what was asked for");
    }

    /**
     * @param {string} path
     * @param {{ method?: string, headers?: Record<string, string>, body?: string }} request
     * @returns {Promise<Answer<unknown>>}
     */
    async #call(path, { method = "GET", headers = {}, body }) {
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
        try {
            const response = await this.#fetch(this.#base + path, {
                method,
                headers: { ...headers, Authorization: `Bearer ${this.#token}` },
                ...(body === undefined ? {} : { body }),
                cache: "no-store",
                credentials: "omit",
                redirect: "error",
                referrerPolicy: "no-referrer",
                signal: abort.signal,
            });
            return await this.#read(response);
        } catch (error) {
            return later(abort.signal.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : String(error));
        } finally {
            clearTimeout(timer);
            // What is left of an answer that was not read to its end.
            abort.abort();
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

/** Plain HTTP would send the token in the clear, except to this machine itself. */
const SAFE_URL = /^(https:\/\/[^\s/?#@]+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?)(\/[^\s?#]*)?$/;

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function readText(response) {
    const reader = response.body?.getReader();
    if (!reader) {
        return await response.text();
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
 * RFC 9110, section 10.2.3: seconds, or a date.
 *
 * @param {Response} response
 */
function retryAfter(response) {
    const text = response.headers.get("Retry-After") ?? "";
    const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
    return ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : null;
}

/**
 * @param {string} detail
 * @param {number | null} retryAfterMs
 * @returns {{ result: "later", retryAfterMs: number | null, detail: string }}
 */
function later(detail, retryAfterMs = null) {
    return { result: "later", retryAfterMs, detail };
}
