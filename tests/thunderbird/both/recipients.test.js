// @ts-check
// Which recipients are seen at Send, however they stand in the window.

import assert from "node:assert/strict";

import { CLEAN } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose } = thunderbirdTests({ name: "recipients" });

it("in Bcc alone", async () => {
    const message = await compose({ bcc: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.correct();
    const { source } = await message.assertArrived("bob@army.mil");
    assert.doesNotMatch(source, /army\.mi?l/, "nobody else sees it");
});

it("typed, and not yet entered", async () => {
    const message = await compose({ to: [CLEAN] });
    await message.type("bob@army.ml");
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("bob@army.mil", CLEAN);
});

it("with a display name that looks like an address", async () => {
    const message = await compose({ to: ['"bob@army.mil" <bob@evil.example>'] });
    const stop = await message.sendAsked();
    const [entry] = await stop.entries();
    assert.equal(entry?.address, "bob@evil.example", "where the mail would go");
    await stop.picture("name");
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

it("in letters of another script", async () => {
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

it("several findings are one dialog; what is left after one answer is asked in it", async () => {
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

it("a list is opened, and one in it", async () => {
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

it("a list that is all right leaves unasked", async () => {
    await app().compose("addList", "Team", [
        ["Carol", CLEAN],
        ["Eve", "eve@army.mil"],
    ]);
    const message = await compose({ to: ["Team <Team>"] });
    await message.send();
    await message.assertArrived(CLEAN, "eve@army.mil");
});

it("the member of a list is removed by going back, the list can't be rewritten", async () => {
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

it("five hundred right ones leave unasked", async () => {
    const to = Array.from({ length: 500 }, (_, index) => `person${index}@army.mil`);
    const message = await compose({ bcc: to });
    await message.send();
    await message.assertArrived(...to);
});

it("one wrong among five hundred is found", async () => {
    const to = Array.from({ length: 499 }, (_, index) => `person${index}@army.mil`);
    const message = await compose({ bcc: [...to, "bob@army.ml"] });
    const stop = await message.sendAsked();
    assert.equal((await stop.entries()).length, 1);
    await stop.correct();
    await message.assertArrived(...to, "bob@army.mil");
});

it("a body of five megabytes, clean and not", async () => {
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

it("a mild finding alone passes", async () => {
    const message = await compose({ to: ["jane.doe@mail.ml"] });
    await message.send();
    await message.assertArrived("jane.doe@mail.ml");
});

for (const [where, draft] of Object.entries({
    subject: { subject: "CUI//SP-PRVCY travel orders" },
    body: { body: "CUI//SP-PRVCY\n\nTravel orders." },
    "attachment's name": { attachments: [{ name: "CUI-roster.txt", text: "Names." }] },
})) {
    it(`a marking in the ${where} raises it`, async () => {
        const message = await compose({ to: ["jane.doe@mail.ml"], ...draft });
        const stop = await message.sendAsked();
        await stop.correct();
        await message.assertArrived("jane.doe@mail.mil");
    });
}
