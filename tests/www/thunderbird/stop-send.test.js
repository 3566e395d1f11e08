// @ts-check
// From the press of a button to Thunderbird's Send: the message is approved, and sent as soon as the
// window can send.

import assert from "node:assert/strict";
import { it } from "node:test";

import { ADDIN, fakeMessenger } from "./messenger.js";

const fake = fakeMessenger();
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });

const { approve, whenReady } = await import(new URL("thunderbird/stop-send.js", ADDIN).href);

const NOT_READY = "compose.sendMessage failed: Message compose window not ready for the requested command";

it("the dialog tries to send again while Thunderbird still locks the window, and no longer", async () => {
    let attempts = 0;
    const sent = await whenReady(async () => {
        attempts += 1;
        if (attempts < 4) {
            throw new Error(NOT_READY);
        }
        return "sent";
    });
    assert.deepEqual([sent, attempts], ["sent", 4]);
});

it("the dialog stops trying after ten seconds", async (context) => {
    const begin = Date.now();
    let now = begin;
    context.mock.method(Date, "now", () => (now += 3000));
    await assert.rejects(whenReady(() => Promise.reject(new Error(NOT_READY))), /not ready/);
    assert.ok(now - begin < 20_000);
});

it("the dialog does not send a message again that Thunderbird has begun to send", async () => {
    let attempts = 0;
    const attempt = () => {
        attempts += 1;
        return Promise.reject(new Error("compose.sendMessage failed: 2147500037"));
    };
    await assert.rejects(whenReady(attempt), /2147500037/);
    assert.equal(attempts, 1);
});

it("the dialog gives the approval to the guard, or to the storage where the event page cannot be reached", async () => {
    const decision = { message: "m", action: "sent-anyway", recipients: [] };
    const asked = /** @type {any[]} */ ([]);
    await approve(1, async (/** @type {any[]} */ ...args) => void asked.push(args), "key", decision);
    assert.deepEqual(asked, [["approve", { key: "key", decision }]]);
    assert.deepEqual(fake.messenger.storage.session.values, {});
    await approve(1, () => Promise.reject(new Error("no receiver")), "key", decision);
    const { until, ...approval } = fake.messenger.storage.session.values["approval-1"];
    assert.deepEqual(approval, { key: "key", decision });
    assert.ok(until > Date.now());
});
