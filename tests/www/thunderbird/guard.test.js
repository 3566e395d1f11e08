// @ts-check
// The listener that decides whether mail leaves: one answer on every path.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import vm from "node:vm";

import { ADDIN, fakeMessenger } from "./messenger.js";

const IMPORT = 'loading ??= import("./background.js")';
const source = readFileSync(new URL("thunderbird/guard.js", ADDIN), "utf8");
assert.equal(source.split(IMPORT).length, 2);
const { keyOf } = await import(new URL("thunderbird/key.js", ADDIN).href);
const STOP = { cancel: true };
const draft = { from: "alice@example.mil", to: ["bob@army.ml"], cc: [], bcc: [], replyTo: [], subject: "Hello" };

/**
 * Starts the event page. `judge` is what the rest of it says; `null` is one that cannot be loaded.
 *
 * @param {{ judge?: (() => unknown) | null, fake?: ReturnType<typeof fakeMessenger> }} [how]
 */
function start({ judge = () => "stop", fake = fakeMessenger() } = {}) {
    /** @type {any[]} */
    const recorded = [];
    const background = {
        judge,
        record: (/** @type {any} */ event) => recorded.push(event),
        warmUp() {},
    };
    const context = vm.createContext({
        messenger: fake.messenger,
        // The deadline is five seconds, and the test no slower for it.
        setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms / 100),
        clearTimeout,
        Date,
        importBackground: async () => background.judge ? background : Promise.reject(new Error("damaged")),
    });
    // Node's `import()` of such a script is an experiment.
    vm.runInContext(source.replace(IMPORT, "loading ??= importBackground()"), context);
    const send = async (/** @type {object} */ details = draft, tabId = 1) => {
        const [answer, ...others] = fake.messenger.compose.onBeforeSend.fire({ id: tabId }, details);
        assert.deepEqual(others, []);
        assert.ok(typeof answer.then === "function", "an answer that comes later, never an exception");
        return { ...(await answer) };
    };
    const ask = (/** @type {object} */ message) =>
        fake.messenger.runtime.onMessage.fire({ to: "guard", tabId: 1, ...message })[0];
    return { ...fake, send, ask, recorded };
}

/** Long enough for what is done after the answer. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

it("listens to everything before anything else can fail", () => {
    const fake = fakeMessenger();
    delete (/** @type {any} */ (fake.messenger.compose).onAfterSend);
    delete (/** @type {any} */ (fake.messenger).alarms);
    start({ fake });
    const { compose, runtime, tabs, windows } = fake.messenger;
    for (const event of [
        compose.onBeforeSend,
        compose.onComposeStateChanged,
        runtime.onMessage,
        tabs.onCreated,
        tabs.onRemoved,
        windows.onFocusChanged,
    ]) {
        assert.equal(event.listeners.length, 1);
    }
});

it("lets ordinary mail go, without a window and without a look at the storage", async () => {
    const { send, calls, messenger } = start({ judge: () => "send" });
    messenger.storage.session.get = () => assert.fail("a call for nothing");
    assert.deepEqual(await send(), {});
    await settle();
    assert.deepEqual(calls, []);
});

it("stops at once, then opens one dialog", async () => {
    const { send, calls } = start();
    assert.deepEqual(await send(), STOP);
    await settle();
    const [[, properties], ...others] = /** @type {any} */ (calls.filter(([name]) => name === "windows.create"));
    assert.deepEqual(others, []);
    assert.equal(properties.url, "moz-extension://id/thunderbird/stop.html?tab=1");
    assert.equal(properties.allowScriptsToClose, true);
});

for (const [what, judge] of /** @type {[string, (() => unknown) | null][]} */ ([
    ["cannot be loaded", null],
    [
        "throws",
        () => {
            throw new Error("broken");
        },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
    ["never answers", () => new Promise(() => {})],
    ["answers with nonsense", () => ({ toString: null })],
    ["answers with nothing", () => {}],
])) {
    it(`asks the sender when the check ${what}`, async () => {
        const { send, count } = start({ judge });
        assert.deepEqual(await send(), STOP);
        await settle();
        assert.equal(count("windows.create"), 1);
    });
}

it("takes leave for exactly these recipients, once", async () => {
    const { send, ask } = start();
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send({ ...draft, subject: "Another" }), {}, "only recipients count");
    assert.deepEqual(await send(), STOP, "it is spent");
});

