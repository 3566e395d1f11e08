// @ts-check
// The pane changes one recipient and loses none, whatever Outlook does with the field.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readRecipients } from "../../www/outlook/item.js";
import { changeRecipient } from "../../www/outlook/pane/edit.js";
import { entries, makeOutlook, openPane } from "./simulation.js";

/** @typedef {import("../../www/try/outlook/office/outlook.js").Entry} Entry */

const WRONG = "eve@us.army.ml";
const RIGHT = "eve@us.army.mil";

/**
 * Changes the look-alike in a field and returns the field's contents after that.
 *
 * @param {object} given
 * @param {Entry[]} given.before
 * @param {string | null} given.address
 * @param {object} [given.settings]
 * @param {(outlook: import("../../www/try/outlook/office/outlook.js").Outlook) => void} [given.meanwhile]
 * @param {"message" | "appointment"} [given.kind]
 * @param {string} [given.field]
 */
async function change({ before, address, settings = {}, meanwhile, kind = "message", field = "to" }) {
    const outlook = makeOutlook({ set: 16, ...settings }, { kind, source: "" });
    outlook.draft.fields[field] = before;
    const { office, item, calls } = openPane(outlook);
    const reading = await readRecipients(item, kind, calls, { until: Date.now() + 5000 });
    const entry = reading.entries.find((one) => one.address === WRONG);
    assert.ok(entry);
    meanwhile?.(outlook);
    const edited = await changeRecipient({ office, item, kind, calls, entry, address });
    const after = (outlook.draft.fields[field] ?? []).map(({ emailAddress }) => emailAddress);
    return { ...edited, after };
}

const people = (/** @type {number} */ count) => Array.from({ length: count }, (_, at) => `p${at}@b.example`);

test("the right address takes the place of the wrong one, and all others stay where they are", async () => {
    for (const count of [0, 1, 99, 100, 120, 250, 498, 700]) {
        const others = people(count);
        const at = Math.floor(count / 2);
        const before = entries(...others.slice(0, at), WRONG, ...others.slice(at));
        const replaced = await change({ before, address: RIGHT });
        assert.deepEqual(replaced, { result: "done", after: [...others.slice(0, at), RIGHT, ...others.slice(at)] });
        const removed = await change({ before, address: null });
        assert.deepEqual(removed, { result: "done", after: others });
    }
});

test("a correction works in every field of messages and appointments", async () => {
    for (const [kind, field] of /** @type {const} */ ([
        ["message", "to"],
        ["message", "cc"],
        ["message", "bcc"],
        ["appointment", "requiredAttendees"],
        ["appointment", "optionalAttendees"],
    ])) {
        const { result, after } = await change({ before: entries("ann@b.example", WRONG), address: RIGHT, kind, field });
        assert.deepEqual([result, after], ["done", ["ann@b.example", RIGHT]], field);
    }
});

test("a person's name stays, and a name that repeats the wrong address is dropped", async () => {
    for (const [displayName, wanted] of [
        ["Eve Doe", "Eve Doe"],
        [WRONG, RIGHT],
        ["eve@us.army.ml (Eve)", RIGHT],
        ["n".repeat(255), "n".repeat(255)],
    ]) {
        const outlook = makeOutlook({}, { source: "" });
        outlook.draft.fields.to = [{ emailAddress: WRONG, displayName: String(displayName), recipientType: "user" }];
        const { office, item, calls } = openPane(outlook);
        const [entry] = (await readRecipients(item, "message", calls, { until: Date.now() + 5000 })).entries;
        assert.ok(entry);
        await changeRecipient({ office, item, kind: "message", calls, entry, address: RIGHT });
        assert.deepEqual(outlook.draft.fields.to?.map((one) => one.displayName), [wanted]);
    }
});

