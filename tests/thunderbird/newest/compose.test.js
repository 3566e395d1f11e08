// @ts-check
// The badge and popup before Send, and the add-in's pages.

import assert from "node:assert/strict";

import { CLEAN, waitFor } from "../driver/compose.js";
import { Page } from "../driver/page.js";
import { thunderbirdTests } from "../driver/suite.js";

const { app, it, compose } = thunderbirdTests({ name: "compose" });

/** How soon the button shows an entered recipient: the add-in asks less often if Thunderbird is slow. */
const NOTICED_MS = 60_000;

/**
 * @param {import("../driver/compose.js").Compose} message
 * @param {string} text
 */
const badge = (message, text) =>
    waitFor(
        `the badge "${text}"`,
        async () => (await message.badge()).text === text,
        NOTICED_MS,
    );

/** @param {import("../driver/compose.js").Compose} message */
async function openPopup(message) {
    await app().ofAddin("pressButton", message.id);
    return Page.wait(app(), "/thunderbird/popup.html");
}

it("the badge counts findings while the sender enters recipients", async () => {
    const message = await compose({});
    await message.enter(CLEAN);
    await message.enter("bob@army.ml");
    await badge(message, "1");
    await message.enter("eve@us.navy.ml", "cc");
    await badge(message, "2");
    await message.remove("bob@");
    await badge(message, "1");
    await message.remove("eve@");
    await badge(message, "");
});

it("the popup corrects and removes recipients", async () => {
    const message = await compose({ cc: [CLEAN] });
    await message.enter("Bob <bob@army.ml>");
    await message.enter("jane@armymil.com");
    await badge(message, "2");
    const popup = await openPopup(message);
    assert.deepEqual(
        (await popup.entries()).map(({ address }) => address),
        ["bob@army.ml", "jane@armymil.com"],
    );
    await popup.picture("popup");
    await popup.assertAccessible();
    await popup.press("[data-action=use-suggestion]");
    await waitFor("the correction", async () =>
        (await message.recipients()).to?.includes("Bob <bob@army.mil>"),
    );
    await waitFor("the popup", async () => (await popup.entries()).length === 1);
    // The popup takes one press at a time, and nothing shows when it is ready for the next.
    await waitFor("the removal", async () => {
        if ((await message.recipients()).to?.length === 1) {
            return true;
        }
        await popup.press("[data-action=remove]").catch(() => {});
        return false;
    });
    await badge(message, "");
    await popup.close();
    await message.send();
    await message.assertArrived("bob@army.mil", CLEAN);
});

it("the popup says so when nothing was found", async () => {
    const message = await compose({ to: [CLEAN] });
    const popup = await openPopup(message);
    assert.deepEqual(await popup.entries(), []);
    assert.ok((await popup.text()).length > 0);
    await popup.assertAccessible();
    await popup.close();
});

it("each window has its own badge", async () => {
    const first = await compose({ to: ["bob@army.ml"] });
    const second = await compose({ to: [CLEAN] });
    await badge(first, "1");
    await badge(second, "");
    await second.enter("eve@us.navy.ml");
    await second.enter("jane@armymil.com");
    await badge(second, "2");
    await badge(first, "1");
});

it("the dialog and its texts are accessible", async () => {
    const message = await compose({
        to: ['"bob@army.mil" <bob@evil.example>', "bob@\u0430rmy.mil"],
        cc: ["b\u202Eb@army.mil.com", "jane.doe@us.army.ml"],
    });
    const stop = await message.sendAsked();
    await stop.assertAccessible();
    await stop.picture("hostile");
    // The same texts, laid out from right to left.
    await stop.run((document) => {
        document.documentElement.dir = "rtl";
    });
    await stop.assertAccessible();
    await stop.run((document) => {
        document.documentElement.dir = "ltr";
        document.documentElement.style.fontSize = "200%";
    });
    await stop.assertAccessible();
    await stop.picture("large-text");
    await stop.choose("back");
    await stop.waitClosed();
});

it("the dialog is used by keyboard alone", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    const focused = () =>
        stop.run((document) => {
            const { activeElement } = document;
            return activeElement?.getAttribute("data-action") ?? activeElement?.id ?? "";
        });
    const place = () =>
        stop.run(({ activeElement, all }) => Array.prototype.indexOf.call(all, activeElement));
    assert.doesNotMatch(await focused(), /send-anyway/, "Enter must not send");
    for (let press = 0; (await focused()) !== "use-suggestion"; press += 1) {
        assert.ok(press < 12, "the Tab key reaches it");
        const before = await place();
        await stop.key("Tab");
        await waitFor("the focus to move", async () => (await place()) !== before);
    }
    await stop.key("Return");
    await stop.waitClear();
    assert.equal(await focused(), "send-anyway", "the next key is for the only button that sends");
    await stop.key("Return");
    await message.assertArrived("bob@army.mil");
});

it("pressing Enter as soon as the dialog opens does not send", async () => {
    const message = await compose({ to: ["bob@army.ml"] });
    const stop = await message.sendAsked();
    await stop.key("Return");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(app().sink.all(message.subject), []);
    if (await stop.isOpen()) {
        await stop.close();
    }
});
