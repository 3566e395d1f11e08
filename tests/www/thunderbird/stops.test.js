// @ts-check
// The content of the dialog about a stopped message, and the effect of its buttons.

import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { installDocument } from "./dom.js";
import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

let fake = fakeMessenger();
/** @type {any[]} */
let reported = [];
globalThis.fetch = /** @type {any} */ (fetchFile);
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });
installDocument();

const { checkDraft } = await import(new URL("thunderbird/draft.js", ADDIN).href);
const stops = await import(new URL("thunderbird/stops.js", ADDIN).href);
stops.onDecision((/** @type {any} */ decision) => reported.push(decision));

beforeEach(() => {
    fake = fakeMessenger();
    reported = [];
    stops.end(1);
});

/** @param {object} details of the message in tab 1 */
async function stop(details) {
    write(details);
    return stops.begin(1, await checkDraft(1, fake.drafts[1]));
}

/** @param {object} details */
function write(details) {
    fake.drafts[1] = { from: "alice@example.mil", subject: "Roster", ...details };
}

/**
 * @param {any} page that the dialog shows
 * @param {object} what
 */
const press = (page, what) => stops.answer(1, { ...what, shown: page && { key: page.key, message: page.message } });

/** @param {string} text without the characters that isolate an address from the text around it */
const plain = (text) => text.replace(/[\u2068\u2069]/g, "");

/** @param {any} page */
const shown = ({ findings, others }) => [findings, others].map((list) => list.map((/** @type {any} */ tree) => addressOf(tree)));

/**
 * @param {any} tree
 * @returns {string}
 */
function addressOf([, { class: name }, ...children]) {
    const read = name === "mg-address" ? textOf : (/** @type {any} */ node) => (typeof node === "string" ? "" : addressOf(node));
    return children.map(read).join("");
}

/**
 * @param {any} node
 * @returns {string}
 */
function textOf(node) {
    return typeof node === "string" ? node : node.slice(2).map(textOf).join("");
}

it("the dialog names the suspicious recipients, the message, and the recipients to whom the button would send it", async () => {
    const page = await stop({ to: ["Bob <bob@army.ml>"] });
    assert.equal(plain(page.title), "stopTitleOne bob@army.ml");
    assert.equal(plain(page.about), "stopAboutOne Roster,bob@army.ml");
    assert.equal(plain(page.send.label), "stopSendAnywayOne bob@army.ml");
    assert.equal(page.state, "asking");
    assert.equal(page.useAll, 0);
    const { action, recipients } = page.decision;
    assert.deepEqual([action, recipients.length, recipients[0].reasons], ["sent-anyway", 1, ["suffix-typo"]]);
});

it("the dialog lists findings that stop nothing separately, and counts them in the button's label", async () => {
    const page = await stop({ to: ["bob@navy.ml", "ann@army0.ml", "kim@gmail.com"] });
    assert.deepEqual(shown(page), [["bob@navy.ml"], ["ann@army0.ml"]]);
    assert.equal(plain(page.title), "stopTitleOne bob@navy.ml");
    assert.equal(page.send.label, "stopSendAnywaySeveral 2");
});

it("the dialog keeps asking after a correction, until the one button that sends", async () => {
    const page = await stop({ to: ["bob@navy.ml", "ann@army0.ml"] });
    const index = 0;
    const { page: next, ...rest } = await press(page, { type: "use", index });
    assert.deepEqual(rest, {});
    assert.equal(next.state, "clear");
    assert.deepEqual(shown(next), [[], ["ann@army0.ml"]]);
    assert.equal(next.send.label, "stopSendSeveral 2");
    assert.equal(next.decision, null, "nothing is sent in spite of a finding");
    assert.deepEqual(fake.drafts[1].to, ["bob@navy.mil", "ann@army0.ml"]);
    assert.equal(fake.count("sendMessage"), 0);
    assert.deepEqual(reported.map(({ action, message }) => [action, message === page.message]), [["fixed", true]]);
});

it("the dialog uses all suggestions at once", async () => {
    const page = await stop({ to: ["bob@navy.ml", "eve@us.navy.ml"], cc: ["ann@army0.ml"] });
    assert.equal(page.useAll, 2);
    assert.equal(page.title, "stopTitleSeveral 2");
    const { page: next } = await press(page, { type: "use-all" });
    assert.equal(next.state, "clear");
    assert.deepEqual([fake.drafts[1].to, fake.drafts[1].cc], [["bob@navy.mil", "eve@us.navy.mil"], ["ann@army0.ml"]]);
    assert.equal(reported[0].recipients.length, 2);
});

