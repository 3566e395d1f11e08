// @ts-check
// The simulated Outlook is as strict as the documentation, and the script at Send works in each of its clients.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CLIENTS, NEWEST, OLDEST } from "../../www/try/outlook/office/clients.js";
import { Outlook } from "./outlook.js";
import { answer, entries, makeOutlook, openPane, pressSend } from "./simulation.js";

/** @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value));

const INFORMATION = { type: "informationalMessage", message: "text", icon: "Icon.16", persistent: true };
const ACTION = { actionType: "showTaskPane", actionText: "Show", commandId: "milguardPaneCompose", contextData: "{}" };
const INSIGHT = { type: "insightMessage", message: "text", icon: "Icon.16", actions: [ACTION] };

test("a wrong call throws at once and names the argument", () => {
    const { office, item } = openPane(makeOutlook());
    const { notificationMessages: notes, sessionData } = item;
    /** @type {[() => unknown, RegExp][]} */
    const cases = [
        [() => item.to.getAsync(), /callback/],
        [() => item.to.getAsync({}, "no function"), /callback/],
        [() => item.to.getAsync(undefined, () => {}), /Type.*options/],
        [() => item.to.getAsync({}, () => {}, () => {}), /Count/],
        [() => item.to.setAsync("a@b.example"), /Type.*recipients/],
        [() => item.to.setAsync([7]), /Type.*recipients/],
        [() => item.to.addAsync([{}]), /recipients/],
        [() => item.to.addAsync(Array.from({ length: 101 }, () => "a@b.example")), /Range.*recipients/],
        [() => item.to.addAsync([{ emailAddress: "a@b.example", displayName: "n".repeat(256) }]), /Range.*displayName/],
        [() => item.body.getAsync(() => {}), /Type.*coercionType/],
        [() => item.body.getAsync("rtf", () => {}), /coercionType/],
        [() => item.addHandlerAsync("olkRecipientsChanged", "no function"), /Type.*handler/],
        [() => sessionData.setAsync("key", { an: "object" }), /Type.*value/],
        [() => sessionData.getAsync("key"), /callback/],
        [() => sessionData.getAsync("", () => {}), /name/],
        [() => notes.replaceAsync("key", { ...INFORMATION, message: "x".repeat(151) }), /Range.*message/],
        [() => notes.replaceAsync("k".repeat(33), INFORMATION), /Range.*key/],
        [() => notes.replaceAsync("key", { ...INFORMATION, persistent: undefined }), /Type.*persistent/],
        [() => notes.replaceAsync("key", { ...INFORMATION, type: "errorMessage" }), /icon/],
        [() => notes.replaceAsync("key", { ...INFORMATION, type: "warning" }), /type/],
        [() => notes.replaceAsync("key", { ...INFORMATION, actions: [ACTION] }), /actions/],
        [() => notes.replaceAsync("key", { ...INSIGHT, actions: [ACTION, ACTION] }), /actions/],
        [() => notes.replaceAsync("key", { ...INSIGHT, actions: [{ ...ACTION, actionText: "x".repeat(31) }] }), /actionText/],
        [() => office.actions.associate("name"), /Type.*action/],
        [() => office.context.requirements.isSetSupported(7), /Type.*name/],
    ];
    for (const [call, message] of cases) {
        assert.throws(call, message, String(call));
    }
});

