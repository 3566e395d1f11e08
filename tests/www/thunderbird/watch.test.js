// @ts-check
// The badge while the sender writes a message: how often the draft is read, and when that stops.

import assert from "node:assert/strict";
import { it } from "node:test";

import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

let fake = fakeMessenger();
globalThis.fetch = /** @type {any} */ (fetchFile);
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });

const { showBadge, Watch } = await import(new URL("thunderbird/watch.js", ADDIN).href);
const { checkDraft, prepare } = await import(new URL("thunderbird/draft.js", ADDIN).href);
await prepare();

/** Runs everything that waits only for promises. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/**
 * A fake clock. `cost` is how long reading the draft takes.
 *
 * @param {import("node:test").TestContext} context
 */
function start(context) {
    fake = fakeMessenger();
    fake.drafts[1] = { to: ["carol@army.mil"] };
    context.mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const clock = { costMs: 0 };
    let nowMs = 0;
    context.mock.method(performance, "now", () => {
        nowMs += clock.costMs;
        return nowMs;
    });
    const run = async (/** @type {number} */ ms) => {
        for (let passed = 0; passed < ms; passed += 250) {
            context.mock.timers.tick(250);
            for (let turn = 0; turn < 5; turn += 1) {
                await settle();
            }
        }
    };
    const badges = () => fake.calls.filter(([name]) => name === "setBadgeText").map(([, { text }]) => text);
    return { clock, run, badges, watch: new Watch(), looks: () => fake.count("getComposeDetails") };
}

it("the add-in shows a number once a recipient is added, and none once it is removed", async (context) => {
    const { run, badges, watch } = start(context);
    await watch.look(1);
    assert.deepEqual(badges(), [""]);
    fake.drafts[1].to.push("bob@army.ml", "eve@us.navy.mil.com");
    await run(1500);
    assert.deepEqual(badges(), ["", "2"]);
    const [, { color }] = /** @type {any} */ (fake.calls.filter(([name]) => name === "setBadgeBackgroundColor").at(-1));
    assert.equal(color, "#8a4b00");
    fake.drafts[1].to = ["carol@army.mil"];
    await run(1500);
    assert.deepEqual(badges(), ["", "2", ""]);
});

it("the add-in reads the draft once a second, and checks it only if it has changed", async (context) => {
    const { run, badges, looks, watch } = start(context);
    await watch.look(1);
    await run(10_000);
    assert.ok(looks() >= 9 && looks() <= 11, `${looks()} looks`);
    assert.deepEqual(badges(), [""]);
});

it("the add-in reads the draft less often if that takes longer", async (context) => {
    const { clock, run, looks, watch } = start(context);
    clock.costMs = 258;
    await watch.look(1);
    await run(60_000);
    assert.ok(looks() >= 2 && looks() <= 4, `${looks()} looks`);
    await run(240_000);
    assert.ok(looks() <= 6, `${looks()} looks`);
    // After one recipient has changed, others may follow.
    fake.drafts[1].to.push("bob@army.ml");
    await watch.focus(-1);
    await run(240_000);
    await watch.focus(101);
    const before = looks();
    await run(17_000);
    assert.equal(looks() - before, 1);
});

it("the add-in does not read a long text again for each change of the window", async (context) => {
    const { clock, run, looks, watch } = start(context);
    clock.costMs = 1000;
    await watch.look(1);
    for (let times = 0; times < 10; times += 1) {
        await watch.focus(-1);
        await run(500);
        await watch.focus(101);
    }
    assert.equal(looks(), 1);
});

it("the add-in calls Thunderbird while it waits, so that the page is not suspended", async (context) => {
    const { clock, run, looks, watch } = start(context);
    clock.costMs = 1000;
    await watch.look(1);
    fake.calls.length = 0;
    await run(25_000);
    assert.equal(looks(), 0);
    assert.equal(fake.count("tabs.get"), 1);
});

it("the add-in stops reading while another window is in front, and continues with the next message", async (context) => {
    const { run, looks, watch } = start(context);
    await watch.look(1);
    await watch.focus(999);
    await run(5000);
    assert.equal(looks(), 1);
    await watch.focus(101);
    await run(2000);
    assert.equal(looks(), 4);
    await watch.focus(-1);
    await run(5000);
    assert.equal(looks(), 4);
});

it("the add-in finds the message in front after a restart", async (context) => {
    const { run, looks, watch } = start(context);
    const query = fake.messenger.tabs.query;
    fake.messenger.tabs.query = async () => [{ id: 5, windowId: 9, type: "mail" }];
    await watch.begin();
    assert.equal(looks(), 0);
    fake.messenger.tabs.query = () => query({ windowId: 101 });
    await watch.begin();
    await watch.begin();
    assert.equal(looks(), 1);
    await run(1500);
    assert.equal(looks(), 2);
});

it("the add-in leaves a message alone while it is being sent", async (context) => {
    const { run, looks, watch } = start(context);
    await watch.look(1);
    watch.pause(1);
    await run(10_000);
    assert.equal(looks(), 1);
    watch.resume(1);
    await run(2000);
    assert.ok(looks() >= 2);
    watch.pause(1);
    const before = looks();
    await run(70_000);
    assert.ok(looks() > before, "Thunderbird has not reported the end of sending, so the add-in reads again");
});

it("the add-in shows the guard's verdict without reading the message again", async (context) => {
    const { badges, looks, watch } = start(context);
    await watch.look(1);
    watch.learn(1, await checkDraft(1, { to: ["bob@army.ml"] }));
    assert.deepEqual(badges(), ["", "1"]);
    assert.equal(looks(), 1);
});

it("the add-in shows nothing in audit mode: no number, and a button that opens nothing", async (context) => {
    start(context);
    const verdict = await checkDraft(1, { to: ["bob@army.ml"] });
    assert.equal(verdict.report.severity, "warn");
    const { settings } = verdict;
    await showBadge(1, { ...verdict, settings: { ...settings, policy: { ...settings.policy, mode: "audit" } } });
    const calls = fake.calls.filter(([name]) => /Badge|Title|able$/.test(name));
    assert.deepEqual(calls.sort(), [
        ["disable", 1],
        ["setBadgeText", { tabId: 1, text: "" }],
        ["setTitle", { tabId: 1, title: "Milguard" }],
    ]);
    await showBadge(1, verdict);
    assert.equal(fake.count("enable"), 1, "another policy shows it again");
});

it("the add-in shows the verdict of a new policy on the same recipients", async (context) => {
    const { badges, watch } = start(context);
    await watch.look(1);
    await watch.again();
    assert.deepEqual(badges(), ["", ""]);
});

it("the add-in stops reading when the window is closed", async (context) => {
    const { run, looks, watch } = start(context);
    await watch.look(1);
    delete fake.drafts[1];
    await run(2000);
    const before = fake.calls.length;
    await run(60_000);
    assert.equal(fake.calls.length, before);
    assert.equal(looks(), 2);
});

it("the add-in continues after reading has failed", async (context) => {
    const { run, badges, watch } = start(context);
    const { getComposeDetails } = fake.messenger.compose;
    await watch.look(1);
    fake.messenger.compose.getComposeDetails = () => Promise.reject(new Error("busy"));
    await run(2000);
    fake.messenger.compose.getComposeDetails = getComposeDetails;
    fake.drafts[1].to.push("bob@army.ml");
    await run(25_000);
    assert.deepEqual(badges(), ["", "1"]);
});