it("the dialog closes when the only recipient is removed", async () => {
    const page = await stop({ to: ["bob@army.ml"] });
    assert.match(JSON.stringify(page.findings), /stopRemoveAndBack/);
    assert.deepEqual(await press(page, { type: "remove", index: 0 }), { isDone: true });
    assert.deepEqual(fake.drafts[1].to, []);
    assert.equal(reported[0].action, "removed");
});

it("the dialog counts the newsgroups that a message goes to, and does not close while one remains", async () => {
    const page = await stop({ to: ["bob@army.ml"], newsgroups: ["mil.test"] });
    assert.equal(page.about, "stopAbout \u2068Roster\u2069,2");
    assert.doesNotMatch(JSON.stringify(page.findings), /stopRemoveAndBack/);
    write({ to: ["bob@army.ml"], newsgroups: ["mil.test", "mil.other"] });
    const { page: other } = await press(page, { type: "look", isInterrupted: false });
    assert.deepEqual([other.notice, other.about], ["stopChanged", "stopAbout \u2068Roster\u2069,3"]);
    const { page: next } = await press(other, { type: "remove", index: 0 });
    assert.deepEqual([next.state, next.send.label], ["clear", "stopSendSeveral 2"]);
});

it("the dialog changes nothing where the sender has changed the recipients meanwhile, and shows the new ones", async () => {
    const page = await stop({ to: ["bob@army.ml"] });
    write({ to: ["carol@army.mil", "eve@navy.ml"] });
    await press(page, { type: "look", isInterrupted: false });
    const { page: next } = await press(page, { type: "remove", index: 0 });
    assert.deepEqual(shown(next), [["eve@navy.ml"], []]);
    assert.equal(next.notice, "stopChanged");
    assert.deepEqual(fake.drafts[1].to, ["carol@army.mil", "eve@navy.ml"]);
    assert.deepEqual(reported, []);
});

it("the dialog never passes a message stopped for a finding, and passes one that was stopped because the check failed", async () => {
    const page = await stop({ to: ["bob@army.ml"] });
    write({ to: ["carol@army.mil"] });
    const { page: next } = await press(page, { type: "look", isInterrupted: false });
    assert.equal(next.state, "clear");
    // The event page was suspended and has lost its state; the dialog has not.
    stops.end(1);
    assert.equal((await press(page, { type: "look", isInterrupted: false })).page.state, "clear");
    stops.end(1);
    const { isPassed, key } = await press(null, { type: "look", isInterrupted: false });
    assert.deepEqual([isPassed, key], [true, next.key]);
    stops.end(1);
    const { page: interrupted } = await press(null, { type: "look", isInterrupted: true });
    assert.deepEqual([interrupted.state, interrupted.notice], ["clear", "stopInterrupted"]);
});

it("the dialog answers a press after the event page has slept", async () => {
    const page = await stop({ to: ["bob@army.ml"] });
    stops.end(1);
    const { page: next } = await press(page, { type: "use", index: 0 });
    assert.deepEqual(fake.drafts[1].to, ["bob@army.mil"]);
    assert.equal(next.state, "clear");
    assert.equal(reported[0].message, page.message, "it is still the same message");
});

it("the dialog keeps the reason that was typed, and the countdown that has begun", async () => {
    const page = await stop({ to: ["bob@army.ml"] });
    stops.typed(1, "They have mo");
    const again = await stop({ to: ["bob@army.ml"] });
    assert.equal(again.typed, "They have mo");
    assert.equal(again.send.until, page.send.until);
    assert.equal(again.message, page.message);
});

it("the dialog keeps text of the message from changing the text around it", async () => {
    const page = await stop({ to: ["b\u202Eb@army.ml"], subject: "A\u202EB\u0000" });
    for (const text of [page.title, page.about, page.send.label]) {
        assert.doesNotMatch(plain(text), /[\p{Cc}\p{Cf}]/u, JSON.stringify(text));
    }
    const { about } = await stop({ to: ["bob@army.ml"], subject: "x".repeat(1000) });
    assert.ok(about.length < 200);
});
