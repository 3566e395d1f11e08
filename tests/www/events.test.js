// @ts-check
// Events: their contents at each reporting level, and that none is lost or sent under two ids.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

import { describeEvents, EventQueue, randomUuid } from "../../www/shared/events.js";

const schema = JSON.parse(readFileSync(new URL("../../docs/event.schema.json", import.meta.url), "utf8"));
const UUID = new RegExp(schema.$defs.uuid.pattern);

const decision = Object.freeze({
    message: randomUuid(),
    action: /** @type {const} */ ("sent-anyway"),
    recipients: [
        { address: "bob@army.ml", severity: "warn", reasons: ["suffix-typo", "suffix-typo"], domain: "army.ml" },
        { address: "no mailbox", severity: "warn", reasons: ["malformed"], domain: null },
    ],
    justification: "He moved.",
});

/** @param {any} reporting */
const describe = (reporting, more = {}) =>
    describeEvents({ ...decision, ...more }, { host: "thunderbird", clientVersion: "0.1.0", policy: { id: "unit", version: 7, reporting } });

it("an event contains no more than the reporting level allows", () => {
    assert.deepEqual(describe("off"), []);
    assert.deepEqual(describe("everything"), []);
    const members = (/** @type {string} */ level) => describe(level).map(({ domain, address }) => [domain, address]);
    assert.deepEqual(members("counts"), [[undefined, undefined], [undefined, undefined]]);
    assert.deepEqual(members("domain"), [["army.ml", undefined], [undefined, undefined]]);
    assert.deepEqual(members("address"), [["army.ml", "bob@army.ml"], [undefined, "no mailbox"]]);
});

it("an event has the form that its schema describes", () => {
    const events = describe("address", { recipients: [...decision.recipients, { ...decision.recipients[0], address: "x".repeat(9999) }], justification: "y".repeat(9999) });
    assert.equal(events.length, 3);
    for (const event of /** @type {any[]} */ (events)) {
        assert.deepEqual(Object.keys(event).filter((key) => !(key in schema.properties)), []);
        assert.deepEqual(schema.required.filter((/** @type {string} */ key) => !(key in event)), []);
        assert.match(event.id, UUID);
        assert.match(event.message, UUID);
        assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
        assert.ok(event.address.length <= schema.properties.address.maxLength);
        assert.ok(event.justification.length <= schema.properties.justification.maxLength);
        assert.ok(schema.properties.action.enum.includes(event.action));
        assert.deepEqual(event.reasons, [...new Set(event.reasons)]);
    }
    assert.equal(new Set(events.map(({ id }) => id)).size, 3);
});

it("an event names what made a verdict graver", () => {
    const raised = (/** @type {string[] | undefined} */ raisedBy) =>
        describe("counts", { recipients: [{ ...decision.recipients[0], raisedBy }] })[0];
    assert.deepEqual(raised(["marking", "sibling", "marking"])?.["raisedBy"], ["marking", "sibling"]);
    assert.ok(!("raisedBy" in (raised([]) ?? {})));
    assert.ok(!("raisedBy" in (raised(undefined) ?? {})));
});

it("events get unique ids where the platform has no generator", (context) => {
    const real = globalThis.crypto;
    Object.defineProperty(globalThis, "crypto", { value: undefined, configurable: true });
    context.after(() => Object.defineProperty(globalThis, "crypto", { value: real, configurable: true }));
    const ids = Array.from({ length: 1000 }, () => randomUuid());
    ids.forEach((id) => assert.match(id, UUID));
    assert.equal(new Set(ids).size, 1000);
});

/** A fake store, server and clock. */
function start(options = {}) {
    const state = {
        /** @type {any} */ stored: undefined,
        isFull: false,
        /** @type {any} */ answer: { result: "ok", value: {}, etag: null },
        /** @type {any[][]} */ posted: [],
        hasBackend: true,
        nowMs: 1_000_000,
    };
    const store = {
        load: async () => structuredClone(state.stored),
        save: async (/** @type {any} */ spool) => {
            if (state.isFull) {
                throw new Error("QuotaExceededError");
            }
            state.stored = structuredClone(spool);
        },
    };
    const backend = /** @type {any} */ ({
        postEvents: async (/** @type {any[]} */ events) => {
            state.posted.push(events);
            return state.answer;
        },
    });
    const open = () =>
        new EventQueue(store, () => (state.hasBackend ? backend : null), { now: () => state.nowMs, random: () => 0, ...options });
    return { state, open };
}

