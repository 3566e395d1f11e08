// @ts-check
// An update waits for the messages that are being written: while Thunderbird replaces the add-in, it does not ask the
// add-in at Send.

import assert from "node:assert/strict";
import { it } from "node:test";

import { DRAFT, settle, start } from "./event-page.js";
import { fakeMessenger } from "./messenger.js";

/** The add-in waits three seconds, and its clock runs a hundred times faster here. */
const calm = () => new Promise((resolve) => setTimeout(resolve, 60));

/** @param {number[]} open tabs with a message in them */
function thunderbird(...open) {
    const fake = fakeMessenger();
    for (const id of open) {
        fake.drafts[id] = DRAFT;
    }
    return fake;
}

it("the add-in installs an update at once where no message is being written, and forgets it", async () => {
    const { messenger, count } = start({ fake: thunderbird() });
    messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    await calm();
    assert.equal(count("runtime.reload"), 1);
    assert.deepEqual(messenger.storage.session.values, {});
});

it("the add-in waits until no message is open, and then three seconds more", async () => {
    const { messenger, drafts, count } = start({ fake: thunderbird(1, 2) });
    messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    await calm();
    for (const id of [1, 2]) {
        assert.equal(count("runtime.reload"), 0);
        delete drafts[id];
        messenger.tabs.onRemoved.fire(id);
        await settle();
        assert.equal(count("runtime.reload"), 0);
        await calm();
    }
    assert.equal(count("runtime.reload"), 1);
});

it("the add-in waits for a message that is begun meanwhile", async () => {
    const { messenger, drafts, count } = start({ fake: thunderbird() });
    messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    drafts[1] = DRAFT;
    await calm();
    assert.equal(count("runtime.reload"), 0);
});

it("the add-in remembers the update over a suspension", async () => {
    const before = start({ fake: thunderbird(1) });
    before.messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    await calm();
    const fake = thunderbird();
    fake.messenger.storage.session.values = structuredClone(before.messenger.storage.session.values);
    const { messenger, count } = start({ fake });
    messenger.tabs.onRemoved.fire(1);
    await calm();
    assert.equal(count("runtime.reload"), 1);
});

it("the add-in remembers the update where the storage is full", async () => {
    const { messenger, drafts, count } = start({ fake: thunderbird(1) });
    messenger.storage.session.isBroken = true;
    messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    await calm();
    delete drafts[1];
    messenger.tabs.onRemoved.fire(1);
    await calm();
    assert.equal(count("runtime.reload"), 1);
});

it("the add-in does not restart where no update waits", async () => {
    const { messenger, count } = start({ fake: thunderbird() });
    messenger.tabs.onRemoved.fire(1);
    await calm();
    assert.equal(count("runtime.reload"), 0);
    assert.equal(count("tabs.query"), 0);
});

it("the add-in updates even where the rest of the event page cannot be loaded", async () => {
    const { messenger, count } = start({ fake: thunderbird(), judge: null });
    messenger.runtime.onUpdateAvailable.fire({ version: "2" });
    await calm();
    assert.equal(count("runtime.reload"), 1);
});
