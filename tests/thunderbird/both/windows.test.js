// @ts-check
// The dialog's window beside the message's, under a window manager that lets no program raise its own window.

import assert from "node:assert/strict";

import { CLEAN, waitFor } from "../driver/compose.js";
import { Stop } from "../driver/stop.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose } = thunderbirdTests({ name: "windows" });

const DIALOG = /^Not sent/;

/**
 * Does what a person does: clicks the message, so that the dialog lies behind it, and presses
 * Ctrl+Enter.
 *
 * @param {import("../driver/compose.js").Compose} message
 */
async function pressAgain(message) {
    await message.send("key");
}

/** @param {Stop} old */
async function another(old) {
    const stop = await Stop.appeared(app(), [old.id]);
    await app().display.waitActive(DIALOG);
    await old.waitClosed();
    assert.equal((await app().windows("pages")).length, 1, "one dialog");
    return stop;
}

it("Send again brings a dialog to the front that lies behind the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const first = await message.sendAsked("key");
    await app().display.waitActive(DIALOG);
    await pressAgain(message);
    const second = await another(first);
    await pressAgain(message);
    const third = await another(second);
    await third.correct();
    await message.assertArrived("bob@army.mil");
});

it("Send again brings the dialog to the front over a maximised message, and if it was minimised", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    await app().windows("maximise", message.id);
    const first = await message.sendAsked("key");
    await app().display.waitActive(DIALOG);
    await pressAgain(message);
    const second = await another(first);
    await app().display.minimise("Not sent");
    await pressAgain(message);
    const third = await another(second);
    await third.choose("back");
    await message.assertKept();
});

it("however fast Send is pressed, there is one dialog for the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    // The intervals are as long as the dialog takes to open, and shorter.
    const pauses = Array.from({ length: 20 }, (_, index) => [0, 30, 60, 90, 130, 180, 250][(index * 5) % 7] ?? 0);
    await app().display.activate((await message.state())?.title ?? "");
    await app().display.pressOften("ctrl+Return", pauses);
    const stop = await Stop.appeared(app());
    await app().display.waitActive(DIALOG);
    await message.assertNotSent();
    assert.equal((await app().windows("pages")).length, 1, "one dialog");
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml");
});

it("two messages have two dialogs that can be told apart", async () => {
    const first = await compose({ to: ["bob@army.ml"], subject: "Roster" });
    const second = await compose({ to: ["eve@us.navy.ml", CLEAN], subject: "Orders" });
    const one = await first.sendAsked();
    const two = await second.sendAsked();
    assert.match(await one.title(), /bob@army\.ml.*Roster/);
    assert.match(await two.title(), /eve@us\.navy\.ml.*Orders/);
    assert.match(await two.text(), /“\P{L}?Orders\P{L}?” to 2 recipients/u);
    const places = await Promise.all([one, two].map(({ window }) => app().windows("placeOf", window)));
    const [{ left = 0, top = 0 } = {}, { left: otherLeft = 0, top: otherTop = 0 } = {}] = places;
    assert.ok(Math.abs(left - otherLeft) >= 20 && Math.abs(top - otherTop) >= 20, JSON.stringify(places));
    for (const stop of [one, two]) {
        await stop.choose("back");
        await stop.waitClosed();
    }
});

it("a dialog that is shown again keeps its buttons, so that no press is lost", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    const connected = await stop.run((document) => {
        const { stopView: view, JSON: json } = /** @type {any} */ (document.defaultView).wrappedJSObject;
        const button = document.querySelector("[data-action=use-suggestion]");
        view.show(view.first);
        const afterSame = button?.isConnected;
        view.show(json.parse(JSON.stringify(view.first).replaceAll("army.ml", "navy.ml")));
        const afterOther = button?.isConnected;
        view.show(view.first);
        return { afterSame, afterOther };
    });
    assert.deepEqual(connected, { afterSame: true, afterOther: false });
    await stop.correct();
    await message.assertArrived("bob@army.mil");
});

it("the dialog is as high as its content", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await waitFor("the window to fit", () =>
        stop.run((document) => {
            const main = document.querySelector("main");
            const surplus = (document.defaultView?.innerHeight ?? 0) - (main?.offsetHeight ?? 0);
            return surplus >= -12 && surplus <= 40;
        }),
    );
    await stop.choose("back");
    await stop.waitClosed();
});