test("a call that Office answers with an error gets the same error", async () => {
    const many = (/** @type {number} */ count) => Array.from({ length: count }, (_, at) => `p${at}@b.example`);
    const { office, item } = openPane(makeOutlook({ client: "classic-windows", set: 15 }));
    const { notificationMessages: notes, sessionData } = item;
    office.context.roamingSettings.set("key", "x".repeat(33_000));
    /** @type {[string, (callback: (result: any) => void) => void][]} */
    const cases = [
        ["GenericResponseError", (done) => item.to.setAsync([{ emailAddress: 7, displayName: "Ann" }], done)],
        ["GenericResponseError", (done) => notes.replaceAsync("key", { ...INFORMATION, icon: "none" }, done)],
        ["EventNotSupported", (done) => item.addHandlerAsync("recipients", () => {}, done)],
        ["InvalidRecipients", (done) => item.to.setAsync([{ emailAddress: "", displayName: "Group" }], done)],
        ["SessionObjectMaxLengthExceeded", (done) => sessionData.setAsync("key", "x".repeat(50_000), done)],
        ["KeyNotFound", (done) => sessionData.getAsync("other", done)],
        ["NotificationKeyNotFound", (done) => notes.removeAsync("other", done)],
        ["GenericSettingsError", (done) => office.context.roamingSettings.saveAsync(done)],
    ];
    for (const [name, call] of cases) {
        const { status, error, value } = await answer(call);
        assert.deepEqual([status, error.name, value], ["failed", name, undefined]);
    }
    for (let at = 0; at < 5; at += 1) {
        assert.equal((await answer((done) => item.to.addAsync(many(100), done))).status, "succeeded");
        await answer((done) => notes.addAsync(`key${at}`, INFORMATION, done));
    }
    const full = await answer((done) => item.to.addAsync(["one@more.example"], done));
    assert.match(full.error.message, /can't exceed 500/);
    const sixth = await answer((done) => notes.addAsync("key5", INFORMATION, done));
    assert.equal(sixth.error.name, "NumberOfNotificationsExceeded");
    const again = await answer((done) => notes.addAsync("key0", INFORMATION, done));
    assert.equal(again.error.name, "DuplicateNotificationKey");
});

test("an answer comes after the call, with its context, and cannot be changed", async () => {
    const { item } = openPane(makeOutlook());
    let isInside = true;
    const result = await answer((done) => {
        item.subject.getAsync({ asyncContext: 7 }, (/** @type {any} */ given) => done([given, isInside]));
        isInside = false;
    });
    assert.deepEqual([result[0].asyncContext, result[1], Object.isFrozen(result[0])], [7, false, true]);
});

test("a fourth call at the same time fails where clients allow three", async () => {
    for (const [client, wanted] of /** @type {const} */ ([
        ["web", "failed"],
        ["new-windows", "failed"],
        ["classic-windows", "succeeded"],
    ])) {
        const { item } = openPane(makeOutlook({ client }));
        const results = await Promise.all(
            ["to", "cc", "bcc", "subject"].map((name) => answer((done) => item[name].getAsync(done))),
        );
        assert.deepEqual(results.map(({ status }) => status), ["succeeded", "succeeded", "succeeded", wanted], client);
    }
});

test("each client reads as many recipients as its documentation says, and keeps silent about the rest", async () => {
    for (const [client, set, count] of /** @type {const} */ ([
        ["classic-windows", 15, 500],
        ["classic-windows", 16, 1000],
        ["web", 15, 1000],
        ["android", 5, 100],
        ["mac", 16, 1200],
    ])) {
        const outlook = makeOutlook({ client, set });
        outlook.draft.fields.to = entries(...Array.from({ length: 1200 }, (_, at) => `p${at}@b.example`));
        const { item } = openPane(outlook);
        const { value } = await answer((done) => item.to.getAsync(done));
        assert.equal(value.length, count, client);
    }
});

test("the simulation has no members that its requirement set lacks", () => {
    for (let set = OLDEST; set <= NEWEST; set += 1) {
        const { office, item } = openPane(makeOutlook({ set }));
        const { isSetSupported } = office.context.requirements;
        const has = (/** @type {string} */ name) => item[name] !== undefined;
        assert.deepEqual(
            [has("from"), has("addHandlerAsync"), has("getAttachmentsAsync"), has("getInitializationContextAsync"), has("sessionData")],
            [set >= 7, set >= 7, set >= 8, set >= 8, set >= 11],
            `1.${set}`,
        );
        assert.deepEqual([isSetSupported("Mailbox", `1.${set}`), isSetSupported("Mailbox", `1.${set + 1}`)], [true, false]);
        const insight = () => item.notificationMessages.replaceAsync("key", INSIGHT);
        if (set < 10) {
            assert.throws(insight, /insight/, `1.${set}`);
        } else {
            insight();
        }
    }
});

test("runtimes have their own copy of the settings, and the last saved copy stays", async () => {
    const outlook = makeOutlook();
    const [first, second] = [openPane(outlook), openPane(outlook)].map(({ office }) => office.context.roamingSettings);
    first.set("key", { n: 1 });
    assert.equal(second.get("key"), undefined);
    await answer((done) => first.saveAsync(done));
    assert.equal(second.get("key"), undefined);
    assert.deepEqual(openPane(outlook).office.context.roamingSettings.get("key"), { n: 1 });
});

test("the question at Send has the buttons of the send mode, the client and the requirement set", async () => {
    const pane = { commandId: "milguardPaneCompose", contextData: "{}", cancelLabel: "Look" };
    /** @type {[mode: string, settings: object, options: object, buttons: string, opens: string][]} */
    const cases = [
        ["PromptUser", {}, {}, "send-anyway dont-send", ""],
        ["SoftBlock", {}, {}, "dont-send", ""],
        ["Block", {}, {}, "dont-send", ""],
        ["PromptUser", {}, pane, "take-action send-anyway dont-send", "take-action"],
        ["SoftBlock", {}, pane, "take-action dont-send", "take-action"],
        ["Block", {}, { ...pane, sendModeOverride: "promptUser" }, "take-action send-anyway dont-send", "take-action"],
        ["SoftBlock", { client: "mac" }, pane, "dont-send", "dont-send"],
        ["SoftBlock", {}, { ...pane, commandId: "other" }, "take-action dont-send", ""],
        // A server on premises does not announce these features, and the client ignores them.
        ["SoftBlock", { client: "on-premises" }, { ...pane, sendModeOverride: "promptUser" }, "dont-send", ""],
    ];
    for (const [sendMode, settings, options, buttons, opens] of cases) {
        const source = `Office.actions.associate("onMessageSend", (event) =>
            event.completed(${JSON.stringify({ allowEvent: false, errorMessage: "text", ...options })}))`;
        const outlook = makeOutlook(settings, { manifest: { sendMode }, source });
        const { send, state } = await pressSend(outlook);
        const dialog = state.state === "asking" ? state.dialog : null;
        const name = JSON.stringify([sendMode, settings, options]);
        assert.deepEqual([dialog?.kind, dialog?.buttons.join(" ")], ["alert", buttons], name);
        const opener = dialog?.buttons.filter((button) => {
            const pressed = send.press(button);
            return pressed.opensPane && pressed.contextData === "{}";
        });
        assert.equal(opener?.join(""), opens, name);
    }
});

test("the simulation logs what a handler must not do at Send", async () => {
    const long = "x".repeat(501);
    /** @type {[string, object, RegExp][]} */
    const cases = [
        ["event.completed({})", {}, /allowEvent/],
        ["event.completed()", {}, /allowEvent/],
        [`event.completed({ allowEvent: false, errorMessage: "${long}" })`, {}, /more than 500.*errorMessage/],
        [`event.completed({ allowEvent: false, errorMessageMarkdown: "${long}" })`, {}, /more than 500/],
        [`event.completed({ allowEvent: false, cancelLabel: "${"x".repeat(21)}" })`, {}, /more than 20.*cancelLabel/],
        ["event.completed({ allowEvent: false, commandId: 'c', contextData: {} })", {}, /Type.*contextData/],
        ["event.completed({ allowEvent: false, commandId: 'c' })", { set: 13 }, /before Mailbox 1.14/],
        ["event.completed({ allowEvent: false, errorMessageMarkdown: 'm' })", { set: 14 }, /before Mailbox 1.15/],
        ["event.completed({ allowEvent: true }); event.completed({ allowEvent: true })", {}, /twice/],
        ["throw new Error('oh')", {}, /threw Error: oh/],
    ];
    for (const [body, settings, violation] of cases) {
        const source = `Office.actions.associate("onMessageSend", (event) => { ${body} })`;
        const outlook = makeOutlook(settings, { source });
        outlook.send();
        await new Promise((resolve) => setTimeout(resolve, 5));
        assert.match(outlook.violations()[0] ?? "", violation, body);
    }
});

test("the send mode decides what the sender may do when a handler is slow, silent or missing", async () => {
    const never = 'Office.actions.associate("onMessageSend", () => {})';
    const mute = "";
    /** @type {[mode: string, source: string, ms: number, dialog: string, buttons: string][]} */
    const cases = [
        ["PromptUser", never, 5000, "slow", "send-anyway dont-send"],
        ["SoftBlock", never, 5000, "slow", ""],
        ["PromptUser", never, 300_000, "timeout", "send-anyway dont-send"],
        ["Block", never, 300_000, "timeout", "dont-send"],
        ["PromptUser", mute, 0, "unavailable", "send-anyway try-later"],
        ["SoftBlock", mute, 0, "unavailable", "send-anyway try-later"],
        ["Block", mute, 0, "unavailable", "dont-send"],
    ];
    for (const [sendMode, source, ms, kind, buttons] of cases) {
        /** @type {[number, () => void][]} */
        const due = [];
        const schedule = (/** @type {() => void} */ work, /** @type {number} */ after) => void due.push([after, work]);
        const outlook = makeOutlook({ schedule }, { manifest: { sendMode }, source });
        const send = outlook.send();
        await new Promise((resolve) => setTimeout(resolve, 5));
        due.filter(([after]) => after <= ms).sort(([a], [b]) => a - b).forEach(([, work]) => work());
        const dialog = send.state.state === "asking" ? send.state.dialog : null;
        assert.deepEqual([dialog?.kind, dialog?.buttons.join(" ")], [kind, buttons], `${sendMode} ${kind}`);
    }
});

test("the script at Send keeps to the documentation in every client and requirement set, and asks about a look-alike", async () => {
    for (const [client, { hasSend, newest, isOnPremises }] of Object.entries(CLIENTS)) {
        for (let set = isOnPremises ? OLDEST : Math.min(12, newest); set <= newest; set += 1) {
            const outlook = makeOutlook({ client, set });
            await outlook.open("message");
            outlook.setField("to", entries("ann@us.army.mil"));
            assert.equal((await pressSend(outlook)).state.state, "sent", `${client} 1.${set}`);
            outlook.setField("to", entries("bob@us.army.ml"));
            await outlook.settled();
            const { state } = await pressSend(outlook);
            const name = `${client} 1.${set}`;
            assert.equal(state.state, hasSend ? "asking" : "sent", name);
            if (state.state === "asking") {
                assert.match(state.dialog.text, /bob@us\.army\.ml.*bob@us\.army\.mil/s, name);
                assert.equal(state.dialog.markdown !== null, set >= 15, name);
            }
            const [note] = outlook.draft.notifications.values();
            assert.match(note?.message ?? "", /^bob@us\.army\.ml: .*bob@us\.army\.mil/, name);
            assert.equal(note?.action !== null, set >= 10, name);
            outlook.setField("to", entries("ann@us.army.mil"));
            await outlook.settled();
            assert.equal(outlook.draft.notifications.size, 0, name);
            assert.deepEqual(outlook.violations(), [], name);
        }
    }
});

test("the simulation and the bare runtime of the other tests get the same answers from the script", async () => {
    const [genuine, lookAlike] = ["ann@us.army.mil", "bob@us.army.ml"];
    for (const [set, addresses, policy] of /** @type {[number, string[], object][]} */ ([
        [12, [genuine], {}],
        [12, [genuine, lookAlike], {}],
        [14, [lookAlike], { override: { warn: "justification", block: "never" } }],
        [16, [lookAlike, "eve@navy.mli"], { override: { warn: "never", block: "never" } }],
        [16, [genuine, lookAlike], { mode: "audit" }],
        [16, [], { onFailure: "block" }],
    ])) {
        const bare = new Outlook({
            parts: { to: entries(...addresses) },
            mailbox: `1.${set}`,
            hostName: "OutlookWebApp",
            config: { policy },
        });
        const { allowEvent, errorMessage = "", errorMessageMarkdown = null, cancelLabel = null } = await bare.answer();
        const outlook = makeOutlook({ set }, { policy });
        outlook.setField("to", entries(...addresses));
        await outlook.settled();
        const { state } = await pressSend(outlook);
        const dialog = state.state === "asking" ? state.dialog : { text: "", markdown: null, label: null };
        const name = `1.${set} ${addresses.join(" ")} ${JSON.stringify(policy)}`;
        assert.equal(state.state, allowEvent ? "sent" : "asking", name);
        assert.deepEqual([dialog.text, dialog.markdown, dialog.label], [errorMessage, errorMessageMarkdown, cancelLabel], name);
    }
});

test("the script at Send asks about appointments as about messages", async () => {
    const outlook = makeOutlook({}, { kind: "appointment" });
    outlook.setField("optionalAttendees", entries("eve@us.army.ml"));
    await outlook.settled();
    assert.equal(outlook.draft.notifications.size, 1);
    const { send, state } = await pressSend(outlook);
    assert.equal(state.state, "asking");
    const pressed = send.press("take-action");
    assert.equal(pressed.opensPane, true);
    assert.equal(JSON.parse(pressed.contextData).cause, "found");
    assert.deepEqual(outlook.violations(), []);
    assert.deepEqual(plain(outlook.draft.fields.optionalAttendees), plain(entries("eve@us.army.ml")));
});
