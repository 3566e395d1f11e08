// @ts-check
// The windows of the dialog: one for each message, never hidden behind another, and one report for all of
// them.

import assert from "node:assert/strict";
import { it } from "node:test";

import { DRAFT, PAGE, settle, start } from "./event-page.js";
import { fakeMessenger } from "./messenger.js";

/** A text that Thunderbird takes long to read again. */
const LONG = { ...DRAFT, body: "See you there. ".repeat(4000) };

const CANCELLED = { message: "m", action: "cancelled", recipients: [] };

/**
 * An event page that has asked about one message, in a dialog that the sender sees.
 *
 * @param {Parameters<typeof start>[0]} [how]
 */
async function ask(how) {
    const page = start(how);
    await page.send();
    await settle();
    const dialog = page.opened()[0]?.id ?? "";
    await page.ask({ type: "focus", dialog, isFocused: true });
    return { ...page, dialog };
}

it("the event page opens one dialog, however fast Send is pressed", async () => {
    const { send, opened } = start();
    await Promise.all(Array.from({ length: 20 }, () => send()));
    await settle();
    await send();
    await settle();
    assert.equal(opened().length, 1);
});

/** @type {[string, (page: ReturnType<typeof start>, dialog: string) => unknown][]} */
const ENDS = [
    ["can be read", ({ ask: tell }, dialog) => tell({ type: "focus", dialog, isFocused: false })],
    ["is closed by the sender", ({ ask: tell }, dialog) => tell({ type: "closed", dialog, decision: CANCELLED })],
    ["has lost its window", ({ messenger }) => messenger.windows.onRemoved.fire(7)],
    ["has lost its message", ({ messenger }) => messenger.tabs.onRemoved.fire(1)],
];
for (const [what, end] of ENDS) {
    it(`the event page answers once the dialog about a long text ${what}, because Thunderbird draws nothing after the answer`, async () => {
        // The clock runs slowly, so that no deadline comes first on a slow machine.
        const page = start({ speed: 0.01 });
        let isAnswered = false;
        const answer = page.send(LONG).then((given) => {
            isAnswered = true;
            return given;
        });
        await settle();
        page.messenger.windows.onCreated.fire({ id: 7, type: "popup" });
        await settle();
        assert.equal(isAnswered, false);
        await end(page, page.opened()[0]?.id ?? "");
        assert.deepEqual(await answer, { cancel: true });
    });
}

it("the event page answers about a short text as soon as the dialog's window has the focus", async () => {
    const fake = fakeMessenger();
    /** @type {(made: object) => void} */
    let show = () => {};
    fake.messenger.windows.create = () => new Promise((resolve) => (show = resolve));
    const { send } = start({ fake, speed: 0.01 });
    let isAnswered = false;
    const answer = send().then((given) => {
        isAnswered = true;
        return given;
    });
    await settle();
    assert.equal(isAnswered, false, "the guard still waits, because keys would go into the message");
    show({ id: 7 });
    assert.deepEqual(await answer, { cancel: true });
});

it("the event page gives a dialog that is in front its current content", async () => {
    let page = PAGE;
    const { send, opened, dialog, sentToDialogs, count } = await ask({ judge: () => ({ isFree: false, page }) });
    page = { ...PAGE, title: "Another" };
    await send();
    await settle();
    assert.equal(opened().length, 1);
    assert.deepEqual(sentToDialogs(), [{ to: "dialog", dialog, type: "show", page }]);
    assert.equal(count("windows.update") + count("windows.remove"), 0);
});

it("the event page replaces a dialog that may lie behind the message, and ignores the old one from then on", async () => {
    const { send, opened, dialog, ask: tell, sentToDialogs, calls, recorded, told } = await ask();
    await tell({ type: "focus", dialog, isFocused: false });
    await send();
    await settle();
    const [, second] = opened();
    assert.equal(opened().length, 2);
    assert.deepEqual(sentToDialogs(), [{ to: "dialog", dialog, type: "superseded" }]);
    assert.deepEqual(calls.filter(([name]) => name === "windows.remove"), [["windows.remove", 7]]);
    await tell({ type: "closed", dialog, decision: CANCELLED });
    assert.deepEqual(structuredClone(await tell({ type: "ask", dialog, question: { type: "look" } })), { isSuperseded: true });
    assert.deepEqual(structuredClone(await tell({ type: "focus", dialog, isFocused: true })), { isSuperseded: true });
    assert.deepEqual([...recorded, ...told], []);
    await tell({ type: "closed", dialog: second.id, decision: CANCELLED });
    assert.deepEqual(recorded, [CANCELLED]);
    assert.deepEqual(told, [["dialogClosed", 1]]);
});

