// @ts-check
// Sending under the built-in policy. The tests check the messages and recipients that reach the SMTP server.

import assert from "node:assert/strict";

import { CLEAN, waitFor } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose, composeFrom } = thunderbirdTests({ name: "send" });

it("ordinary mail leaves at once, without a question", async () => {
    const message = await compose({
        to: ["Carol <carol@army.mil>", "sam@gmail.com"],
        cc: ["kim@navyfederal.org"],
        bcc: ["lee@milwaukee.gov"],
    });
    await message.send();
    const { source } = await message.assertArrived(
        "carol@army.mil",
        "kim@navyfederal.org",
        "lee@milwaukee.gov",
        "sam@gmail.com",
    );
    assert.match(source, /^Subject: Message/m);
});

it("a message to a look-alike is stopped, and then sent to the suggested address", async () => {
    const message = await compose({ to: ["Bob <bob@army.ml>"], cc: [CLEAN] });
    const stop = await message.sendAsked();
    const [entry, ...others] = await stop.entries();
    assert.equal(entry?.address, "bob@army.ml", "the address, not the name");
    assert.deepEqual(others, []);
    assert.deepEqual(app().sink.all(message.subject), [], "it waits for the answer");
    assert.match(await stop.text(), /^Not sent: check \P{L}?bob@army\.ml/u);
    await stop.picture("stop");
    await stop.correct();
    const { source } = await message.assertArrived("bob@army.mil", CLEAN);
    assert.match(source, /^To: Bob <bob@army\.mil>/m, "the name is kept");
    await stop.waitClosed();
});

it("the look-alike is removed, the others get the message", async () => {
    const message = await compose({ to: ["bob@army.ml", CLEAN] });
    const stop = await message.sendAsked();
    await stop.choose("remove");
    await stop.waitClear();
    assert.deepEqual(app().sink.all(message.subject), [], "a correction sends nothing");
    await stop.choose("send");
    await message.assertArrived(CLEAN);
    await stop.waitClosed();
});

it("removing the only recipient sends nothing", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.choose("remove");
    await stop.waitClosed();
    assert.deepEqual(await message.recipients(), {});
    await message.assertNotSent();
    await message.assertSendsClean();
});

it("after going back, the message is unchanged and can be saved and sent", async () => {
    const message = await compose({ to: ["Bob <bob@army.ml>"], bcc: [CLEAN] });
    const stop = await message.sendAsked();
    await stop.choose("back");
    await stop.waitClosed();
    assert.deepEqual(await message.recipients(), { to: ["Bob <bob@army.ml>"], bcc: [CLEAN] });
    await message.assertKept();
});

it("sending anyway sends exactly to the recipients that the dialog names", async () => {
    const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN] });
    const stop = await message.sendAsked();
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml", CLEAN);
    await stop.waitClosed();
});

it("sending anyway once approves no later message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.choose("back");
    await message.assertKept();
});

it("a recipient added while the dialog is open is asked about again", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    // A dialog that gets the focus later checks the message again, so the sender would see the change before the press.
    await stop.waitFocused();
    await message.enter("eve@us.navy.ml", "cc");
    await stop.choose("sendAnyway");
    await waitFor("the added one", async () => (await stop.entries()).length === 2);
    assert.deepEqual(app().sink.all(message.subject), []);
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml", "eve@us.navy.ml");
});

for (const how of /** @type {const} */ (["button", "key"])) {
    it(`a message is stopped, corrected, and sent by ${how === "key" ? "Ctrl+Enter" : "the Send button"}`, async () => {
        const message = await compose({ to: ["bob@us.af.mil.com"] });
        const stop = await message.sendAsked(how);
        await stop.correct();
        await message.assertArrived("bob@us.af.mil");
    });
}

