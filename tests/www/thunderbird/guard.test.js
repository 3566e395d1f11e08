// @ts-check
// The listener that decides whether mail leaves: one answer on every path.

import assert from "node:assert/strict";
import { it } from "node:test";

import { DRAFT as draft, PAGE, settle, start } from "./event-page.js";
import { ADDIN, fakeMessenger } from "./messenger.js";

const STOP = { cancel: true };
const { keyOf } = await import(new URL("thunderbird/key.js", ADDIN).href);

it("the guard registers all its listeners before anything else can fail", () => {
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

it("the guard lets ordinary mail leave without opening a window or reading the storage", async () => {
    const { send, calls, messenger } = start({ judge: () => ({ isFree: true, page: null }) });
    messenger.storage.session.get = () => assert.fail("an unnecessary call");
    assert.deepEqual(await send(), {});
    await settle();
    assert.deepEqual(calls, []);
});

it("the guard stops the message and opens one dialog, which has its content from the start", async () => {
    const { send, opened } = start();
    assert.deepEqual(await send(), STOP);
    assert.equal(opened().length, 1, "the window opens before Thunderbird does work that would delay it");
    await settle();
    const [properties, ...others] = opened();
    assert.deepEqual(others, []);
    const [address, content] = properties.url.split("#");
    assert.match(address, /^moz-extension:\/\/id\/thunderbird\/stop\.html\?tab=1&dialog=[\da-f-]{36}&left=\d+&top=\d+$/);
    assert.deepEqual(JSON.parse(decodeURIComponent(content)), PAGE);
    assert.equal(properties.allowScriptsToClose, true);
    assert.equal(properties.height, PAGE.height);
});

it("the guard does not wait for a window that does not open", async () => {
    const fake = fakeMessenger();
    fake.messenger.windows.create = () => new Promise(() => {});
    const { send } = start({ fake });
    assert.deepEqual(await send(), STOP);
});

it("the guard lets the dialog ask for content that is too long for its address", async () => {
    const { send, opened } = start({ judge: () => ({ isFree: false, page: { ...PAGE, lead: "x".repeat(200_000) } }) });
    assert.deepEqual(await send(), STOP);
    assert.match(opened()[0].url, /\?tab=1&dialog=[\da-f-]{36}&left=\d+&top=\d+$/);
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
    it(`the guard asks the sender when the check ${what}`, async () => {
        const { send, opened } = start({ judge });
        assert.deepEqual(await send(), STOP);
        await settle();
        assert.equal(opened().length, 1);
        assert.doesNotMatch(opened()[0].url, /#/, "the dialog fetches its content itself");
    });
}

it("the guard accepts an approval for exactly these recipients, once", async () => {
    const { send, ask } = start();
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send({ ...draft, subject: "Another" }), {}, "only recipients count");
    assert.deepEqual(await send(), STOP, "the approval is used up");
});

it("the guard lets an approved message leave after another add-on held it until the page was suspended, and no later one", async () => {
    const before = start();
    await before.ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await before.send(), {});
    await settle();
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { send } = start({ fake });
    assert.deepEqual(await send(), {}, "Thunderbird asks the new page about the same Send");
    assert.deepEqual(await send(), STOP, "another Send");
});

for (const [what, changed] of /** @type {[string, object][]} */ ([
    ["one more recipient in Cc", { cc: ["eve@army.ml"] }],
    ["one more recipient in Bcc", { bcc: ["eve@army.ml"] }],
    ["another recipient in To", { to: ["bob@army.ml.example"] }],
    ["another Reply-To", { replyTo: ["eve@army.ml"] }],
    ["a newsgroup", { newsgroups: ["mil.test"] }],
    ["another sender", { from: "eve@example.com" }],
])) {
    it(`the guard asks again if, after the approval, the message has ${what}`, async () => {
        const { send, ask } = start();
        await ask({ type: "approve", key: keyOf(draft) });
        assert.deepEqual(await send({ ...draft, ...changed }), STOP);
        assert.deepEqual(await send(), STOP, "the changed message used the approval up");
    });
}

it("the guard keeps an approval for each window", async () => {
    const { send, ask } = start();
    await ask({ type: "approve", key: keyOf(draft), tabId: 2 });
    assert.deepEqual(await send(draft, 1), STOP);
    assert.deepEqual(await send(draft, 2), {});
});

it("the guard accepts an approval from before the page was suspended, once", async () => {
    const before = start();
    await before.ask({ type: "approve", key: keyOf(draft) });
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { send } = start({ fake });
    assert.deepEqual(await send(), {});
    assert.deepEqual(await send(), STOP);
});

it("the guard refuses an approval that is a minute old if its message is no longer being sent", async (context) => {
    const cancelled = { mode: "sendNow", error: "Send aborted by an onBeforeSend event" };
    for (const isSuspended of [false, true]) {
        for (const stop of [
            (/** @type {ReturnType<typeof start>} */ { ask }) => ask({ type: "not-sending" }),
            (/** @type {ReturnType<typeof start>} */ { messenger }) => messenger.compose.onAfterSend.fire({ id: 1 }, cancelled),
        ]) {
            context.mock.restoreAll();
            const before = start();
            await before.ask({ type: "approve", key: keyOf(draft) });
            const fake = fakeMessenger();
            fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
            const page = isSuspended ? start({ fake }) : before;
            await stop(page);
            await settle();
            const now = Date.now();
            context.mock.method(Date, "now", () => now + 61_000);
            assert.deepEqual(await page.send(), STOP);
        }
    }
});

it("the guard accepts an approval while another add-on holds its message up, for at most an hour", async (context) => {
    for (const [minutes, expected] of /** @type {[number, object][]} */ ([
        [59, {}],
        [61, STOP],
    ])) {
        context.mock.restoreAll();
        const { send, ask } = start();
        await ask({ type: "approve", key: keyOf(draft) });
        const now = Date.now();
        context.mock.method(Date, "now", () => now + minutes * 60_000);
        assert.deepEqual(await send(), expected);
    }
});

it("the guard accepts an approval where storage is full or missing", async () => {
    for (const spoil of [
        (/** @type {any} */ storage) => (storage.session.isBroken = true),
        (/** @type {any} */ storage) => delete storage.session,
    ]) {
        const { send, ask, messenger, count } = start();
        spoil(messenger.storage);
        messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendLater", error: "aborted" });
        await ask({ type: "approve", key: keyOf(draft) });
        assert.equal(await ask({ type: "mode" }), "sendLater");
        assert.deepEqual(await send(), {});
        assert.deepEqual(await send(), STOP);
        await settle();
        assert.equal(count("windows.create"), 1);
    }
});

it("the guard accepts an approval even where the check cannot be loaded", async () => {
    const { send, ask } = start({ judge: null });
    assert.deepEqual(await send(), STOP);
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send(), {});
});

it("the guard forgets the approval of a window that has closed", async () => {
    const { send, ask, messenger } = start();
    await ask({ type: "approve", key: keyOf(draft) });
    messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendNow" });
    messenger.tabs.onRemoved.fire(1);
    await settle();
    assert.deepEqual(messenger.storage.session.values, {});
    assert.deepEqual(await send(), STOP);
});

it("the guard remembers “now” or “later” across a suspension", async () => {
    const before = start();
    before.messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendLater", error: "aborted" });
    await settle();
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { ask } = start({ fake });
    assert.equal(await ask({ type: "mode" }), "sendLater");
    assert.equal(await ask({ type: "mode", tabId: 2 }), null);
});

it("the guard finds another way to tell the sender where no window can be opened", async () => {
    const fake = fakeMessenger();
    const fail = () => Promise.reject(new Error("no"));
    fake.messenger.windows.create = fail;
    const { send, count } = start({ fake });
    assert.deepEqual(await send(), STOP);
    await settle();
    assert.equal(count("tabs.create"), 1);
    fake.messenger.tabs.create = fail;
    fake.drafts[2] = draft;
    for (const times of [1, 2]) {
        assert.deepEqual(await send(draft, 2), STOP);
        await settle();
        assert.equal(count("openPopup"), times, "each Send says why nothing is sent");
    }
});

it("the guard reports what the sender has decided once the message has left, and not before", async () => {
    const decision = { message: "m", action: "sent-anyway", recipients: [] };
    for (const [attempt, expected] of /** @type {[object, object[]][]} */ ([
        [{ mode: "sendNow", headerMessageId: "a@b" }, [decision]],
        [{ mode: "sendLater" }, [decision]],
        [{ mode: "sendNow", headerMessageId: "a@b", error: "aborted" }, []],
        [{ mode: "sendNow" }, []],
        [{ mode: "sendLater", error: "aborted" }, []],
    ])) {
        const { send, ask, messenger, recorded } = start();
        await ask({ type: "approve", key: keyOf(draft), decision });
        assert.deepEqual(await send(), {});
        await settle();
        assert.deepEqual(recorded, []);
        messenger.compose.onAfterSend.fire({ id: 1 }, attempt);
        messenger.compose.onAfterSend.fire({ id: 1 }, { mode: "sendNow", headerMessageId: "a@b" });
        await settle();
        assert.deepEqual(structuredClone(recorded), expected, JSON.stringify(attempt));
    }
});

it("the guard keeps the approval where another add-on has cancelled the message, and reports once the message has left", async () => {
    const decision = { message: "m", action: "sent-anyway", recipients: [] };
    const { send, ask, messenger, recorded, opened } = start();
    const cancelled = { mode: "sendNow", error: "Send aborted by an onBeforeSend event" };
    const stands = () => ask({ type: "stands", key: keyOf(draft) });
    messenger.compose.onAfterSend.fire({ id: 1 }, cancelled);
    assert.equal(await stands(), false, "the message is not approved");
    await ask({ type: "approve", key: keyOf(draft), decision });
    for (const outcome of [cancelled, cancelled, { mode: "sendNow", headerMessageId: "a@b" }]) {
        assert.deepEqual(await send(), {});
        assert.equal(await stands(), true);
        messenger.compose.onAfterSend.fire({ id: 1 }, outcome);
        await settle();
    }
    assert.deepEqual(structuredClone(recorded), [decision]);
    assert.equal(await stands(), false);
    assert.equal(opened().length, 0);
    assert.deepEqual(await send(), STOP, "the approval is used up");
    messenger.compose.onAfterSend.fire({ id: 1 }, cancelled);
    await settle();
    assert.deepEqual(await send(), STOP, "a message that this add-on has cancelled is not approved");
});

it("the guard refuses an approval for other recipients, and one that is a minute old when another add-on cancels the message", async (context) => {
    const { send, ask, messenger } = start();
    const cancelled = { mode: "sendNow", error: "Send aborted by an onBeforeSend event" };
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send(), {});
    messenger.compose.onAfterSend.fire({ id: 1 }, cancelled);
    await settle();
    assert.deepEqual(await send({ ...draft, cc: ["eve@army.ml"] }), STOP);
    await ask({ type: "approve", key: keyOf(draft) });
    assert.deepEqual(await send(), {});
    const now = Date.now();
    context.mock.method(Date, "now", () => now + 61_000);
    messenger.compose.onAfterSend.fire({ id: 1 }, cancelled);
    await settle();
    assert.deepEqual(await send(), STOP);
});

it("the guard passes a report on, and ignores messages that are not for it", async () => {
    const { ask, messenger, recorded } = start();
    await ask({ type: "report", event: { action: "fixed" } });
    assert.deepEqual(recorded, [{ action: "fixed" }]);
    assert.deepEqual(structuredClone(await ask({ type: "ask", question: { type: "look" } })), { tabId: 1, question: { type: "look" } });
    for (const message of [null, "approve", { type: "approve", tabId: 1, key: "" }, { to: "guard" }]) {
        assert.deepEqual(messenger.runtime.onMessage.fire(message), [undefined]);
    }
});
