// @ts-check
// From a draft to the checker's verdict and back, with the real checker and without a mail client.

import assert from "node:assert/strict";
import { beforeEach, it } from "node:test";

import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

let fake = fakeMessenger();
globalThis.fetch = /** @type {any} */ (fetchFile);
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });

const { applyToDraft, checkDraft, recheck } = await import(new URL("thunderbird/draft.js", ADDIN).href);

const draft = { from: "alice@example.mil", to: [], cc: [], bcc: [], replyTo: [], subject: "", plainTextBody: "" };

beforeEach(() => {
    fake = fakeMessenger();
});

/** @param {object} details */
async function check(details) {
    fake.drafts[1] = { ...structuredClone(draft), ...details };
    return checkDraft(1, fake.drafts[1]);
}

/**
 * Checks the draft, presses a button at the one recipient that stands out, and returns the contents
 * of the fields.
 *
 * @param {object} given
 * @param {"use" | "remove"} action
 */
async function answer(given, action) {
    const { report, entries, milguard } = await check(given);
    const index = report.recipients.findIndex((/** @type {any} */ { severity }) => severity !== "pass");
    const address = action === "use" ? report.recipients[index].suggestion : null;
    const change = { entry: entries[index], recipient: report.recipients[index], address };
    const { done, details } = await applyToDraft(1, milguard, [change]);
    assert.deepEqual(done, [change]);
    const { to, cc, bcc, replyTo } = fake.drafts[1];
    assert.deepEqual(details, fake.drafts[1], "the returned details are the contents of the draft");
    return { to, cc, bcc, replyTo };
}

/**
 * @param {string} name
 * @param {string[]} emails
 */
function card(name, ...emails) {
    return ["BEGIN:VCARD", "VERSION:4.0", `FN:${name}`, ...emails.map((email) => `EMAIL${email}`), "END:VCARD"].join("\r\n");
}

it("the add-in reads only the recipients of ordinary mail", async () => {
    const { report } = await check({ to: ["Carol <carol@army.mil>"], bcc: ["sam@gmail.com"], body: "CUI" });
    assert.equal(report.severity, "pass");
    assert.deepEqual(fake.calls, []);
});

for (const field of ["to", "cc", "bcc", "replyTo"]) {
    it(`the add-in finds a look-alike in ${field}, and puts the right address there`, async () => {
        const others = ["carol@army.mil", '"Doe, John" <john@navy.mil>'];
        const given = { to: ["x@example.com"], [field]: ["Bob <bob@army.ml>", ...others] };
        const { report } = await check(given);
        assert.equal(report.severity, "warn");
        const used = await answer(given, "use");
        assert.deepEqual(/** @type {any} */ (used)[field], ["Bob <bob@army.mil>", ...others]);
        const removed = await answer(given, "remove");
        assert.deepEqual(/** @type {any} */ (removed)[field], others);
    });
}

it("the add-in leaves newsgroups alone", async () => {
    const { entries } = await check({ newsgroups: ["army.ml"], followupTo: ["bob@army.ml"] });
    assert.deepEqual(entries, []);
});

it("the add-in changes one field only, and only one of two equal recipients", async () => {
    await answer({ to: ["bob@army.ml", "bob@army.ml"], cc: ["carol@army.mil"] }, "use");
    const [[, , details]] = /** @type {any} */ (fake.calls.filter(([name]) => name === "setComposeDetails"));
    assert.deepEqual(details, { to: ["bob@army.mil", "bob@army.ml"] });
});

it("the add-in changes nothing where the sender has removed the recipient", async () => {
    const { report, entries, milguard } = await check({ to: ["bob@army.ml"] });
    fake.drafts[1].to = ["eve@army.ml"];
    const change = { entry: entries[0], recipient: report.recipients[0], address: "bob@army.mil" };
    assert.deepEqual((await applyToDraft(1, milguard, [change])).done, []);
    assert.deepEqual(fake.drafts[1].to, ["eve@army.ml"]);
    assert.equal(fake.count("setComposeDetails"), 0);
});

it("the add-in looks for markings only where the check finds something", async () => {
    const mild = { to: ["jane.doe@mail.ml"] };
    assert.equal((await check(mild)).report.severity, "notice");
    for (const marked of [
        { subject: "CUI//SP-PRVCY orders" },
        { plainTextBody: "CUI//SP-PRVCY\n\norders" },
        { attachments: [{ name: "CUI-roster.txt" }] },
    ]) {
        assert.equal((await check({ ...mild, ...marked })).report.severity, "warn", JSON.stringify(marked));
    }
});

it("the add-in cuts a body that is longer than the checker takes", async () => {
    const { report } = await check({ to: ["bob@army.ml"], plainTextBody: "x".repeat(1 << 26) });
    assert.equal(report.severity, "warn");
});

it("the add-in gives a verdict without the attachments where Thunderbird cannot list them", async () => {
    fake.messenger.compose.listAttachments = () => Promise.reject(new Error("no"));
    assert.equal((await check({ to: ["bob@army.ml"] })).report.severity, "warn");
});