const events = (/** @type {number} */ count, from = 0) => Array.from({ length: count }, (_, index) => ({ id: `event-${from + index}` }));
const ids = (/** @type {any[][]} */ batches) => batches.map((batch) => batch.map(({ id }) => id));

it("the queue stores first, sends in batches, and forgets events that the server has", async () => {
    const { state, open } = start({ batch: 2 });
    const queue = open();
    await queue.add(events(5));
    assert.equal(state.stored.events.length, 5);
    await queue.flush();
    assert.deepEqual(ids(state.posted), [["event-0", "event-1"], ["event-2", "event-3"], ["event-4"]]);
    assert.deepEqual(state.stored.events, []);
    await queue.flush();
    assert.equal(state.posted.length, 3);
});

it("the queue keeps events and their ids over failures and restarts, and waits longer each time", async () => {
    const { state, open } = start();
    state.answer = { result: "later", retryAfterMs: null, detail: "down" };
    await open().add(events(1));
    const attempts = [];
    for (let second = 0; second <= 300; second += 1, state.nowMs += 1000) {
        const before = state.posted.length;
        await open().flush();
        if (state.posted.length > before) {
            attempts.push(second);
        }
    }
    assert.deepEqual(attempts, [0, 30, 90, 210]);
    assert.deepEqual(new Set(ids(state.posted).flat()), new Set(["event-0"]));
    state.answer = { result: "ok" };
    state.nowMs += 3600_000;
    await open().flush();
    assert.deepEqual(state.stored, { events: [], dropped: 0, failures: 0, notBefore: state.stored.notBefore });
});

it("the queue does what Retry-After says, and keeps events for a server that has refused the token", async () => {
    const { state, open } = start();
    state.answer = { result: "later", retryAfterMs: 500_000, detail: "HTTP 429" };
    const queue = open();
    await queue.add(events(1));
    await queue.flush();
    assert.equal((await queue.status()).notBefore, state.nowMs + 500_000);
    state.nowMs += 500_000;
    state.answer = { result: "refused" };
    await queue.flush();
    assert.equal((await queue.status()).waiting, 1);
});

it("the queue drops a batch that the server will never take", async () => {
    const { state, open } = start({ batch: 1 });
    state.answer = { result: "rejected" };
    const queue = open();
    await queue.add(events(2));
    await queue.flush();
    assert.deepEqual(await queue.status(), { waiting: 0, dropped: 2, notBefore: 0 });
});

it("the queue drops the oldest beyond its bounds, and counts them", async () => {
    for (const options of [{ maxEvents: 3 }, { maxBytes: 3 * (JSON.stringify({ id: "event-0" }).length + 1) }]) {
        const { state, open } = start(options);
        state.hasBackend = false;
        const queue = open();
        await queue.add(events(2));
        await queue.add(events(3, 2));
        assert.deepEqual(ids([state.stored.events]), [["event-2", "event-3", "event-4"]]);
        assert.equal((await queue.status()).dropped, 2);
    }
});

it("the queue continues in memory if the store is full, and starts empty if it is broken", async () => {
    const { state, open } = start();
    state.isFull = true;
    const queue = open();
    await queue.add(events(1));
    await queue.flush();
    assert.deepEqual(ids(state.posted), [["event-0"]]);
    for (const garbage of [7, "x", [], { events: "x", dropped: -1, notBefore: 1e300, failures: NaN }, { events: [null, 7, {}] }]) {
        state.stored = garbage;
        assert.equal((await open().status()).waiting, 0);
    }
    const broken = new EventQueue({ load: () => Promise.reject(new Error()), save: () => Promise.reject(new Error()) }, () => null);
    await broken.add(events(1));
    assert.equal((await broken.status()).waiting, 1);
});

it("the queue sends nothing twice when asked to send while it sends, and loses nothing added meanwhile", async () => {
    const { state, open } = start();
    const queue = open();
    await queue.add(events(1));
    const sending = [queue.flush(), queue.flush()];
    await queue.add(events(1, 1));
    await Promise.all(sending);
    await queue.flush();
    assert.deepEqual(ids(state.posted).flat(), ["event-0", "event-1"]);
});
