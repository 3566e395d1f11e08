// @ts-check
// People who have changed Thunderbird's settings: several identities, plain text, a spell check before Send,
// newsgroups, a draft that outlives a restart.

import assert from "node:assert/strict";

import { after } from "node:test";

import { CLEAN, Compose, waitFor } from "../driver/compose.js";
import { News } from "../driver/news.js";
import { thunderbirdTests } from "../driver/suite.js";

const OTHER = "alice@wing.example";
/** The sender of posts to newsgroups: Thunderbird removes newsgroups from messages of any other identity. */
const POSTER = "alice@news.example";
const GROUP = "mil.test";

const news = new News();
after(() => news.stop());

const { app, it, compose } = thunderbirdTests(async () => ({
    name: "habits",
    prefs: {
        ...newsAccount((await news.start()).port),
        "mail.account.account1.identities": "id1,id2",
        ...identity("id2", OTHER),
        "mail.identity.id2.compose_html": false,
    },
}));

/**
 * @param {string} key
 * @param {string} address
 */
function identity(key, address) {
    const name = `mail.identity.${key}`;
    return {
        [`${name}.draft_folder`]: "mailbox://nobody@Local%20Folders/Drafts",
        [`${name}.fcc_folder`]: "mailbox://nobody@Local%20Folders/Sent",
        [`${name}.fullName`]: "Alice",
        [`${name}.smtpServer`]: "smtp1",
        [`${name}.useremail`]: address,
        [`${name}.valid`]: true,
    };
}

/** @param {number} port */
function newsAccount(port) {
    return {
        "mail.accountmanager.accounts": "account1,account2",
        "mail.account.account2.identities": "id3",
        "mail.account.account2.server": "server2",
        ...identity("id3", POSTER),
        "mail.server.server2.type": "nntp",
        "mail.server.server2.hostname": "127.0.0.1",
        "mail.server.server2.port": port,
        "mail.server.server2.name": "News",
        "mail.server.server2.userName": "nobody",
    };
}

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

it("a message is asked about again after a change of identity, because the approval was for the first identity", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    // A dialog that gets the focus later checks the message again, so the sender would see the change before the press.
    await stop.waitFocused();
    await habit("writeAs", message.id, OTHER);
    await stop.choose("sendAnyway");
    await waitFor("the dialog to say so", async () => /have changed/.test(await stop.text()));
    await message.assertNotSent();
    await stop.choose("sendAnyway");
    const { source } = await message.assertArrived("bob@army.ml");
    assert.match(source, new RegExp(`^From: Alice <${OTHER}>`, "m"));
});

it("a message of another identity, in plain text, is corrected and sent under that identity", async () => {
    const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN], identity: OTHER, html: "default" });
    const stop = await message.sendAsked();
    await stop.correct();
    const { from, source } = await message.assertArrived("bob@army.mil", CLEAN);
    assert.equal(from, OTHER);
    assert.match(source, new RegExp(`^From: Alice <${OTHER}>`, "m"));
    assert.match(source, /^Content-Type: text\/plain/m);
});

it("Thunderbird's spell check opens in front after “Send anyway”, and can still stop the message", async () => {
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
                // Within a second and a half the dialog still exists, and says that the message was not
                // sent.
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

it("a message to a newsgroup alone is posted without a question", async () => {
    const message = await compose({ newsgroups: GROUP, identity: POSTER });
    await message.send();
    await waitFor("the article", async () => news.all(message.subject).length === 1);
    await app().compose("waitComposeClosed", message.id, 60_000);
    assert.deepEqual(app().sink.all(message.subject), []);
});

it("a message to a newsgroup and a look-alike is stopped, and the button counts the newsgroup", async () => {
    const message = await compose({ to: ["bob@army.ml"], newsgroups: GROUP, identity: POSTER });
    const stop = await message.sendAsked();
    assert.deepEqual((await stop.entries()).map(({ address }) => address), ["bob@army.ml"]);
    await message.assertNotSent();
    assert.deepEqual(news.all(message.subject), []);
    await stop.choose("use");
    await stop.waitClear();
    assert.match(await stop.text(), /Send to 2 recipients/);
    await stop.choose("send");
    await message.assertArrived("bob@army.mil");
    const articles = news.all(message.subject);
    assert.deepEqual(articles.map(({ newsgroups }) => newsgroups), [GROUP]);
});

it("a message to a newsgroup can still be posted after its look-alike is removed", async () => {
    const message = await compose({ to: ["bob@army.ml"], newsgroups: GROUP, identity: POSTER });
    const stop = await message.sendAsked();
    await stop.choose("remove");
    await stop.waitClear();
    await message.assertNotSent();
    assert.deepEqual(news.all(message.subject), []);
    await stop.choose("send");
    await waitFor("the article", async () => news.all(message.subject).length === 1);
    await app().compose("waitComposeClosed", message.id, 60_000);
    assert.deepEqual(app().sink.all(message.subject), []);
});

it("an approval does not include a newsgroup added while the dialog is open", async () => {
    const message = await compose({ to: ["bob@army.ml"], identity: POSTER });
    const stop = await message.sendAsked();
    await stop.waitFocused();
    await habit("addNewsgroup", message.id, GROUP);
    await stop.choose("sendAnyway");
    await waitFor("the dialog to say so", async () => /have changed/.test(await stop.text()));
    await message.assertNotSent();
    assert.deepEqual(news.all(message.subject), []);
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml");
    assert.equal(news.all(message.subject).length, 1);
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

it("a draft saved by quitting while the dialog asks is stopped at the first Send after the start", async () => {
    const message = await compose({ to: ["bob@army.ml"], subject: "Quit in between" });
    await message.enter(CLEAN, "cc");
    await message.sendAsked();
    await habit("quitByMenu");
    await waitFor("Thunderbird's question", async () => (await app().windows("prompts")).length === 1);
    await app().windows("acceptPrompts");
    // Thunderbird cancels quitting, saves, and closes the message.
    await app().compose("waitComposeClosed", message.id, 60_000);
    await app().restart();
    assert.deepEqual(await app().windows("pages"), [], "no dialog is left over");
    assert.deepEqual(app().sink.all(message.subject), []);
    const again = new Compose(app(), await habit("openDraft", message.subject), message.subject);
    assert.deepEqual(await again.recipients(), { to: ["bob@army.ml"], cc: [CLEAN] });
    const asked = await again.sendAsked();
    await asked.correct();
    await again.assertArrived("bob@army.mil", CLEAN);
});