it("the event page ignores a replaced dialog that closes after its replacement", async () => {
    const { send, opened, dialog, ask: tell, recorded } = await ask();
    await tell({ type: "focus", dialog, isFocused: false });
    await send();
    await settle();
    const [, second] = opened();
    await tell({ type: "closed", dialog: second.id, decision: CANCELLED });
    await tell({ type: "closed", dialog, decision: CANCELLED });
    assert.deepEqual(recorded, [CANCELLED]);
});

it("the event page does not replace a dialog that is sending", async () => {
    const { send, opened, dialog, ask: tell, sentToDialogs } = await ask();
    await tell({ type: "approve", dialog, key: "of other recipients" });
    await tell({ type: "focus", dialog, isFocused: false });
    await send();
    await settle();
    assert.equal(opened().length, 1);
    assert.equal(sentToDialogs()[0].type, "show", "the recipients have changed, and it says so");
});

it("the event page opens another dialog once the first is answered, or its window is closed", async () => {
    const { send, opened, dialog, ask: tell, messenger } = await ask();
    await tell({ type: "closed", dialog, decision: null });
    await send();
    await settle();
    assert.equal(opened().length, 2);
    // The process has died, so the page sends nothing.
    messenger.windows.onRemoved.fire(8);
    await send();
    await settle();
    assert.equal(opened().length, 3);
    messenger.tabs.onRemoved.fire(1);
    await send();
    await settle();
    assert.equal(opened().length, 4);
});

it("the event page opens another dialog where the first is closed while it opens", async () => {
    const fake = fakeMessenger();
    const create = fake.messenger.windows.create;
    fake.messenger.windows.create = async (/** @type {any} */ properties) => {
        const made = await create(properties);
        fake.messenger.windows.onCreated.fire(made);
        fake.messenger.windows.onRemoved.fire(made.id);
        return made;
    };
    const { send, opened } = start({ fake });
    await send();
    await settle();
    await send();
    await settle();
    assert.equal(opened().length, 2);
});

it("the event page opens no tab for a dialog that was answered while its window opened", async () => {
    const fake = fakeMessenger();
    /** @type {((failure: Error) => void)[]} */
    const failures = [];
    fake.messenger.windows.create = () => new Promise((_, reject) => failures.push(reject));
    fake.messenger.windows.remove = () => Promise.reject(new Error("no such window"));
    const { send, ask: tell, count } = start({ fake });
    await send();
    const [{ id: dialog }] = fake.messenger.storage.session.values.dialogs;
    await tell({ type: "closed", dialog, decision: null });
    failures[0]?.(new Error("the window was closed"));
    await settle();
    assert.equal(count("tabs.create"), 0);
    // The page opens no tab either if the message has closed and the window can no longer be closed.
    /** @type {(made: object) => void} */
    let show = () => {};
    fake.messenger.windows.create = () => new Promise((resolve) => (show = resolve));
    await send();
    fake.messenger.tabs.onRemoved.fire(1);
    show({ id: 7 });
    await settle();
    assert.equal(count("tabs.create"), 0);
});

it("the event page leaves a dialog alone that is loaded again while its window opens", async () => {
    const fake = fakeMessenger();
    /** @type {(made: object) => void} */
    let show = () => {};
    fake.messenger.windows.create = () => new Promise((resolve) => (show = resolve));
    const { send, ask: tell, count } = start({ fake });
    await send();
    const [{ id: dialog }] = fake.messenger.storage.session.values.dialogs;
    await tell({ type: "closed", dialog, decision: null });
    show({ id: 7 });
    await settle();
    assert.equal(count("windows.remove"), 0);
});

