// @ts-check
// The page of the web runtimes: it loads Office.js and the same script, and sends waiting events before it is
// removed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import vm from "node:vm";

import { KEY_KEY } from "../../www/outlook/enrolment.js";
import { SPOOL_KEY } from "../../www/outlook/spool.js";

const html = readFileSync("www/outlook/commands.html", "utf8");

it("the page loads Office.js, then the scripts, in order and before anything else, and has no inline script", () => {
    const scripts = [...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    assert.deepEqual(
        scripts.map(([, attributes = "", text]) => [/src="([^"]*)"/.exec(attributes)?.[1], /\b(?:type|async|defer)\b/.test(attributes), text]),
        [
            ["ajax.js", false, ""],
            ["https://appsforoffice.microsoft.com/lib/1/hosted/office.js", false, ""],
            ["delivery.js", false, ""],
            ["launchevent.js", false, ""],
            ["ready.js", false, ""],
        ],
    );
});

it("the page sends waiting events in a request that outlives the page, and forgets those that the server took", async () => {
    const backend = { url: "https://milguard.example.mil", token: "t0ken" };
    const kept = { ...backend, version: "1.2.3", key: "mg_client_1" };
    const stored = new Map([[KEY_KEY, JSON.stringify(kept)], [SPOOL_KEY, JSON.stringify({ events: [{ id: "a" }], dropped: 0, failures: 0, notBefore: 0 })]]);
    const roamingSettings = {
        get: (/** @type {string} */ key) => stored.get(key),
        set: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
        saveAsync: (/** @type {(result: object) => void} */ callback) => setImmediate(callback, { status: "succeeded" }),
    };
    /** @type {[string, any][]} */
    const requests = [];
    const context = vm.createContext({
        Office: { context: { roamingSettings } },
        AbortController,
        performance,
        setTimeout,
        clearTimeout,
        TextDecoder,
        async fetch(/** @type {string} */ url, /** @type {any} */ request) {
            requests.push([url, request]);
            return Response.json({});
        },
    });
    vm.runInContext(readFileSync("dist/outlook/delivery.js", "utf8"), context);
    const { milguardPage } = context;
    assert.ok(Math.abs(milguardPage.openedAt - performance.timeOrigin) < 1000);
    const delivered = milguardPage.deliver(backend, "1.2.3");
    // The request begins at once.
    await Promise.resolve().then(() => new Promise((resolve) => process.nextTick(resolve)));
    assert.equal(requests.length, 1);
    await delivered;
    const [url, request] = /** @type {[string, any]} */ (requests[0]);
    assert.equal(url, "https://milguard.example.mil/v1/events");
    assert.deepEqual([request.keepalive, request.headers.Authorization], [true, "Bearer mg_client_1"]);
    assert.deepEqual(JSON.parse(request.body), { events: [{ id: "a" }] });
    assert.deepEqual(JSON.parse(String(stored.get(SPOOL_KEY))).events, []);
});

it("sending events never fails with an exception, whatever the configuration is", async () => {
    const context = vm.createContext({ Office: { context: {} }, performance });
    vm.runInContext(readFileSync("dist/outlook/delivery.js", "utf8"), context);
    for (const backend of [null, {}, { url: "http://example.mil", token: "x" }, { url: "https://example.mil", token: "x" }]) {
        assert.equal(await context.milguardPage.deliver(backend), undefined);
    }
});
