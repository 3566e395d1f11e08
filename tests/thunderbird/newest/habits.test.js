// @ts-check
// People who have set Thunderbird otherwise: several identities, plain text, spelling before Send, newsgroups, a draft that
// outlives a restart.

import assert from "node:assert/strict";

import { CLEAN, Compose, waitFor } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const OTHER = "alice@wing.example";

const { app, it, compose } = thunderbirdTests({
    name: "habits",
    prefs: {
        "mail.account.account1.identities": "id1,id2",
        "mail.identity.id2.draft_folder": "mailbox://nobody@Local%20Folders/Drafts",
        "mail.identity.id2.fcc_folder": "mailbox://nobody@Local%20Folders/Sent",
        "mail.identity.id2.fullName": "Alice",
        "mail.identity.id2.smtpServer": "smtp1",
        "mail.identity.id2.useremail": OTHER,
        "mail.identity.id2.valid": true,
    },
});

/**
 * @param {keyof typeof import("../inside/habits.js")} name
 * @param {...unknown} args
 */
const habit = (name, ...args) => app().inside("habits", name, ...args);

it("a message in plain text is stopped and corrected", async () => {
    const message = await compose({ to: ["bob@army.ml"], html: false });
    const stop = await message.sendAsked("key");
    await stop.correct();
    const { source } = await message.assertArrived("bob@army.mil");
    assert.match(source, /^Content-Type: text\/plain/m);
});

it("a marking in plain text is seen", async () => {
    const message = await compose({ to: ["jane.doe@mail.ml"], html: false, body: "CUI//SP-PRVCY\n\nTravel orders." });
    const stop = await message.sendAsked();
    await stop.correct();
    await message.assertArrived("jane.doe@mail.mil");
});

it("another identity is asked again: the approval was for the first", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await habit("writeAs", message.id, OTHER);
    await stop.choose("sendAnyway");
    await waitFor("the dialog to say so", async () => /have changed/.test(await stop.text()));
    await message.assertNotSent();
    await stop.choose("sendAnyway");
    const { source } = await message.assertArrived("bob@army.ml");
    assert.match(source, new RegExp(`^From: Alice <${OTHER}>`, "m"));
});

it("the spelling is checked after the answer, in front of everything, and can still stop the message", async () => {
    await habit("setPreference", "mail.SpellCheckBeforeSend", true);
    try {
        const message = await compose({ to: ["bob@army.ml"], body: "Teh ordres." });
        for (const isSent of [false, true]) {
            const stop = await message.sendAsked();
            await stop.choose("sendAnyway");
            await app().display.waitActive(/^Check Spelling/);
            await habit("finishSpelling", isSent);
            if (!isSent) {
                await message.assertNotSent();
                // Within a second and a half it is still there, and says that the message was not sent.
                if (await stop.isOpen()) {
                    await stop.choose("back");
                }
            }
            await stop.waitClosed();
        }
        await message.assertArrived("bob@army.ml");
    } finally {
        await habit("setPreference", "mail.SpellCheckBeforeSend", false);
    }
});

it("a message to a newsgroup and a look-alike is stopped", async () => {
    const message = await compose({ to: ["bob@army.ml"], newsgroups: "mil.test" });
    const stop = await message.sendAsked();
    assert.deepEqual((await stop.entries()).map(({ address }) => address), ["bob@army.ml"]);
    await stop.choose("back");
    await stop.waitClosed();
    await message.assertNotSent();
});

it("a draft that is opened after a restart is stopped at the first Send", async () => {
    const message = await compose({ to: ["bob@army.ml", CLEAN], subject: "Outlives a restart" });
    const stop = await message.sendAsked();
    await stop.choose("back");
    await stop.waitClosed();
    await message.send("draft");
    await waitFor("the draft", async () => (await app().compose("subjects", "Drafts")).includes(message.subject));
    await message.close();
    await app().restart();
    const again = new Compose(app(), await habit("openDraft", message.subject), message.subject);
    const asked = await again.sendAsked();
    await asked.correct();
    await again.assertArrived("bob@army.mil", CLEAN);
});
