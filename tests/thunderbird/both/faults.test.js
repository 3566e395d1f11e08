// @ts-check
// Faults while a message is sent. In every case the message is neither lost nor sent without a question, and its
// window can be used afterwards.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { CLEAN, waitFor } from "../driver/compose.js";
import { changed } from "../driver/damage.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

const IDLE_MS = 2000;

describe("while the background page sleeps", () => {
    const { app, it, compose } = thunderbirdTests({
        name: "idle",
        prefs: { "extensions.background.idle.timeout": IDLE_MS },
    });

    /** Waits longer than the page may be idle; Thunderbird then decides whether it sleeps. */
    const wait = () => new Promise((resolve) => setTimeout(resolve, IDLE_MS * 3));

    it("the dialog waits, and a correction answers it", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await wait();
        assert.deepEqual(app().sink.all(message.subject), []);
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("the dialog waits, and sending anyway answers it", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await wait();
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml");
    });

    it("the dialog still works after the page is ended by force", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await app().ofAddin("suspend");
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml");
    });

    it("the dialog is closed while the page sleeps", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await app().ofAddin("suspend");
        await stop.close();
        await stop.waitClosed();
        await message.assertKept();
    });

    it("Send wakes the page: ordinary mail leaves, a look-alike is stopped", async () => {
        const ordinary = await compose({ to: [CLEAN] });
        await app().ofAddin("suspend");
        await ordinary.send();
        await ordinary.assertArrived(CLEAN);
        const message = await compose({ to: ["bob@army.ml"] });
        await app().ofAddin("suspend");
        const stop = await message.sendAsked();
        await stop.choose("back");
        await message.assertKept();
    });
});

describe("with a storage that is full or fails", () => {
    const { app, it, compose } = thunderbirdTests({
        name: "storage",
        prefs: { "dom.quotaManager.temporaryStorage.fixedLimit": 2000 },
    });

    for (const area of /** @type {const} */ (["session", "local"])) {
        it(`where storage.${area} is full, a look-alike is stopped, and a correction answers the dialog`, async () => {
            const kept = await compose({ to: ["bob@army.ml"] });
            const corrected = await compose({ to: ["bob@army.ml"] });
            assert.match(await app().ofAddin("inBackground", FILL, area), /Error/);
            const first = await kept.sendAsked();
            await first.choose("back");
            await kept.assertKept();
            const second = await corrected.sendAsked();
            await second.correct();
            await corrected.assertArrived("bob@army.mil");
        });

        it(`where storage.${area} is full, sending anyway works`, async () => {
            const message = await compose({ to: ["bob@army.ml"] });
            await app().ofAddin("inBackground", FILL, area);
            const stop = await message.sendAsked();
            await stop.choose("sendAnyway");
            await message.assertArrived("bob@army.ml");
        });

        it(`where storage.${area} is full, ordinary mail leaves`, async () => {
            const message = await compose({ to: [CLEAN] });
            await app().ofAddin("inBackground", FILL, area);
            await message.send();
            await message.assertArrived(CLEAN);
        });

        it(`where storage.${area} fails each time, a look-alike is stopped, and a correction answers the dialog`, async () => {
            const message = await compose({ to: ["bob@army.ml"] });
            await app().ofAddin("inBackground", BREAK, area);
            const stop = await message.sendAsked();
            await stop.correct();
            await message.assertArrived("bob@army.mil");
            // Ends the page whose storage is damaged; the next test gets a new one.
            await app().ofAddin("suspend");
        });
    }
});

describe("with a checker that is damaged", () => {
    const { it, compose } = thunderbirdTests(async () => ({
        name: "damaged",
        addin: await changed(await builtAddin(), { "checker/milguard_bg.wasm": "<html>login</html>" }),
    }));

    it("the dialog says that the check failed, and lets the sender send", async () => {
        const message = await compose({ to: [CLEAN], cc: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.match(await stop.text(), /could not/i);
        await stop.assertAccessible();
        await stop.picture("could-not-check");
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml", CLEAN);
    });

    it("the dialog says that the check failed, and lets the sender go back", async () => {
        const message = await compose({ to: [CLEAN] });
        const stop = await message.sendAsked();
        await stop.choose("back");
        await stop.waitClosed();
        await message.assertNotSent();
        const again = await message.sendAsked();
        await again.choose("sendAnyway");
        await message.assertArrived(CLEAN);
    });
});

for (const [onFailure, isSent] of /** @type {const} */ ([
    ["allow", true],
    ["block", false],
])) {
    describe(`with a checker that is damaged and onFailure: ${onFailure}`, () => {
        const { it, compose } = thunderbirdTests(async () => ({
            name: `damaged-${onFailure}`,
            addin: await changed(await builtAddin(), { "checker/milguard_bg.wasm": "" }),
            managed: { policy: { id: "test", version: 1, onFailure } },
        }));

        it(isSent ? "mail leaves although the check fails" : "mail stays because the check fails", async () => {
            const message = await compose({ to: [CLEAN] });
            if (isSent) {
                await message.send();
                await message.assertArrived(CLEAN);
                return;
            }
            const stop = await message.sendAsked();
            assert.equal(await stop.offers("sendAnyway"), false);
            await stop.choose("back");
            await stop.waitClosed();
            await message.assertNotSent();
        });
    });
}

describe("with a module that is damaged", () => {
    const { app, it, compose } = thunderbirdTests(async () => ({
        name: "module",
        addin: await changed(await builtAddin(), { "thunderbird/background.js": "import is not (this" }),
    }));

    it("nothing is sent without a question, and the window is usable", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await message.assertNotSent();
        await app().windows("closePage", stop.id);
        await message.send("draft");
        await waitFor("the draft", async () =>
            (await app().compose("subjects", "Drafts")).includes(message.subject),
        );
    });
});

// Runs in the add-in: fills a storage area completely, and returns the error at its end.
const FILL = `async (document, area) => {
    let error = "nothing failed";
    for (let size = 1 << 24; size > 4; ) {
        try {
            await messenger.storage[area].set({ ["fill" + Math.random()]: "x".repeat(size) });
        } catch (failure) {
            error = String(failure);
            size >>= 1;
        }
    }
    return error;
}`;

// Runs in the add-in: makes every access to a storage area fail.
const BREAK = `(document, area) => {
    const fail = () => Promise.reject(new Error("storage fails"));
    for (const name of ["get", "set", "remove"]) {
        messenger.storage[area][name] = fail;
        browser.storage[area][name] = fail;
    }
}`;
