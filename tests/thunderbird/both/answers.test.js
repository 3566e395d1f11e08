// @ts-check
// The effects of answers in the dialog, and their reports: nothing is sent while a shown recipient is unanswered, and
// nothing is reported that has not happened.

import assert from "node:assert/strict";
import { after, beforeEach } from "node:test";

import { Backend } from "../driver/backend.js";
import { CLEAN, waitFor } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const backend = new Backend();
after(() => backend.stop());

const { app, it, compose } = thunderbirdTests(async () => {
    await backend.start();
    return {
        name: "answers",
        managed: {
            policy: { id: "answers", version: 1, reporting: "address" },
            backend: { url: backend.url, token: backend.token },
        },
    };
});

beforeEach(() => {
    backend.events = [];
});

/** @param {string[]} actions reported in any order, and no others */
async function assertReported(...actions) {
    await waitFor(`the reports ${actions}`, async () => backend.events.length >= actions.length);
    // A further event would be in the same batch.
    await app().ofAddin("inBackground", "async () => void (await messenger.storage.local.get(null))");
    assert.deepEqual(backend.events.map(({ action }) => action).sort(), actions.sort());
}

it("a correction sends nothing while another recipient is shown", async () => {
    const message = await compose({ to: ["bob@navy.ml", '"Col. Ann" <ann@army0.ml>'] });
    const stop = await message.sendAsked();
    assert.deepEqual(
        (await stop.entries()).map(({ address, severity }) => [address, severity]),
        [
            ["bob@navy.ml", "warn"],
            ["ann@army0.ml", "notice"],
        ],
    );
    await stop.choose("use");
    await stop.waitClear();
    await message.assertNotSent();
    assert.deepEqual(
        (await stop.entries()).map(({ address }) => address),
        ["ann@army0.ml"],
        "it is still shown",
    );
    assert.match(await stop.run((document) => document.getElementById("send-anyway")?.textContent ?? ""), /2 recipients/);
    await stop.choose("send");
    await message.assertArrived("ann@army0.ml", "bob@navy.mil");
});

it("a removal sends nothing while another recipient is shown", async () => {
    const message = await compose({ to: ["bob@navy.ml", "ann@army0.ml"] });
    const stop = await message.sendAsked();
    await stop.choose("remove");
    await stop.waitClear();
    await message.assertNotSent();
    await stop.choose("back");
    await stop.waitClosed();
    assert.deepEqual(await message.recipients(), { to: ["ann@army0.ml"] });
    await assertReported("removed");
});

it("the button that sends names to whom", async () => {
    const message = await compose({ to: ["Bob <bob@army.ml>"] });
    const stop = await message.sendAsked();
    const label = () => stop.run((document) => document.getElementById("send-anyway")?.textContent ?? "");
    assert.match(await label(), /^Send to \P{L}?bob@army\.ml\P{L}? anyway$/u);
    await stop.choose("use");
    await stop.waitClear();
    assert.match(await label(), /^Send to \P{L}?bob@army\.mil\P{L}?$/u);
    await stop.choose("back");
    await stop.waitClosed();
    await assertReported("fixed");
});

it("one press uses all suggestions, and another sends", async () => {
    const message = await compose({ to: ["bob@army.ml", CLEAN], cc: ["eve@us.navy.mil.com"], bcc: ["jane@armymil.com"] });
    const stop = await message.sendAsked();
    await stop.choose("useAll");
    await stop.waitClear();
    assert.deepEqual(await message.recipients(), {
        to: ["bob@army.mil", CLEAN],
        cc: ["eve@us.navy.mil"],
        bcc: ["jane@army.mil"],
    });
    await message.assertNotSent();
    await stop.choose("send");
    await message.assertArrived("bob@army.mil", CLEAN, "eve@us.navy.mil", "jane@army.mil");
    await assertReported("fixed", "fixed", "fixed");
});

it("a correction and sending anyway are reported under one message", async () => {
    const message = await compose({ to: ["bob@army.ml", "jane@armymil.com"] });
    const stop = await message.sendAsked();
    await stop.choose("use");
    await waitFor("the other one", async () => (await stop.entries()).length === 1);
    await stop.choose("sendAnyway");
    await waitFor("the message", async () => app().sink.all(message.subject).length === 1);
    assert.equal((await app().sink.wait(message.subject)).to.length, 2);
    await assertReported("fixed", "sent-anyway");
    assert.equal(new Set(backend.events.map((event) => event.message)).size, 1);
});

it("sending anyway is reported once the message has left", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml");
    await assertReported("sent-anyway");
});

it("a message queued for later counts as sent", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked("later");
    await stop.choose("sendAnyway");
    await assertReported("sent-anyway");
    await app().compose("flushOutbox");
    await app().sink.wait(message.subject);
});

it("no decision is reported if the mail server refuses the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    app().sink.refuse(true);
    try {
        await stop.choose("sendAnyway");
        await waitFor("Thunderbird's own message", async () => (await app().windows("prompts")).length === 1);
        await app().windows("closePrompts");
        await stop.waitClosed();
        await message.assertNotSent();
        await assertReported();
    } finally {
        app().sink.refuse(false);
    }
    const again = await message.sendAsked();
    await again.choose("sendAnyway");
    await message.assertArrived("bob@army.ml");
    await assertReported("sent-anyway");
});

it("nothing is reported where the sender cancels a question of Thunderbird itself", async () => {
    const message = await compose({ to: ["bob@army.ml"], subject: "" });
    const stop = await message.sendAsked();
    await stop.choose("sendAnyway");
    await waitFor("Thunderbird's question for a subject", async () => (await app().windows("prompts")).length === 1);
    await app().windows("cancelPrompts");
    await message.assertNotSent();
    // If the sender cancels within 1.5 s, the dialog still exists and says that the message was not sent; later it has
    // closed.
    const says = () => stop.run((document) => document.getElementById("notice")?.textContent ?? "").catch(() => "");
    await waitFor("the dialog's answer", async () => !(await stop.isOpen()) || (await says()) !== "");
    if (await stop.isOpen()) {
        await stop.choose("back");
        await stop.waitClosed();
        await assertReported("cancelled");
    } else {
        await assertReported();
    }
});

it("a dialog that another one has replaced reports nothing", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const first = await message.sendAsked("key");
    await app().display.waitActive(/^Not sent/);
    const second = await message.sendAsked("key");
    await first.waitClosed();
    await second.choose("back");
    await second.waitClosed();
    await assertReported("cancelled");
});

it("a message that the guard stopped is never sent without a question, even if the sender corrects it at once", async () => {
    const message = await compose({ to: ["bob@army.ml", CLEAN] });
    const stop = await message.sendAsked();
    await message.remove("bob@");
    await stop.run((document) => void document.defaultView?.location.reload());
    await stop.waitClear();
    await message.assertNotSent();
    await stop.choose("send");
    await message.assertArrived(CLEAN);
});
