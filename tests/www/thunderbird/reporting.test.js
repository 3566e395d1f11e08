// @ts-check
// The reports about a decision that reach the organisation's server, and when.

import assert from "node:assert/strict";
import { it } from "node:test";

import { serve } from "../server.js";
import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

const realFetch = globalThis.fetch;
globalThis.fetch = /** @type {any} */ (
    (/** @type {any} */ url, /** @type {any} */ init) => (String(url).startsWith("http") ? realFetch(url, init) : fetchFile(url))
);
let fake = fakeMessenger();
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });

let restarts = 0;
const KEY = "mg_client_1";
const DECISION = {
    message: "5b0e6d1c-2f3a-4b5c-8d7e-9f0a1b2c3d4e",
    action: "sent-anyway",
    recipients: [{ address: "bob@army.ml", severity: "warn", reasons: ["suffix-typo"], domain: "army.ml" }],
};

/**
 * @param {import("node:test").TestContext} context
 * @param {string} reporting
 */
async function start(context, reporting) {
    const state = { status: 200 };
    const { url, requests } = await serve(context, (_, response) => void response.writeHead(state.status).end("{}"), { key: KEY });
    fake = fakeMessenger();
    const managed = { policy: { id: "unit", version: 7, reporting }, backend: { url, token: "token" } };
    fake.messenger.storage.managed.get = /** @type {any} */ (async () => managed);
    /** @returns {Promise<any>} */
    const load = () => import(new URL(`thunderbird/reporting.js?${(restarts += 1)}`, ADDIN).href);
    return { state, requests, load, managed };
}

it("the add-in reports what the policy allows", async (context) => {
    const { requests, load } = await start(context, "domain");
    await (await load()).report(DECISION);
    assert.equal(requests[0]?.headers.authorization, `Bearer ${KEY}`);
    const [event] = JSON.parse(requests[0]?.body ?? "").events;
    const { id, time, ...rest } = event;
    assert.match(id + time, /^[\da-f-]{36}20/);
    assert.deepEqual(rest, {
        message: DECISION.message,
        host: "thunderbird",
        clientVersion: "0.1.0",
        policy: { id: "unit", version: 7 },
        action: "sent-anyway",
        severity: "warn",
        reasons: ["suffix-typo"],
        domain: "army.ml",
    });
});

it("the add-in neither sends nor stores anything at level off, or without a server", async (context) => {
    const off = await start(context, "off");
    await (await off.load()).report(DECISION);
    const alone = await start(context, "address");
    delete (/** @type {any} */ (alone.managed).backend);
    await (await alone.load()).report(DECISION);
    assert.equal(off.requests.length + alone.requests.length, 0);
    assert.deepEqual(fake.messenger.storage.local.values, {});
});

it("the add-in keeps events for a server that is down, over a restart, and sends them when the alarm rings", async (context) => {
    const { state, requests, load } = await start(context, "counts");
    state.status = 500;
    await (await load()).report(DECISION);
    assert.equal(fake.count("alarms.create"), 1);
    const { when } = /** @type {any} */ (fake.calls.find(([name]) => name === "alarms.create"))[2];
    assert.ok(when > Date.now());
    state.status = 200;
    const again = await load();
    assert.equal((await again.reportingStatus()).waiting, 1);
    await again.onAlarm("another");
    await again.onAlarm("events");
    assert.equal(requests.length, 1, "asked again too early");
    fake.messenger.storage.local.values["events"].notBefore = 0;
    const later = await load();
    await later.onAlarm("events");
    assert.equal(requests.length, 2);
    assert.deepEqual(JSON.parse(requests[0]?.body ?? ""), JSON.parse(requests[1]?.body ?? ""));
    assert.equal((await later.reportingStatus()).waiting, 0);
});

it("reporting never fails with an exception", async (context) => {
    const { load } = await start(context, "counts");
    fake.messenger.storage.local.isBroken = true;
    delete (/** @type {any} */ (fake.messenger).alarms);
    await (await load()).report(DECISION);
    delete (/** @type {any} */ (fake.messenger).storage);
    await (await load()).report(DECISION);
});