test("the other recipients keep their names, except names that Outlook cannot handle", async () => {
    const before = [
        { emailAddress: "ann@b.example", displayName: "Ann Lee", recipientType: "user" },
        { emailAddress: "bob@b.example", displayName: "", recipientType: "user" },
        { emailAddress: "joe@b.example", displayName: "other@b.example", recipientType: "user" },
        ...entries(WRONG),
    ];
    const outlook = makeOutlook({}, { source: "" });
    outlook.draft.fields.to = before;
    /** @type {string[]} */
    const names = [];
    const { office, item, calls } = openPane(outlook);
    const reading = await readRecipients(item, "message", calls, { until: Date.now() + 5000 });
    const entry = reading.entries.find(({ address }) => address === WRONG) ?? assert.fail();
    const to = {
        ...item.to,
        setAsync(/** @type {any[]} */ users, /** @type {any} */ done) {
            names.push(...users.map(({ displayName }) => displayName));
            item.to.setAsync(users, done);
        },
    };
    await changeRecipient({ office, item: { ...item, to }, kind: "message", calls, entry, address: RIGHT });
    assert.deepEqual(names, ["Ann Lee", "bob@b.example", "joe@b.example", RIGHT]);
});

test("a field stays unchanged if Outlook could not restore a recipient in it, or may have named only a part of it", async () => {
    const group = { emailAddress: "", displayName: "Project team", recipientType: "distributionList" };
    const exchange = { emailAddress: "/o=ExchangeLabs/cn=joe", displayName: "Joe", recipientType: "user" };
    /** @type {[string, Entry[], object][]} */
    const cases = [
        ["a contact group", [group, ...entries(WRONG)], {}],
        ["an Exchange name", [exchange, ...entries(WRONG)], {}],
        ["1,000 of perhaps more", entries(...people(999), WRONG), {}],
        ["500 of perhaps more", entries(...people(499), WRONG), { client: "classic-windows", set: 15 }],
        ["100 of perhaps more", entries(...people(99), WRONG), { client: "android" }],
    ];
    for (const [name, before, settings] of cases) {
        for (const address of [RIGHT, null]) {
            const { result, after } = await change({ before, address, settings });
            assert.deepEqual([result, after], ["unsafe", before.map((one) => one.emailAddress)], name);
        }
    }
});

test("a field stays as it was if Outlook refuses the change", async () => {
    const before = entries(...people(150), WRONG);
    for (const faults of [{ "to.setAsync": "fails" }, { "to.setAsync": "throws" }, { "to.getAsync": "fails" }]) {
        const { result, after } = await change({
            before,
            address: RIGHT,
            meanwhile: (outlook) => Object.assign(outlook.settings, { faults }),
        });
        assert.deepEqual([result, after], ["failed", before.map((one) => one.emailAddress)], JSON.stringify(faults));
    }
});

test("the result names the missing recipients if Outlook takes only a part of them", async () => {
    const before = entries(...people(150), WRONG);
    const edited = await change({
        before,
        address: RIGHT,
        meanwhile: (outlook) => Object.assign(outlook.settings, { faults: { "to.addAsync": "fails" } }),
    });
    assert.equal(edited.result, "partly");
    const missing = edited.result === "partly" ? edited.missing : [];
    // The recipients in the field, and those that the result names as missing, are together all
    // recipients from before.
    assert.deepEqual([...edited.after, ...missing], before.map((one) => one.emailAddress));
    assert.equal(edited.after.length, 100);
});

test("a recipient that the sender has removed meanwhile is not added again", async () => {
    const edited = await change({
        before: entries("ann@b.example", WRONG),
        address: RIGHT,
        meanwhile: (outlook) => outlook.setField("to", entries("ann@b.example")),
    });
    assert.deepEqual(edited, { result: "gone", after: ["ann@b.example"] });
});

test("of two equal recipients, only one changes", async () => {
    const edited = await change({ before: entries(WRONG, WRONG), address: null });
    assert.deepEqual(edited, { result: "done", after: [WRONG] });
});
