// @ts-check
// Another add-on that acts at Send: one holds the message until its own window is answered, as FlexConfirmMail does; one
// cancels it and sends it again; and one keeps it as a draft and sends it later, as Send Later does. Thunderbird asks
// add-ons in the order in which they have started, and stops at the first that cancels.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, beforeEach, describe } from "node:test";

import { Backend } from "../driver/backend.js";
import { waitFor } from "../driver/compose.js";
import { changed, packed } from "../driver/damage.js";
import { Page } from "../driver/page.js";
import { Stop, STOP } from "../driver/stop.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

/** @typedef {import("../driver/compose.js").Compose} Compose */

const OTHER = "beside@tests.example";
const CONFIRM = "/confirm.html";

const backend = await new Backend().start();
after(() => backend.stop());
beforeEach(() => {
    backend.events = [];
});

/**
 * @param {"holds" | "cancels" | "keeps"} way the other add-on's way, as its background.js names it
 * @param {() => Promise<Partial<import("../driver/thunderbird.js").Options>>} [more]
 */
function tests(way, more = async () => ({})) {
    const suite = thunderbirdTests(async () => ({
        name: `beside-${way}`,
        ...(await more()),
        besides: [await packed("beside", { "way.js": `Object.assign(globalThis, { WAY: "${way}" });` })],
        managed: {
            policy: { id: "beside", version: 1, reporting: "address" },
            backend: { url: backend.url, token: backend.token },
        },
    }));
    const { app } = suite;

    return {
        ...suite,

        /** The name of the add-on that is asked first; Thunderbird decides which one starts first. */
        orders: /** @type {[string, () => Promise<void>][]} */ ([
            ["in the order of their start", async () => {}],
            ["Milguard first", () => app().inside("addin", "reload", OTHER)],
        ]),

        /** @param {string} source of a function of the other add-on's background page */
        inOther: (source) => app().inside("addin", "inBackground", OTHER, source),

        /**
         * Answers both add-ons' questions, until the message has arrived or they have asked often enough.
         *
         * @param {Compose} message
         * @param {{ stop: (stop: Stop) => Promise<void>, other: "#yes" | "#no", think?: () => Promise<void> }} answers `think`
         *     before the sender answers the other one
         * @returns {Promise<string[]>} the add-ons that have asked
         */
        async answer(message, { stop, other, think = async () => {} }) {
            /** @type {string[]} */
            const asked = [];
            /** @type {number[]} */
            const known = [];
            for (;;) {
                /** @type {{ id: number, path: string } | undefined} */
                let next;
                await waitFor(`a question or the message, after ${asked.join()}`, async () => {
                    next = (await app().windows("pages")).find((/** @type {{ id: number }} */ { id }) => !known.includes(id));
                    return next !== undefined || app().sink.all(message.subject).length > 0;
                });
                if (!next) {
                    return asked;
                }
                const isMilguard = next.path === STOP;
                asked.push(isMilguard ? "Milguard" : "the other");
                if (isMilguard) {
                    await stop(await Stop.appeared(app(), known));
                } else {
                    const page = await Page.wait(app(), CONFIRM);
                    await think();
                    await page.press(other);
                    await page.waitClosed();
                    if (other === "#no") {
                        return asked;
                    }
                }
                known.push(next.id);
            }
        },
    };
}

/** @param {string[]} actions reported, and no others */
async function assertReported(...actions) {
    await waitFor(`the reports ${actions}`, async () => backend.events.length >= actions.length);
    assert.deepEqual(backend.events.map(({ action }) => action), actions);
}

const sendAnyway = (/** @type {Stop} */ stop) => stop.choose("sendAnyway");
const correct = (/** @type {Stop} */ stop) => stop.correct();