it("the event page closes a window that opens after its message has closed, or after another dialog has replaced it", async () => {
    for (const leave of ["message", "place"]) {
        const fake = fakeMessenger();
        /** @type {((made: object) => void)[]} */
        const shows = [];
        fake.messenger.windows.create = () => new Promise((resolve) => shows.push(resolve));
        const { send, ask: tell, calls } = start({ fake });
        await send();
        const [{ id: dialog }] = fake.messenger.storage.session.values.dialogs;
        if (leave === "message") {
            fake.messenger.tabs.onRemoved.fire(1);
        } else {
            await tell({ type: "focus", dialog, isFocused: true });
            await tell({ type: "focus", dialog, isFocused: false });
            await send();
        }
        shows[0]?.({ id: 7 });
        await settle();
        assert.deepEqual(calls.filter(([name]) => name === "windows.remove"), [["windows.remove", 7]], leave);
    }
});

it("the event page opens a dialog for each message, each in a place of its own", async () => {
    const fake = fakeMessenger();
    const { messenger, opened } = start({ fake });
    for (const id of [1, 2, 3]) {
        await messenger.compose.onBeforeSend.fire({ id, windowId: 101 }, DRAFT)[0];
    }
    await settle();
    const places = opened().map(({ left, top }) => `${left},${top}`);
    assert.equal(new Set(places).size, 3, String(places));
    // The dialog opens over the message, whose window begins at 100, 50 and is 1000 pixels wide.
    assert.deepEqual([opened()[0].left, opened()[0].top], [260, 110]);
});

it("the event page still knows the open dialog after the event page was suspended", async () => {
    const before = await ask();
    const fake = fakeMessenger();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    fake.messenger.runtime.getContexts = async () => [{ documentUrl: before.opened()[0].url }];
    const { send, ask: tell, opened, sentToDialogs } = start({ fake });
    await settle();
    await tell({ type: "focus", dialog: before.dialog, isFocused: true });
    await send();
    await settle();
    assert.equal(opened().length, 0);
    assert.equal(sentToDialogs()[0].dialog, before.dialog);
});

it("the event page closes a dialog whose process has died, and asks again in a new one that says why", async () => {
    const before = await ask();
    const fake = fakeMessenger();
    fake.drafts[1] = DRAFT;
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { calls, opened } = start({ fake });
    await settle();
    assert.deepEqual(calls.filter(([name]) => name === "windows.remove"), [["windows.remove", 7]]);
    assert.equal(opened().length, 1);
    assert.match(opened()[0].url, /&interrupted$/);
    assert.notEqual(opened()[0].id, before.dialog);
});

it("the event page does not ask again about a message that has closed, and forgets a dialog whose window has closed", async () => {
    const before = await ask();
    for (const isLeft of [true, false]) {
        const fake = fakeMessenger();
        fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
        if (!isLeft) {
            fake.messenger.windows.get = () => Promise.reject(new Error("no such window"));
        }
        const { opened, count } = start({ fake });
        await settle();
        assert.equal(opened().length, 0);
        assert.equal(count("windows.remove"), isLeft ? 1 : 0);
        assert.deepEqual(fake.messenger.storage.session.values.dialogs, []);
    }
});

it("the event page says that the window is locked where the process has died before the guard had answered", async () => {
    for (const hasWindow of [true, false]) {
        const fake = fakeMessenger();
        fake.messenger.windows.create = () => new Promise(() => {});
        const before = start({ fake, speed: 0.01 });
        void before.send(LONG);
        await settle();
        if (hasWindow) {
            fake.messenger.windows.onCreated.fire({ id: 7, type: "popup" });
        }
        const after = fakeMessenger();
        after.drafts[1] = LONG;
        after.messenger.storage.session.values = structuredClone(fake.messenger.storage.session.values);
        const { opened, calls } = start({ fake: after });
        await settle();
        assert.match(opened()[0].url, /&interrupted&locked$/);
        assert.equal(opened().length, 1);
        assert.deepEqual(calls.filter(([name]) => name === "windows.remove"), hasWindow ? [["windows.remove", 7]] : []);
        // An empty change of the draft makes Thunderbird save it, which unlocks the window.
        const written = structuredClone(calls.filter(([name]) => name === "setComposeDetails"));
        assert.deepEqual(written, [["setComposeDetails", 1, {}]]);
        // The page says it only once.
        assert.deepEqual(after.messenger.storage.session.values.answering, []);
    }
});

it("the event page does not call a window locked whose message was answered", async () => {
    const before = await ask();
    assert.deepEqual(before.messenger.storage.session.values.answering, []);
});