it("the add-in opens a list within a list, and reads a list that contains itself only once", async () => {
    fake.lists.inner = { name: "Inner", vCards: [card("Bob", ":bob@army.ml"), card("Outer", ":Outer")] };
    fake.lists.outer = { name: "Outer", vCards: [card("Carol", ":carol@army.mil"), card("Inner", ":inner")] };
    const { report, entries } = await check({ to: ["Outer <Outer>"] });
    assert.deepEqual(
        entries.map((/** @type {any} */ { address, list }) => [address, list]),
        [
            ['"Carol" <carol@army.mil>', "Outer"],
            ['"Bob" <bob@army.ml>', "Outer"],
        ],
    );
    assert.deepEqual(
        report.recipients.map((/** @type {any} */ { severity }) => severity),
        ["pass", "warn"],
    );
});

it("the add-in replaces a list by its members, with the corrected one among them", async () => {
    fake.lists.team = { name: "My Team", vCards: [card("Eve", ":eve@army.mil"), card('Bob "B"', ":bob@army.ml")] };
    const given = { to: ["a@army.mil", 'My Team <"My Team">', "z@army.mil"] };
    assert.deepEqual((await answer(given, "use")).to, [
        "a@army.mil",
        '"Eve" <eve@army.mil>',
        '"Bob \\"B\\"" <bob@army.mil>',
        "z@army.mil",
    ]);
    assert.deepEqual((await answer(given, "remove")).to, ["a@army.mil", '"Eve" <eve@army.mil>', "z@army.mil"]);
});

it("the add-in uses several suggestions at once, in every field and within a list", async () => {
    fake.lists.team = { name: "Team", vCards: [card("Eve", ":eve@navy.ml"), card("Bob", ":bob@army.ml"), card("Kim", ":kim@army.mil")] };
    const given = { to: ["ann@army.ml", "Team <Team>"], cc: ["x@example.com", "joe@army.ml"] };
    const { report, entries, milguard } = await check(given);
    const changes = report.recipients.flatMap((/** @type {any} */ recipient, /** @type {number} */ index) =>
        recipient.suggestion ? [{ entry: entries[index], recipient, address: recipient.suggestion }] : [],
    );
    assert.equal(changes.length, 4);
    const { done } = await applyToDraft(1, milguard, changes);
    assert.deepEqual(done, changes);
    assert.deepEqual(fake.drafts[1].to, ["ann@army.mil", '"Eve" <eve@navy.mil>', '"Bob" <bob@army.mil>', '"Kim" <kim@army.mil>']);
    assert.deepEqual(fake.drafts[1].cc, ["x@example.com", "joe@army.mil"]);
    assert.equal(fake.count("setComposeDetails"), 1);
});

it("the add-in reads the text of a message once, however often it is checked", async () => {
    const verdict = await check({ to: ["jane.doe@mail.ml"], subject: "CUI//SP-PRVCY", attachments: [{ name: "a.txt" }] });
    const again = await recheck(1, verdict, { ...draft, to: ["jane.doe@mail.ml", "carol@army.mil"] });
    assert.equal(again.report.recipients[0].severity, "warn");
    assert.equal(fake.count("getComposeDetails"), 0);
    assert.equal(fake.count("listAttachments"), 1);
});

it("the add-in uses the address of a contact to which Thunderbird sends", async () => {
    fake.lists.team = {
        name: "Team",
        vCards: [
            card("Bob", ":old@army.ml", ";TYPE=work;PREF=1:bob@army.mil"),
            card("Eve", ":eve@ar\r\n my.mil", ":eve@army.ml"),
            card("Group", ";PREF=10:kim@army.mil", ":kim@army.ml").replace("EMAIL", "item1.EMAIL"),
            card("Nobody"),
        ],
    };
    const { report, entries } = await check({ to: ["Team <Team>"] });
    assert.equal(report.severity, "pass");
    assert.deepEqual(
        entries.map((/** @type {any} */ { address }) => address),
        ['"Bob" <bob@army.mil>', '"Eve" <eve@army.mil>', '"Group" <kim@army.mil>'],
    );
});

it("the add-in names a list that it cannot open", async () => {
    for (const spoil of [
        () => {},
        () => (fake.messenger.addressBooks.list = () => Promise.reject(new Error("no"))),
        () => (fake.messenger.addressBooks.mailingLists.list = () => Promise.reject(new Error("no"))),
        () => {
            fake.lists.friends = { name: "Friends", vCards: [] };
            fake.messenger.addressBooks.mailingLists.listMembers = () => Promise.reject(new Error("no"));
        },
    ]) {
        fake = fakeMessenger();
        spoil();
        const { report } = await check({ to: ["Friends <Friends>"] });
        assert.deepEqual(
            report.recipients.map((/** @type {any} */ { findings }) => findings[0].reason),
            ["unexpanded-group"],
        );
    }
});

it("the add-in does not replace a list if it does not know all its members", async () => {
    const vCards = Array.from({ length: 6000 }, (_, index) => card("", `:p${index}@army.mil`));
    fake.lists.all = { name: "All", vCards: [card("Bob", ":bob@army.ml"), ...vCards] };
    const { report, entries, milguard } = await check({ to: ["All <All>"] });
    assert.equal(report.recipients[0].findings[0].reason, "unexpanded-group");
    assert.equal(report.recipients[1].severity, "warn");
    const change = { entry: entries[1], recipient: report.recipients[1], address: "bob@army.mil" };
    assert.deepEqual((await applyToDraft(1, milguard, [change])).done, []);
    assert.deepEqual(fake.drafts[1].to, ["All <All>"]);
});
