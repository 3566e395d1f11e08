// @ts-check
// Settings that an administrator has made for the whole organisation, by Thunderbird's own
// policies.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { CLEAN, waitFor } from "../driver/compose.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

const COUNTDOWN_SECONDS = 5;

describe("a policy in audit mode", () => {
    const { app, it, compose } = thunderbirdTests({
        name: "audit",
        managed: { policy: { id: "audit", version: 1, mode: "audit" } },
    });

    it("a policy in audit mode shows nothing: no number, no tip, nothing to open", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await waitFor("the disabled button", () => app().ofAddin("isButtonDisabled", message.id));
        const { text, title } = await message.badge();
        assert.deepEqual({ text, title }, { text: "", title: "Milguard" });
        await app().ofAddin("pressButton", message.id);
        assert.deepEqual(await app().windows("pages"), []);
    });

    it("a policy in audit mode stops nothing", async () => {
        const message = await compose({ to: ["bob@army.ml"], cc: [CLEAN] });
        await message.send();
        await message.assertArrived("bob@army.ml", CLEAN);
    });

    it("the add-in can't be removed or switched off", async () => {
        const { canBeRemoved, canBeDisabled } = await app().ofAddin("waitAddin");
        assert.deepEqual({ canBeRemoved, canBeDisabled }, { canBeRemoved: false, canBeDisabled: false });
    });
});

describe("a policy that blocks", () => {
    const { it, compose } = thunderbirdTests({
        name: "block",
        managed: {
            policy: {
                id: "block",
                version: 3,
                deny: ["*.ml"],
                override: { warn: "justification", block: "never" },
                trainingUrl: "https://training.example/look-alikes",
                texts: { en: { title: "Wing rule 7", body: "Ask the help desk.", blocked: "Not to Mali." } },
            },
        },
    });

    it("a denied recipient can't be sent to, only corrected", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.equal(await stop.offers("sendAnyway"), false);
        const text = await stop.text();
        assert.match(text, /Wing rule 7/);
        assert.match(text, /Not to Mali\./);
        assert.ok(await stop.isEnabled("#training a"), "the link to the training page can be used");
        await stop.assertAccessible();
        await stop.picture("blocked");
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("pressing Send again and again does not send to a denied recipient", async () => {
        const message = await compose({ to: ["bob@health.ml"] });
        for (let time = 0; time < 3; time += 1) {
            const stop = await message.sendAsked();
            assert.equal(await stop.offers("sendAnyway"), false);
            await stop.choose("back");
            await stop.waitClosed();
        }
        await message.assertKept();
    });

    it("sending in spite of a warning needs a reason", async () => {
        const message = await compose({ to: ["jane@armymil.com"] });
        const stop = await message.sendAsked();
        await stop.assertAccessible();
        await stop.picture("justification");
        await stop.justify("  a ");
        if (await stop.offers("sendAnyway")) {
            await stop.choose("sendAnyway");
            await message.assertNotSent();
            assert.ok(await stop.isOpen(), "it still asks");
        }
        await stop.justify("She moved there.");
        await stop.choose("sendAnyway");
        await message.assertArrived("jane@armymil.com");
    });
});

describe("a policy with a countdown", () => {
    const { it, compose } = thunderbirdTests({
        name: "countdown",
        managed: { policy: { id: "countdown", version: 1, countdown: COUNTDOWN_SECONDS } },
    });

    it("sending anyway has to wait, going back and correcting do not", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.equal(await stop.offers("sendAnyway"), false);
        assert.equal(await stop.offers("use"), true);
        assert.equal(await stop.offers("back"), true);
        await waitFor("the end of the countdown", () => stop.offers("sendAnyway"));
        await stop.choose("sendAnyway");
        await message.assertArrived("bob@army.ml");
    });

    it("the wait begins anew for each message", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.equal(await stop.offers("sendAnyway"), false);
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });
});

describe("settings that an administrator has locked", () => {
    const { app, it, compose } = thunderbirdTests(async () => ({
        name: "locked",
        managed: { policy: { id: "locked", version: 1, deny: ["*.ml"], override: { block: "never" } } },
        policies: {
            BlockAboutAddons: true,
            BlockAboutConfig: true,
            Extensions: { Locked: [(await builtAddin()).id] },
            ExtensionSettings: { "*": { installation_mode: "blocked" } },
            Preferences: { "mail.compose.autosave": { Value: false, Status: "locked" } },
        },
    }));

    it("settings that an administrator has locked apply to the add-in too, which still asks", async () => {
        assert.ok(await app().inside("habits", "isLocked", "mail.compose.autosave"), "the policies are in force");
        const { canBeRemoved, canBeDisabled } = await app().ofAddin("waitAddin");
        assert.deepEqual({ canBeRemoved, canBeDisabled }, { canBeRemoved: false, canBeDisabled: false });
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.equal(await stop.offers("sendAnyway"), false);
        await stop.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("settings that an administrator has locked are not overruled by settings stored in the profile", async () => {
        await app().ofAddin(
            "inBackground",
            `async () => {
                const policy = { id: "own", version: 9, mode: "audit", allow: ["*.ml"], mute: true };
                await messenger.storage.local.set({ lastGood: { policy, from: "managed", etag: null }, muted: ["army.ml"] });
            }`,
        );
        assert.match(
            await app().ofAddin(
                "inBackground",
                "async () => String(await messenger.storage.managed.set({ policy: {} }).catch((error) => error))",
            ),
            /read-only/,
        );
        await app().restart();
        const message = await compose({ to: ["bob@army.ml"] });
        const stop = await message.sendAsked();
        assert.equal(await stop.offers("sendAnyway"), false);
        await stop.choose("back");
        await stop.waitClosed();
        await message.assertNotSent();
    });
});

for (const [name, managed] of Object.entries({
    "of the wrong kind": { policy: "enforce" },
    "with wrong values": { policy: { id: "x", version: 1, mode: 12, deny: "*.ml", override: { warn: "no" } } },
    "that protects nothing": { policy: { id: "x", version: 1, protected: { builtin: false } } },
    "beside an invalid backend": { policy: null, backend: { url: "not a url", token: 7 } },
})) {
    describe(`a policy ${name}`, () => {
        const { it, compose } = thunderbirdTests({ name: "garbage", managed });

        it(`a policy ${name} is ignored: ordinary mail leaves, and a look-alike is stopped`, async () => {
            const ordinary = await compose({ to: [CLEAN] });
            await ordinary.send();
            await ordinary.assertArrived(CLEAN);
            const message = await compose({ to: ["bob@army.ml"] });
            const stop = await message.sendAsked();
            await stop.choose("back");
            await message.assertKept();
        });
    });
}
