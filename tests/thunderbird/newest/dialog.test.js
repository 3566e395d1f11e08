// @ts-check
// The contents of the dialog, and their timing.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe } from "node:test";

import { CLEAN, waitFor } from "../driver/compose.js";
import { changed } from "../driver/damage.js";
import { Stop, STOP } from "../driver/stop.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

const LARGE_BODY = "<p>All work and no play makes Jack a dull boy.</p>\n".repeat(4000);

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("the dialog", () => {
    const { app, it, compose } = thunderbirdTests({ name: "dialog" });

    it("the dialog reads the message's text no more often than Thunderbird itself does for the guard", async () => {
        const message = await compose({ to: ["bob@army.ml", "jane@armymil.com"], body: LARGE_BODY });
        // The badge reads the text too, and has finished once it appears.
        await waitFor("the badge", async () => (await message.badge()).text === "2", 60_000);
        await app().compose("countReadings", message.id);
        const stop = await message.sendAsked();
        // Once for the guard before sending, once for the add-in that hears the result.
        assert.ok((await app().compose("readings", message.id)) <= 2);
        await stop.choose("back");
        await stop.waitClosed();
    });

    it("the dialog asks again where its process has died, and says why", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const dead = await message.sendAsked();
        // An add-in whose process dies before it answers leaves a window that Thunderbird never unlocks.
        await app().compose("waitComposeUnlocked", message.id, 60_000);
        process.kill(await app().ofAddin("processId"), "SIGKILL");
        await waitFor("its end", async () => (await app().ofAddin("processId")) === 0);
        // The sender goes to the message, like anybody whose dialog is empty.
        await app().display.activate((await message.state())?.title ?? "");
        const again = await Stop.appeared(app(), [dead.id]);
        assert.match(await again.text(), /was interrupted and asks again/);
        assert.equal(await app().windows("countWindows", "extensionPopup"), 1, "the empty window has closed");
        await again.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("the dialog lists findings that stop nothing below the others, without a highlighted button", async () => {
        const message = await compose({ to: ["bob@navy.ml", "ann@army0.ml"] });
        const stop = await message.sendAsked();
        const text = await stop.text();
        assert.ok(text.indexOf("bob@navy.ml") < text.indexOf("Also look at"));
        assert.ok(text.indexOf("Also look at") < text.indexOf("ann@army0.ml"));
        await stop.picture("notice-below");
        await stop.choose("back");
        await stop.waitClosed();
    });

    it("the dialog names the country of a mistyped ending in the words of Outlook's line, and of no other finding", async () => {
        const english = JSON.parse(await readFile("www/_locales/en/messages.json", "utf8"));
        const text = (/** @type {string} */ key, value = "") => english[key].message.replace("$1", value);
        const wanted = [text("endsInMl"), text("endsInIl"), text("endsIn", "com"), text("reasonSuffixGlued")];
        const message = await compose({ to: ["Bob <bob@army.ml>", "eve@us.army.il", "jane@us.army.com", "sam@armymil.com"] });
        const stop = await message.sendAsked();
        const said = await stop.run((document) =>
            Object.fromEntries(
                [...document.querySelectorAll(".mg-entry")].map((entry) => [
                    entry.querySelector(".mg-address")?.textContent ?? "",
                    entry.querySelector(".mg-reason")?.textContent ?? "",
                ]),
            ),
        );
        assert.deepEqual(said, {
            "bob@army.ml": wanted[0],
            "eve@us.army.il": wanted[1],
            "jane@us.army.com": wanted[2],
            "sam@armymil.com": wanted[3],
        });
        await stop.choose("back");
        await stop.waitClosed();
    });

    it("the dialog has a line or two for each of fifteen recipients, and one button to correct them all", async () => {
        const to = Array.from({ length: 15 }, (_, index) => `person${index}@army.ml`);
        const message = await compose({ to });
        const stop = await message.sendAsked();
        const { perEntry, isFooterSeen } = await stop.run((document) => {
            const list = /** @type {HTMLElement} */ (document.getElementById("findings"));
            const { bottom = 0 } = document.getElementById("send-anyway")?.getBoundingClientRect() ?? {};
            return { perEntry: list.offsetHeight / 15, isFooterSeen: bottom <= (document.defaultView?.innerHeight ?? 0) };
        });
        assert.ok(perEntry <= 110, `${perEntry} px each`);
        assert.ok(isFooterSeen);
        await stop.assertAccessible();
        await stop.picture("fifteen");
        await stop.choose("useAll");
        await stop.waitClear();
        await stop.choose("send");
        await message.assertArrived(...to.map((address) => address.replace(".ml", ".mil")));
    });

    it("a key that is held down presses no button twice", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked("key");
        await app().display.waitActive(/^Not sent/);
        await stop.run((document) => /** @type {HTMLElement | null} */ (document.querySelector("[data-action=use-suggestion]"))?.focus());
        await app().display.hold("Return", 1500);
        await stop.waitClear();
        await message.assertNotSent();
        await stop.choose("send");
        await message.assertArrived("bob@army.mil");
    });
});