for (const way of /** @type {const} */ (["holds", "cancels"])) {
    describe(`beside an add-on that ${way} the message until its own question is answered`, () => {
        const { app, it, compose, orders, answer } = tests(way);

        for (const [order, arrange] of orders) {
            it(`Milguard asks once, and an approved message leaves once and is reported once; ${order}`, async () => {
                await arrange();
                const message = await compose({ to: ["bob@army.ml"] });
                await message.send();
                const asked = await answer(message, { stop: sendAnyway, other: "#yes" });
                await message.assertArrived("bob@army.ml");
                assert.deepEqual(asked.filter((who) => who === "Milguard"), ["Milguard"]);
                await assertReported("sent-anyway");
            });

            it(`a corrected message leaves once; ${order}`, async () => {
                await arrange();
                const message = await compose({ to: ["bob@army.ml"] });
                await message.send();
                const asked = await answer(message, { stop: correct, other: "#yes" });
                await message.assertArrived("bob@army.mil");
                assert.deepEqual(asked.filter((who) => who === "Milguard"), ["Milguard"]);
                await assertReported("fixed");
            });

            it(`a message that the other add-on does not send is kept, and not reported as sent; ${order}`, async () => {
                await arrange();
                const message = await compose({ to: ["bob@army.ml"] });
                await message.send();
                await answer(message, { stop: sendAnyway, other: "#no" });
                await message.assertNotSent();
                assert.deepEqual(backend.events, []);
                assert.deepEqual(app().sink.all(message.subject), []);
            });
        }
    });
}

/** The add-in with approvals that expire after 1 ms instead of a minute, unless the message is being sent. */
async function forgetful() {
    const approvals = await readFile("www/thunderbird/approvals.js", "utf8");
    assert.match(approvals, /APPROVAL_MS = 60_000;/);
    return changed(await builtAddin(), { "thunderbird/approvals.js": approvals.replace("APPROVAL_MS = 60_000;", "APPROVAL_MS = 1;") });
}

for (const way of /** @type {const} */ (["holds", "cancels"])) {
    describe(`beside an add-on that ${way} the message until Milguard is suspended`, () => {
        const { app, it, compose, orders, answer } = tests(way, async () => ({
            name: `beside-${way}-long`,
            // A message that was cancelled is not being sent, so the approval lapses after a minute.
            addin: way === "holds" ? await forgetful() : await builtAddin(),
            prefs: { "extensions.background.idle.timeout": 1000 },
        }));

        const think = () =>
            waitFor("Milguard to sleep", async () => ["suspended", "stopped"].includes(await app().ofAddin("backgroundState")));

        for (const [order, arrange] of orders) {
            it(`Milguard asks once, although it was suspended, and the message leaves and is reported once; ${order}`, async () => {
                await arrange();
                const message = await compose({ to: ["bob@army.ml"] });
                await message.send();
                const asked = await answer(message, { stop: sendAnyway, other: "#yes", think });
                await message.assertArrived("bob@army.ml");
                assert.deepEqual(asked.filter((who) => who === "Milguard"), ["Milguard"]);
                await assertReported("sent-anyway");
            });
        }
    });
}

describe("beside an add-on that keeps the message and sends it later", () => {
    const { app, it, compose, orders, inOther } = tests("keeps");

    for (const [order, arrange] of orders) {
        it(`Milguard asks at the latest when the message leaves, and the message leaves once; ${order}`, async () => {
            await arrange();
            const message = await compose({ to: ["bob@army.ml"] });
            await message.send();
            const isKept = async () => (await inOther("() => countKept()")) === 1;
            const isAsked = async () => (await app().windows("pages")).length > 0;
            await waitFor("the dialog or the draft", async () => (await isAsked()) || (await isKept()));
            assert.ok(order !== "Milguard first" || (await isAsked()));
            if (await isAsked()) {
                const stop = await Stop.appeared(app());
                assert.equal(await isKept(), false);
                await stop.choose("sendAnyway");
            }
            await waitFor("the draft", isKept);
            await app().compose("waitComposeClosed", message.id, 60_000);
            await waitFor("the dialog to close", async () => (await app().windows("pages")).length === 0);
            assert.deepEqual(app().sink.all(message.subject), []);
            assert.deepEqual(backend.events, [], "nothing has left");
            await inOther("() => sendKept()");
            const stop = await Stop.appeared(app());
            assert.deepEqual(app().sink.all(message.subject), []);
            await stop.correct();
            // If the other add-on is asked first, it treats Milguard's Send like any other.
            await waitFor("the message or the draft", async () => app().sink.all(message.subject).length > 0 || (await isKept()));
            if (await isKept()) {
                assert.deepEqual(app().sink.all(message.subject), []);
                await inOther("() => sendKept()");
            }
            await message.assertArrived("bob@army.mil");
            await assertReported("fixed");
        });
    }
});
