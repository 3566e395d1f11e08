// @ts-check
// The add-in's process dies, in each state of a message. Thunderbird neither loses the message nor sends it
// without a question, and its window can be used afterwards.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe } from "node:test";

import { CLEAN, waitFor } from "../driver/compose.js";
import { changed } from "../driver/damage.js";
import { Stop } from "../driver/stop.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

/** A text that Thunderbird takes long to read. */
const LONG_BODY = "<p>All work and no play makes Jack a dull boy.</p>\n".repeat(1000);

/** In the event page: whether it has stored the window of a dialog. */
const KNOWS_A_WINDOW = `async () => Object.values(await messenger.storage.session.get(null)).flat()
    .some((stored) => typeof stored?.windowId === "number")`;

/** @param {() => import("../driver/thunderbird.js").Thunderbird} app */
async function kill(app) {
    let id = 0;
    // There is no process while the add-in is suspended; and 0 would kill everything that runs
    // these tests.
    await waitFor("its process", async () => (id = await app().ofAddin("processId")) > 0);
    process.kill(id, "SIGKILL");
    await waitFor("its end", async () => (await app().ofAddin("processId")) !== id);
}

describe("while the add-in's process dies", () => {
    const { app, it, compose } = thunderbirdTests({ name: "killed" });

    it("the next Send asks again, although a dialog was open", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await message.sendAsked();
        // An add-in whose process dies before it answers leaves a window that Thunderbird never unlocks.
        await app().compose("waitComposeUnlocked", message.id, 60_000);
        await kill(app);
        await waitFor("the dialog's end", async () => (await app().windows("pages")).length === 0);
        await message.assertNotSent();
        const stop = await message.sendAsked();
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("Thunderbird starts the add-in's process again at Send", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await kill(app);
        const stop = await message.sendAsked();
        await stop.choose("back");
        await message.assertKept();
    });

    it("the first Send after a restart of Thunderbird is stopped", async () => {
        await app().restart();
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        await stop.correct();
        await message.assertArrived("bob@army.mil");
        const ordinary = await compose({ to: [CLEAN] });
        await ordinary.send();
        await ordinary.assertArrived(CLEAN);
    });
});

/** An add-in whose dialog tells the guard nothing, so that the guard still waits for it when the process dies. */
async function speechless() {
    const addin = await builtAddin();
    const [guard, stop] = await Promise.all(
        ["guard.js", "stop.js"].map((name) => readFile(`www/thunderbird/${name}`, "utf8")),
    );
    assert.match(guard ?? "", /OPENING_MS = 600;/);
    return changed(addin, {
        "thunderbird/guard.js": String(guard).replace("OPENING_MS = 600;", "OPENING_MS = 600_000;"),
        "thunderbird/stop.js": `if (!location.search.includes("interrupted")) await new Promise(() => {});\n${stop}`,
    });
}

describe("while the add-in's process dies as soon as the dialog opens", () => {
    const { app, it, compose } = thunderbirdTests(async () => ({ name: "killed-early", addin: await speechless() }));

    /**
     * Waits for the dialog's window, though its page never says anything, and until the add-in knows it. If the process dies
     * before that, nobody can tell the empty window from those of other add-ons: it stays until the sender closes it.
     */
    async function dialogOpens() {
        await waitFor("the dialog's window", async () => (await app().windows("countWindows", "extensionPopup")) === 1);
        await waitFor("the add-in to know it", () => app().ofAddin("inBackground", KNOWS_A_WINDOW));
    }

    /** @param {import("../driver/compose.js").Compose} message */
    async function comeBack(message) {
        // The focus starts the event page again, and its new dialog comes to the front at once.
        await app().display.raise((await message.state())?.title ?? "");
        const stop = await Stop.appeared(app());
        await waitFor("the empty window to close", async () => (await app().windows("countWindows", "extensionPopup")) === 1);
        return stop;
    }

    it("the message's window can be used, and the dialog asks again", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await message.send();
        await dialogOpens();
        await app().compose("waitComposeUnlocked", message.id, 60_000);
        await kill(app);
        await message.assertNotSent();
        const stop = await comeBack(message);
        assert.match(await stop.text(), /was interrupted and asks again/);
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("before Thunderbird has its answer, the dialog says why the window is locked, and asks once it is unlocked", async () => {
        const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN], body: LONG_BODY });
        await message.send();
        await dialogOpens();
        assert.equal((await message.state())?.isLocked, true);
        await kill(app);
        const stop = await comeBack(message);
        assert.match(await stop.text(), /Thunderbird has locked the message/);
        await stop.assertAccessible();
        await stop.picture("locked");
        assert.equal(await stop.offers("sendAnyway"), false);
        await app().compose("autosave", message.id);
        await app().compose("waitComposeUnlocked", message.id, 60_000);
        await waitFor("its question", () => stop.offers("use"));
        assert.match(await stop.text(), /was interrupted and asks again/);
        await stop.correct();
        await message.assertArrived("bob@army.mil", CLEAN);
    });
});
