// @ts-check
// The page of the web runtimes: it loads Office.js and the same script, and sends what waits, in nobody's way.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { SPOOL_KEY } from "../../www/outlook/spool.js";

const html = readFileSync("www/outlook/commands.html", "utf8");

it("loads Office.js, then the script at Send, before anything else, and nothing inline", () => {
    const scripts = [...html.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)];
    assert.deepEqual(
        scripts.map(([, attributes = "", text]) => [/src="([^"]*)"/.exec(attributes)?.[1], /\b(?:type|async|defer)\b[^ >]*/.exec(attributes)?.[0], text]),
        [
            ["https://appsforoffice.microsoft.com/lib/1/hosted/office.js", undefined, ""],
            ["ready.js", undefined, ""],
            ["launchevent.js", undefined, ""],
            ["commands.js", 'type="module"', ""],
        ],
    );
});

it("sends what the script has left, once Office is ready and Send has had its time", async (context) => {
    const stored = new Map([[SPOOL_KEY, JSON.stringify({ events: [{ id: "a" }], dropped: 0, failures: 0, notBefore: 0 })]]);
    /** @type {() => void} */
    let start = () => {};
    const roamingSettings = {
        get: (/** @type {string} */ key) => stored.get(key),
        set: (/** @type {string} */ key, /** @type {string} */ value) => stored.set(key, value),
        saveAsync: (/** @type {(result: object) => void} */ callback) => setImmediate(callback, { status: "succeeded" }),
    };
    Object.assign(globalThis, {
        Office: { onReady: (/** @type {() => void} */ ready) => (start = ready), context: { roamingSettings } },
    });
    context.after(() => Reflect.deleteProperty(globalThis, "Office"));
    /** @type {[string, any][]} */
    const requests = [];
    const last = () => requests.at(-1) ?? ["", {}];
    context.mock.method(globalThis, "fetch", async (/** @type {URL | string} */ url, /** @type {any} */ request) => {
        requests.push([String(url), request]);
        const backend = { url: "https://milguard.example.mil", token: "t0ken" };
        return Response.json(String(url).endsWith("config.json") ? { backend } : {});
    });
    context.mock.timers.enable({ apis: ["setTimeout"] });
    await import("../../www/outlook/commands.js");
    context.mock.timers.tick(60_000);
    assert.deepEqual(requests, [], "nothing before Office is ready");
    start();
    context.mock.timers.tick(1000);
    assert.deepEqual(requests, [], "nothing while Send may be waiting");
    context.mock.timers.tick(1000);
    for (let turn = 0; turn < 50 && JSON.parse(String(stored.get(SPOOL_KEY))).events.length > 0; turn += 1) {
        await new Promise((resolve) => setImmediate(resolve));
    }
    const [url, request] = last();
    assert.equal(url, "https://milguard.example.mil/v1/events");
    assert.equal(request.headers.Authorization, "Bearer t0ken");
    assert.deepEqual(JSON.parse(request.body), { events: [{ id: "a" }] });
    assert.deepEqual(JSON.parse(String(stored.get(SPOOL_KEY))).events, []);
});