it("Send Later asks when the message is queued, not when it leaves", async () => {
    const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN] });
    const stop = await message.sendAsked("later");
    await stop.choose("sendAnyway");
    await app().compose("waitComposeClosed", message.id, 60_000);
    await waitFor("the Outbox", async () =>
        (await app().compose("subjects", "Queue")).includes(message.subject),
    );
    assert.deepEqual(app().sink.all(message.subject), [], "it is queued, not sent");
    await app().compose("flushOutbox");
    assert.deepEqual((await app().sink.wait(message.subject)).to, ["bob@army.ml", CLEAN]);
});

it("a correction after Send Later still queues the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked("later");
    await stop.correct();
    await app().compose("waitComposeClosed", message.id, 60_000);
    await waitFor("the Outbox", async () =>
        (await app().compose("subjects", "Queue")).includes(message.subject),
    );
    assert.deepEqual(app().sink.all(message.subject), []);
    await app().compose("flushOutbox");
    assert.deepEqual((await app().sink.wait(message.subject)).to, ["bob@army.mil"]);
});

it("going back after Send Later queues nothing", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked("later");
    await stop.choose("back");
    await message.assertKept();
});

it("a reply to a look-alike is stopped", async () => {
    const message = await composeFrom("Reply", { from: "Bob <bob@army.ml>" });
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

for (const how of /** @type {const} */ (["ForwardInline", "ForwardAsAttachment", "Redirect"])) {
    it(`${how} to a look-alike is stopped`, async () => {
        const message = await composeFrom(how, { from: CLEAN });
        await message.enter("bob@army.ml");
        const stop = await message.sendAsked();
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });
}

it("a message edited as new is stopped", async () => {
    const message = await composeFrom("EditAsNew", { from: "alice@example.mil", to: "bob@army.ml" });
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

it("closing the dialog by its X goes back to the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.close();
    await stop.waitClosed();
    await message.assertKept();
});

it("Escape goes back to the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.key("Escape");
    await stop.waitClosed();
    await message.assertKept();
});

it("the next Send asks again where the dialog was closed as soon as it opened", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    for (let time = 0; time < 8; time += 1) {
        const stop = await message.sendAsked();
        await stop.close();
        await stop.waitClosed();
    }
    await message.assertKept();
});

it("closing the compose window sends nothing and closes the open dialog", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const other = await compose({ to: [CLEAN] });
    const stop = await message.sendAsked();
    await app().compose("closeCompose", message.id);
    await stop.waitClosed();
    // Another message shows that mail still leaves, and that this one has not.
    await other.send();
    await other.assertArrived(CLEAN);
    assert.deepEqual(app().sink.all(message.subject), []);
});

it("two windows that ask at once each get their own answer", async () => {
    const first = await compose({ to: ["bob@army.ml"] });
    const second = await compose({ to: ["eve@us.navy.ml"] });
    const one = await first.sendAsked();
    const two = await second.sendAsked();
    assert.deepEqual(
        (await one.entries()).map(({ address }) => address),
        ["bob@army.ml"],
    );
    assert.deepEqual(
        (await two.entries()).map(({ address }) => address),
        ["eve@us.navy.ml"],
    );
    await two.correct();
    await second.assertArrived("eve@us.navy.mil");
    assert.deepEqual(app().sink.all(first.subject), []);
    await one.choose("back");
    await one.waitClosed();
    await first.assertKept();
});

// This test takes docs/images/thunderbird.png for docs/thunderbird.md.
it("a picture shows the message with its dialog", async () => {
    const message = await compose({
        to: ["Ann <ann@contractor.example>", "Jane Doe <jane.doe@us.army.ml>"],
        subject: "Travel orders",
        body: "Jane, the orders for next week are attached.",
    });
    await app().windows("place", message.id, { left: 0, top: 0, width: 960, height: 640 });
    const stop = await message.sendAsked();
    await app().windows("place", stop.window, { left: 190, top: 170 });
    await app().display.picture(app().record("readme.png"), { left: 0, top: 0, width: 960, height: 640 });
    await stop.correct();
    await message.assertArrived("ann@contractor.example", "jane.doe@us.army.mil");
});