for (const [what, changed] of /** @type {[string, object][]} */ ([
    ["one more in Cc", { cc: ["eve@army.ml"] }],
    ["one more in Bcc", { bcc: ["eve@army.ml"] }],
    ["another in To", { to: ["bob@army.ml.example"] }],
    ["another Reply-To", { replyTo: ["eve@army.ml"] }],
    ["another sender", { from: "eve@example.com" }],
])) {
    it(`asks again after leave was given and there is ${what}`, async () => {
        const { send, ask } = start();
        await ask({ type: "approve", key: keyOf(draft) });
        assert.deepEqual(await send({ ...draft, ...changed }), STOP);
        assert.deepEqual(await send(), STOP, "the leave is gone");
    });
}

it("keeps the leave of each window apart", async () => {
    const { send, ask } = start();
    await ask({ type: "approve", key: keyOf(draft), tabId: 2 });
    assert.deepEqual(await send(draft, 1), STOP);
    assert.deepEqual(await send(draft, 2), {});
});

it("takes leave that was given before the page was suspended, once", async () => {
    const before = start();
    await before.ask({ type: "approve", key: keyOf(draft) });
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { send } = start({ fake });
    assert.deepEqual(await send(), {});
    assert.deepEqual(await send(), STOP);
});

it("refuses leave that is a minute old", async (context) => {
    const { send, ask } = start();
    await ask({ type: "approve", key: keyOf(draft) });
    const now = Date.now();
    context.mock.method(Date, "now", () => now + 61_000);
    assert.deepEqual(await send(), STOP);
});

it("takes leave where storage is full or missing", async () => {
    for (const spoil of [
        (/** @type {any} */ storage) => (storage.session.isBroken = true),
        (/** @type {any} */ storage) => delete storage.session,
    ]) {
        const { send, ask, messenger } = start();
        spoil(messenger.storage);
        messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendLater", error: "aborted" });
        await ask({ type: "approve", key: keyOf(draft) });
        assert.equal(await ask({ type: "mode" }), "sendLater");
        assert.deepEqual(await send(), {});
        assert.deepEqual(await send(), STOP);
    }
});

it("takes leave even where the check cannot be loaded", async () => {
    const { send, ask } = start({ judge: null });
    assert.deepEqual(await send(), STOP);
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send(), {});
});

it("forgets what belongs to a window that is closed", async () => {
    const { send, ask, messenger } = start();
    await ask({ type: "approve", key: keyOf(draft) });
    messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendNow" });
    messenger.tabs.onRemoved.fire(1);
    await settle();
    assert.deepEqual(messenger.storage.session.values, {});
    assert.deepEqual(await send(), STOP);
});

it("remembers now or later over a suspension", async () => {
    const before = start();
    before.messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendLater", error: "aborted" });
    await settle();
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { ask } = start({ fake });
    assert.equal(await ask({ type: "mode" }), "sendLater");
    assert.equal(await ask({ type: "mode", tabId: 2 }), null);
});

it("shows an open dialog again in place of a second one", async () => {
    const fake = fakeMessenger();
    const { send, calls, count } = start({ fake });
    await send();
    await settle();
    fake.messenger.runtime.getContexts = async () => [{ windowId: 7, tabId: 3 }];
    await send();
    await settle();
    assert.equal(count("windows.create"), 1);
    assert.deepEqual(structuredClone(calls.slice(-2)), [
        ["windows.update", 7, { focused: true }],
        ["runtime.sendMessage", { to: "dialog", type: "renew", tabId: 1 }],
    ]);
});

it("finds another way to tell the sender where no window can be opened", async () => {
    const fake = fakeMessenger();
    const fail = () => Promise.reject(new Error("no"));
    fake.messenger.windows.create = fail;
    const { send, count } = start({ fake });
    assert.deepEqual(await send(), STOP);
    await settle();
    assert.equal(count("tabs.create"), 1);
    fake.messenger.tabs.create = fail;
    fake.drafts[1] = draft;
    assert.deepEqual(await send(), STOP);
    await settle();
    assert.equal(count("openPopup"), 1);
});

it("hands a report on, and leaves messages of others alone", async () => {
    const { ask, messenger, recorded } = start();
    await ask({ type: "report", event: { action: "fixed" } });
    assert.deepEqual(recorded, [{ action: "fixed" }]);
    for (const message of [null, "approve", { type: "approve", tabId: 1, key: "" }, { to: "guard" }]) {
        assert.deepEqual(messenger.runtime.onMessage.fire(message), [undefined]);
    }
});
