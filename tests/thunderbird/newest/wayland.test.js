// @ts-check
// Thunderbird with Wayland, where no program may place or raise a window, in weston: what a sender does with the dialog.

import assert from "node:assert/strict";

import { CLEAN, waitFor } from "../driver/compose.js";
import { Stop } from "../driver/stop.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose } = thunderbirdTests({ name: "wayland", isWayland: true });

it("the windows are those of Wayland", async () => {
    assert.equal(await app().windows("windowProtocol"), "wayland");
});

it("ordinary mail leaves without a question", async () => {
    const message = await compose({ to: [CLEAN, "sam@gmail.com"] });
    await message.send();
    await message.assertArrived(CLEAN, "sam@gmail.com");
});

it("a look-alike is stopped, corrected, and sent to the right recipient", async () => {
    const message = await compose({ to: ["Bob <bob@army.ml>"] });
    const stop = await message.sendAsked();
    assert.deepEqual((await stop.entries()).map(({ address }) => address), ["bob@army.ml"]);
    await stop.correct();
    await message.assertArrived("bob@army.mil");
    await stop.waitClosed();
});

it("sending anyway sends exactly to the recipients that the dialog names", async () => {
    const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN] });
    const stop = await message.sendAsked();
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml", CLEAN);
    await stop.waitClosed();
});

it("after going back, the message is as it was, and can be saved and sent", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.choose("back");
    await stop.waitClosed();
    await message.assertKept();
});

it("another Send while the dialog is open leaves one dialog, and its answer counts", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    await message.sendAsked();
    for (let time = 0; time < 3; time += 1) {
        await message.send();
        await message.assertNotSent();
    }
    await waitFor("one dialog", async () => (await app().windows("countWindows", "extensionPopup")) === 1);
    const stop = await Stop.appeared(app());
    await stop.choose("sendAnyway");
    await message.assertArrived("bob@army.ml");
    await stop.waitClosed();
});

it("the dialog gets the keys as soon as it opens: Escape goes back to the message", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.waitFocused();
    await app().display.press("Escape");
    await stop.waitClosed();
    await message.assertKept();
});
