// @ts-check
// Send is pressed again and again, at random intervals, and leads to one dialog, one report and one message. A press of
// a button in the dialog counts even if evidence arrives before its release.
//
// MILGUARD_ROUNDS=50 MILGUARD_SEED=7 node --test tests/thunderbird/both/presses.test.js

import assert from "node:assert/strict";
import { after, beforeEach } from "node:test";

import { Backend } from "../driver/backend.js";
import { waitFor } from "../driver/compose.js";
import { Stop } from "../driver/stop.js";
import { thunderbirdTests } from "../driver/suite.js";

const ROUNDS = Number(process.env.MILGUARD_ROUNDS ?? 3);
const SEED = Number(process.env.MILGUARD_SEED ?? 1);
const PRESSES = 20;

/** The shortest is less than Thunderbird takes to tell the add-in; the longest, more than the dialog takes to open. */
const LONGEST_PAUSES_MS = [20, 120, 400];

const backend = new Backend();
after(() => backend.stop());

const { app, it, compose } = thunderbirdTests(async () => {
    await backend.start();
    return {
        name: "presses",
        managed: {
            policy: { id: "presses", version: 1, reporting: "address" },
            backend: { url: backend.url, token: backend.token },
        },
    };
});

beforeEach(() => {
    backend.events = [];
    backend.domains = {};
});

it("a press of a button counts although evidence about the domain arrives before its release", async () => {
    backend.domains = { "army.ml": true };
    let tell = () => {};
    backend.domainsKnown = new Promise((resolve) => (tell = resolve));
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await app().display.waitActive(/^Not sent/);
    await app().windows("inPage", stop.id, LISTEN, null, true);
    await app().display.pointerDown(await stop.placeOf("use"));
    await waitFor("the button to be down", () => stop.run((document) => document.querySelector("button:active") !== null));
    tell();
    await waitFor("the evidence", () => stop.run((document) => document.documentElement.hasAttribute("data-told")));
    await app().display.pointerUp();
    await stop.waitClear();
    await stop.choose("send");
    await message.assertArrived("bob@army.mil");
});

// Runs in the dialog, whose own listener is called first.
const LISTEN = `(document) => {
    messenger.runtime.onMessage.addListener(({ page }) => {
        document.documentElement.toggleAttribute("data-told", Boolean(page));
    });
}`;

/**
 * Pseudo-random numbers from 0 to 1.
 *
 * @param {number} seed
 */
function randomFrom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let mixed = Math.imul(state ^ (state >>> 15), state | 1);
        mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

for (let round = 0; round < ROUNDS; round += 1) {
    const seed = SEED * 1000 + round;
    it(`${PRESSES} presses of Send lead to one dialog, one report and one message (${seed})`, async () => {
        const random = randomFrom(seed);
        const longest = LONGEST_PAUSES_MS[round % LONGEST_PAUSES_MS.length] ?? 0;
        const pauses = Array.from({ length: PRESSES }, () => Math.round(random() * longest));
        const message = await compose({ to: ["bob@army.ml"] });
        await app().display.activate((await message.state())?.title ?? "");
        await app().display.pressOften("ctrl+Return", pauses);
        const stop = await Stop.appeared(app());
        await app().display.waitActive(/^Not sent/);
        await message.assertNotSent();
        assert.equal(await app().windows("countWindows", "extensionPopup"), 1, `one dialog, after ${pauses}`);
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml");
        await stop.waitClosed();
        await waitFor("the report", async () => backend.events.length > 0);
        // A further event would be in the same batch.
        await app().ofAddin("inBackground", "async () => void (await messenger.storage.local.get(null))");
        assert.deepEqual(backend.events.map(({ action }) => action), ["sent-anyway"], `after ${pauses}`);
    });
}
