// @ts-check
// The client of the organisation's server, with servers that behave and servers that do not.

import assert from "node:assert/strict";
import { it } from "node:test";

import { Backend } from "../../www/shared/backend.js";
import { serve } from "./server.js";

const TOKEN = "secret-token";

/**
 * @param {import("node:test").TestContext} context
 * @param {(response: import("node:http").ServerResponse) => void} answer
 */
async function start(context, answer) {
    const { url, requests } = await serve(context, (_, response) => answer(response));
    return { requests, backend: new Backend({ url, token: TOKEN }) };
}

it("the client fetches a policy, and asks whether the known one is still current", async (context) => {
    const { url, requests } = await serve(context, ({ headers }, response) => {
        if (headers["if-none-match"] === '"v7"') {
            response.writeHead(304).end();
        } else {
            response.writeHead(200, { ETag: '"v7"' }).end('{"id":"unit","version":7}');
        }
    });
    const backend = new Backend({ url: `${url}/mail/`, token: TOKEN });
    assert.deepEqual(await backend.policy(null), { result: "ok", value: { id: "unit", version: 7 }, etag: '"v7"' });
    assert.deepEqual(await backend.policy('"v7"'), { result: "unchanged" });
    assert.deepEqual(
        requests.map(({ method, path, headers }) => [method, path, headers.authorization]),
        [1, 2].map(() => ["GET", "/mail/v1/policy", `Bearer ${TOKEN}`]),
    );
});

it("the client posts events as one JSON object", async (context) => {
    const { requests, backend } = await start(context, (response) => void response.end('{"accepted":1}'));
    assert.equal((await backend.postEvents([{ id: "a" }])).result, "ok");
    assert.equal(requests[0]?.path, "/v1/events");
    assert.equal(requests[0]?.headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), { events: [{ id: "a" }] });
});

it("the client asks about a domain and sends nothing but its name", async (context) => {
    const evidence = { domain: "army.ml", exists: true, acceptsMail: false };
    const { requests, backend } = await start(context, (response) => void response.end(JSON.stringify(evidence)));
    assert.deepEqual(await backend.domain("army.ml"), { result: "ok", value: evidence, etag: null });
    await backend.domain("../policy?x=#");
    assert.deepEqual(
        requests.map(({ path }) => path),
        ["/v1/domains/army.ml", "/v1/domains/..%2Fpolicy%3Fx%3D%23"],
    );
});

for (const [status, result] of /** @type {[number, string][]} */ ([
    [401, "refused"],
    [403, "refused"],
    [404, "unknown"],
    [400, "rejected"],
    [413, "rejected"],
    [422, "rejected"],
    [500, "later"],
    [503, "later"],
    [201, "later"],
])) {
    it(`the client takes HTTP ${status} as "${result}"`, async (context) => {
        const { backend } = await start(context, (response) => void response.writeHead(status).end("{}"));
        assert.equal((await backend.policy(null)).result, result);
    });
}

it("the client waits as long as the server asks it to", async (context) => {
    for (const [text, expected] of /** @type {[string, number | null][]} */ ([
        ["120", 120_000],
        ["99999999", 86_400_000],
        ["soon", null],
        ["-5", null],
    ])) {
        const { backend } = await start(context, (response) => void response.writeHead(429, { "Retry-After": text }).end());
        assert.deepEqual(await backend.policy(null), { result: "later", retryAfterMs: expected, detail: "HTTP 429" }, text);
    }
    const { backend } = await start(context, (response) => {
        response.writeHead(503, { "Retry-After": new Date(Date.now() + 60_000).toUTCString() }).end();
    });
    const answer = await backend.policy(null);
    assert.ok(answer.result === "later" && Math.abs((answer.retryAfterMs ?? 0) - 60_000) < 5000);
});

/** @type {[string, (response: import("node:http").ServerResponse) => void][]} */
const BROKEN = [
    ["an answer that is not JSON", (response) => void response.end("<html>Sign in</html>")],
    ["an answer that is not UTF-8", (response) => void response.end(Buffer.from([0x22, 0xff, 0x22]))],
    ["half an answer", (response) => void response.writeHead(200, { "Content-Length": 100 }).write("{", () => response.destroy())],
    ["an answer without end", flood],
    ["a redirection", (response) => void response.writeHead(302, { Location: "https://elsewhere.example/" }).end()],
    ["no answer", (response) => void response.destroy()],
];
for (const [name, answer] of BROKEN) {
    it(`the client tries later after ${name}`, async (context) => {
        const { backend } = await start(context, answer);
        for (const call of [backend.policy(null), backend.postEvents([]), backend.domain("army.ml")]) {
            assert.equal((await call).result, "later");
        }
    });
}

/** @param {import("node:http").ServerResponse} response */
function flood(response) {
    const chunk = Buffer.alloc(1 << 20, 0x20);
    const pour = () => !response.destroyed && response.write(chunk, pour);
    pour();
}

it("the client ignores evidence without its members", async (context) => {
    const { backend } = await start(context, (response) => void response.end('{"domain":"army.ml"}'));
    assert.equal((await backend.domain("army.ml")).result, "later");
});

it("the client gives up on a server that never answers", async (context) => {
    const { backend, requests } = await start(context, () => {});
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const call = backend.policy(null);
    while (requests.length === 0) {
        await new Promise((resolve) => setImmediate(resolve));
    }
    context.mock.timers.tick(10_000);
    assert.deepEqual(await call, { result: "later", retryAfterMs: null, detail: "no answer in 10 s" });
});

it("the client never sends its token unencrypted", () => {
    const fetch = () => assert.fail("asked");
    for (const url of ["http://mail.example", "https://", "https://user:pass@mail.example", "file:///x", "", "javascript:0"]) {
        assert.throws(() => new Backend({ url, token: TOKEN }, fetch), /backend\.url/, url);
    }
    for (const token of ["", "two words", "line\nbreak", "\u{e4}", "x".repeat(501)]) {
        assert.throws(() => new Backend({ url: "https://mail.example", token }, fetch), /backend\.token/);
    }
    assert.throws(() => new Backend(/** @type {any} */ ({})), TypeError);
    for (const url of ["https://mail.example:8443/x/", "http://localhost:8080", "http://127.0.0.1"]) {
        assert.equal(new Backend({ url, token: TOKEN }).url, url.replace(/\/$/, ""));
    }
});
