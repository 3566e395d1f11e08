// @ts-check
// The event page behind the guard: its verdict, and its reports.

import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { installDocument } from "./dom.js";
import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

let fake = fakeMessenger();
/** @type {any} */
let managed = {};
/** @type {any[]} */
let posted = [];
globalThis.fetch = /** @type {any} */ (
    async (/** @type {string | URL} */ url, /** @type {any} */ options) => {
        if (!String(url).startsWith("https:")) {
            return fetchFile(url);
        }
        if (String(url).endsWith("/v1/enrol")) {
            return Response.json({ client: "client", key: "mg_client_1", group: "default" });
        }
        const { events } = JSON.parse(options?.body ?? '{"events":[]}');
        posted.push(...events);
        return Response.json({ accepted: events.length });
    }
);
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });
installDocument();

const { answerDialog, judge, record } = await import(new URL("thunderbird/background.js", ADDIN).href);

beforeEach(() => {
    configure({});
});

/** @param {object} policy */
function configure(policy) {
    const { messenger } = fake;
    fake = fakeMessenger();
    // The listeners of the page stay, as in a page that continues.
    fake.messenger.storage.onChanged = messenger.storage.onChanged;
    managed = { policy, backend: { url: "https://milguard.example.mil", token: "abc" } };
    /** @type {any} */ (fake.messenger.storage.managed).get = async () => managed;
    posted = [];
    fake.messenger.storage.onChanged.fire({ lastGood: {} }, "local");
}

/** @param {object} details */
function send(details) {
    fake.drafts[1] = { from: "alice@example.mil", ...details };
    return judge(1, fake.drafts[1]);
}

/** @param {object} details */
async function isFree(details) {
    const { isFree: answer, page } = await send(details);
    assert.equal(page === null, answer, "a sender who is stopped sees why");
    return answer;
}

/** @param {() => boolean} isDone */
async function until(isDone) {
    for (let turn = 0; turn < 200 && !isDone(); turn += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(isDone());
}

/** Longer than the part of a text that is searched before a dialog opens. */
const LONG = "All work and no play makes Jack a dull boy.\n".repeat(2000);
const MARKED = `${LONG}CUI//SP-PRVCY\n`;

it("the event page stops a mild finding for a marking at the end of a long text", async () => {
    assert.equal(await isFree({ to: ["jane.doe@mail.ml"], plainTextBody: LONG }), true);
    assert.equal(await isFree({ to: ["jane.doe@mail.ml"], plainTextBody: MARKED }), false);
});

it("the event page shows at once the finding that stops a long text, and later those that depend on its rest", async () => {
    const { page: first } = await send({ to: ["bob@army.ml", "jane.doe@mail.ml"], plainTextBody: MARKED });
    assert.equal(first.isPartial, true);
    assert.deepEqual([first.findings.length, first.others.length], [1, 1]);
    const { page: whole } = await answerDialog(1, { type: "whole", shown: { key: first.key, message: first.message } });
    assert.equal(whole.isPartial, false);
    assert.deepEqual([whole.findings.length, whole.others.length], [2, 0]);
    assert.equal(whole.message, first.message);
    const { page: short } = await send({ to: ["bob@army.ml"], plainTextBody: "CUI//SP-PRVCY\n" });
    assert.equal(short.isPartial, false);
});

it("the event page reports the whole of a long text in audit mode", async () => {
    configure({ mode: "audit", reporting: "address" });
    assert.equal(await isFree({ to: ["bob@army.ml", "jane.doe@mail.ml"], plainTextBody: MARKED }), true);
    await until(() => posted.length === 2);
    assert.deepEqual(posted.map(({ action }) => action), ["audited", "audited"]);
});

it("the event page sends ordinary mail and mild findings, and stops the rest", async () => {
    assert.equal(await isFree({ to: ["carol@army.mil"] }), true);
    assert.equal(await isFree({ to: ["jane.doe@mail.ml"] }), true);
    assert.equal(await isFree({ to: ["bob@army.ml"] }), false);
    assert.equal(await isFree({ replyTo: ["bob@army.ml"], to: ["carol@army.mil"] }), false);
});

it("the event page stops nothing in audit mode, and reports messages that it would have stopped", async () => {
    configure({ mode: "audit", reporting: "address" });
    assert.equal(await isFree({ to: ["Bob <bob@army.ml>", "carol@army.mil", "jane.doe@mail.ml"] }), true);
    await until(() => posted.length > 0);
    assert.deepEqual(
        posted.map(({ action, address, severity, reasons }) => ({ action, address, severity, reasons })),
        [{ action: "audited", address: "bob@army.ml", severity: "warn", reasons: ["suffix-typo", "sibling-mismatch"] }],
    );
});

it("the event page reports an address without the name, and nothing that may hold one", async () => {
    configure({ reporting: "address" });
    const recipient = { severity: "warn", reasons: ["malformed"], domain: null };
    const addresses = ['"Bob Roe" <bob@army.ml>', "bob@army.ml", "Bob Roe bob@army mil", "Friends"];
    await record({
        message: crypto.randomUUID(),
        action: "cancelled",
        recipients: addresses.map((address) => ({ ...recipient, address })),
    });
    await until(() => posted.length === 4);
    assert.deepEqual(
        posted.map(({ address }) => address),
        ["bob@army.ml", "bob@army.ml", undefined, undefined],
    );
    assert.doesNotMatch(JSON.stringify(posted), /Roe|Friends/);
});

for (const [onFailure, mayLeave] of Object.entries({ ask: false, block: false, allow: true })) {
    it(`the event page does what the policy says if the check fails: ${onFailure}`, async () => {
        configure({ onFailure });
        // A recipient that is not a string makes the whole check fail.
        const damaged = { to: ["carol@army.mil", { toString: () => assert.fail("as a damaged checker does") }] };
        assert.deepEqual(await send(damaged), { isFree: mayLeave, page: null });
    });
}

it("the event page checks by the built-in policy if the configured one is invalid", async () => {
    configure({ protected: { builtin: false }, mode: "audit", onFailure: "allow" });
    assert.equal(await isFree({ to: ["bob@army.ml"] }), false);
});
