// @ts-check
// The recipients that the check at Send sees, in every form in the window.

import assert from "node:assert/strict";

import { CLEAN } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose } = thunderbirdTests({ name: "recipients" });

it("a look-alike in Bcc alone is found", async () => {
    const message = await compose({ bcc: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.correct();
    const { source } = await message.assertArrived("bob@army.mil");
    assert.doesNotMatch(source, /army\.mi?l/, "the other recipients do not see it");
});

it("a look-alike that is typed but not yet entered is found", async () => {
    const message = await compose({ to: [CLEAN] });
    await message.type("bob@army.ml");
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("bob@army.mil", CLEAN);
});

it("a display name that looks like an address is found", async () => {
    const message = await compose({ to: ['"bob@army.mil" <bob@evil.example>'] });
    const stop = await message.sendAsked();
    const [entry] = await stop.entries();
    assert.equal(entry?.address, "bob@evil.example", "where the mail would go");
    await stop.picture("name");
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

it("a look-alike in letters of another script is found", async () => {
    const message = await compose({ to: ["bob@\u0430rmy.mil"] });
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

it("an honest name in another script passes", async () => {
    const message = await compose({ to: ["jörg@müller.example"] });
    await message.send();
    await message.assertArrived("jörg@müller.example");
});

it("several findings are shown in one dialog, which asks about the rest after one answer", async () => {
    const message = await compose({
        to: ["bob@army.ml", CLEAN],
        cc: ["eve@us.navy.mil.com"],
        bcc: ["jane@armymil.com"],
    });
    const stop = await message.sendAsked();
    assert.equal((await stop.entries()).length, 3);
    assert.equal((await app().windows("pages")).length, 1);
    await stop.picture("several");
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml", CLEAN, "eve@us.navy.mil.com", "jane@armymil.com");
});

it("the members of a list, and of a list in it, are checked", async () => {
    await app().compose("addList", "Inner", [
        ["Bob", "bob@army.ml"],
        ["Eve", "eve@army.mil"],
    ]);
    await app().compose("addList", "Friends", [
        ["Carol", CLEAN],
        ["Inner", "Inner"],
    ]);
    const message = await compose({ to: ["Friends <Friends>"] });
    const stop = await message.sendAsked();
    const [entry, ...others] = await stop.entries();
    assert.equal(entry?.address, "bob@army.ml");
    assert.deepEqual(others, []);
    await stop.picture("list");
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml", CLEAN, "eve@army.mil");
});

it("a message to a list without findings leaves without a question", async () => {
    await app().compose("addList", "Team", [
        ["Carol", CLEAN],
        ["Eve", "eve@army.mil"],
    ]);
    const message = await compose({ to: ["Team <Team>"] });
    await message.send();
    await message.assertArrived(CLEAN, "eve@army.mil");
});

it("going back keeps a list as it is, with its suspicious member", async () => {
    await app().compose("addList", "Crew", [
        ["Bob", "bob@army.ml"],
        ["Eve", "eve@army.mil"],
    ]);
    const message = await compose({ to: ["Crew <Crew>"] });
    const stop = await message.sendAsked();
    await stop.choose("back");
    await stop.waitClosed();
    assert.deepEqual(await message.recipients(), { to: ["Crew <Crew>"] });
    await message.assertKept();
});

it("a message to five hundred correct addresses leaves without a question", async () => {
    const to = Array.from({ length: 500 }, (_, index) => `person${index}@army.mil`);
    const message = await compose({ bcc: to });
    await message.send();
    await message.assertArrived(...to);
});

it("one look-alike among five hundred recipients is found", async () => {
    const to = Array.from({ length: 499 }, (_, index) => `person${index}@army.mil`);
    const message = await compose({ bcc: [...to, "bob@army.ml"] });
    const stop = await message.sendAsked();
    assert.equal((await stop.entries()).length, 1);
    await stop.correct();
    await message.assertArrived(...to, "bob@army.mil");
});

it("a message of five megabytes leaves without a finding, and is stopped with one", async () => {
    const paragraph = `<p>${"All work and no play makes Jack a dull boy. ".repeat(25)}</p>\n`;
    const body = paragraph.repeat(Math.ceil((5 << 20) / paragraph.length));
    const clean = await compose({ to: [CLEAN], body });
    await clean.send();
    assert.ok((await clean.assertArrived(CLEAN)).source.length > 5 << 20);
    const message = await compose({ to: ["bob@army.ml"], body });
    const stop = await message.sendAsked();
    await stop.correct();
    assert.ok((await message.assertArrived("bob@army.mil")).source.length > 5 << 20);
});

it("a message with only a mild finding leaves without a question", async () => {
    const message = await compose({ to: ["jane.doe@mail.ml"] });
    await message.send();
    await message.assertArrived("jane.doe@mail.ml");
});

for (const [where, draft] of Object.entries({
    subject: { subject: "CUI//SP-PRVCY travel orders" },
    body: { body: "CUI//SP-PRVCY\n\nTravel orders." },
    "attachment's name": { attachments: [{ name: "CUI-roster.txt", text: "Names." }] },
})) {
    it(`a marking in the ${where} makes a mild finding stop the message`, async () => {
        const message = await compose({ to: ["jane.doe@mail.ml"], ...draft });
        const stop = await message.sendAsked();
        await stop.correct();
        await message.assertArrived("jane.doe@mail.mil");
    });
}