describe("the dialog without its modules", () => {
    const { app, it, compose } = thunderbirdTests(async () => ({
        name: "first-frame",
        addin: await changed(await builtAddin(), { "thunderbird/stop.js": "" }),
    }));

    it("the dialog without its modules shows heading, message and recipients, which the window gets in its address", async () => {
        const message = await compose({ to: ["bob@army.ml"], subject: "Roster" });
        await message.send();
        await waitFor("the dialog", async () =>
            (await app().windows("pages")).some((/** @type {{ path: string }} */ { path }) => path === STOP),
        );
        const [{ id }] = await app().windows("pages");
        const text = await app().windows("inPage", id, "(document) => document.body.innerText");
        assert.match(text, /Not sent: check \P{L}?bob@army\.ml/u);
        assert.match(text, /Roster/);
        assert.match(text, /Use bob@army\.mil/);
        await app().windows("closePage", id);
    });
});

describe("on a small screen", () => {
    const { app, it, compose } = thunderbirdTests({
        name: "small",
        screen: "800x600",
        managed: { policy: { id: "small", version: 1, override: { warn: "justification" } } },
    });

    it("the reason can be typed, and the page says why the button does not work yet", async () => {
        const message = await compose({ to: ["bob@army.ml", "jane@armymil.com"], cc: [CLEAN] });
        const stop = await message.sendAsked();
        for (const id of ["justification", "reason-hint", "send-anyway"]) {
            const isSeen = await stop.run((document, wanted) => {
                const { top = -1, bottom = -1 } = document.getElementById(wanted)?.getBoundingClientRect() ?? {};
                return top >= 0 && bottom <= (document.defaultView?.innerHeight ?? 0);
            }, id);
            assert.ok(isSeen, `${id} is on the screen`);
        }
        const { top, height } = await app().windows("placeOf", stop.window);
        assert.ok(top + height <= 600, `the window ends at ${top + height}`);
        assert.equal(await stop.offers("sendAnyway"), false);
        await stop.assertAccessible();
        await stop.picture("two");
        await stop.justify("They have moved.");
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml", "jane@armymil.com", CLEAN);
    });
});

describe("in a Thunderbird that is laid out from right to left", () => {
    const { it, compose } = thunderbirdTests({ name: "rtl", prefs: { "intl.l10n.pseudo": "bidi" } });

    it("the dialog is laid out from right to left, too", async () => {
        const message = await compose({ to: ["bob@army.ml", CLEAN] });
        const stop = await message.sendAsked();
        const { direction, isMirrored } = await stop.run((document) => {
            const left = (/** @type {string} */ id) => document.getElementById(id)?.getBoundingClientRect().left ?? 0;
            return {
                direction: document.defaultView?.getComputedStyle(document.body).direction,
                isMirrored: left("back") > left("send-anyway"),
            };
        });
        assert.deepEqual({ direction, isMirrored }, { direction: "rtl", isMirrored: true });
        await stop.assertAccessible();
        await stop.picture("dialog");
        await stop.correct();
        await message.assertArrived("bob@army.mil", CLEAN);
    });
});
