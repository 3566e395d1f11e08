// @ts-check
// While the sender writes a message or an appointment, one line on the item follows its recipients.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Outlook, person } from "./outlook.js";

/** @typedef {import("./outlook.js").Setting} Setting */
/** @typedef {import("./outlook.js").Parts} Parts */

const LOOK_ALIKE = person("bob@army.ml", "Bob");
const ORDINARY = person("ann@example.com", "Ann");
const CHANGED = "onMessageRecipientsChanged";
const FOUND =
    "bob@army.ml: did you mean bob@army.mil? .ml is Mali’s ending; .mil is the U.S. military’s.";

/**
 * The line on the item after the event; `undefined` if there is none.
 *
 * @param {Setting} setting
 * @param {string} [event]
 */
async function line(setting, event = CHANGED) {
    const outlook = new Outlook(setting);
    assert.equal(await outlook.answer(event), undefined);
    const [found, ...more] = outlook.notifications.values();
    assert.equal(more.length, 0);
    return { outlook, found: found && { ...found } };
}

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("the line on the item", () => {
    it("the line on the item names the look-alike and the address that was meant, and shows the pane", async () => {
        const { found } = await line({ parts: { to: [ORDINARY, LOOK_ALIKE] } });
        assert.equal(found.message, FOUND);
        assert.equal(found.type, "insightMessage");
        assert.equal(found.icon, "Icon.16");
        assert.ok(!("persistent" in found));
        const [action] = found.actions;
        assert.deepEqual(
            { ...action },
            { actionType: "showTaskPane", actionText: "Show", commandId: "milguardPaneCompose", contextData: "{}" },
        );
    });

    for (const [event, kind, field, command] of /** @type {const} */ ([
        ["onMessageRecipientsChanged", "message", "cc", "milguardPaneCompose"],
        ["onNewMessageCompose", "message", "to", "milguardPaneCompose"],
        ["onMessageCompose", "message", "to", "milguardPaneCompose"],
        ["onAppointmentOrganizer", "appointment", "requiredAttendees", "milguardPaneAppointment"],
        ["onAppointmentAttendeesChanged", "appointment", "requiredAttendees", "milguardPaneAppointment"],
        ["onAppointmentAttendeesChanged", "appointment", "optionalAttendees", "milguardPaneAppointment"],
    ])) {
        it(`the line on the item appears at ${event} for ${field}`, async () => {
            const { found } = await line({ kind, parts: { [field]: [LOOK_ALIKE] } }, event);
            assert.equal(found.message, FOUND);
            assert.equal(found.actions[0].commandId, command);
        });
    }

    it("the line on the item does not appear for ordinary mail, of which the script reads only the recipients", async () => {
        const { outlook, found } = await line({ parts: { to: [ORDINARY] } });
        assert.equal(found, undefined);
        const methods = outlook.calls.map(({ method }) => method);
        assert.deepEqual(methods, ["to", "cc", "bcc", "from", "sessionData", "getAllAsync"]);
    });

    it("the script does not read the content of the item for a finding either", async () => {
        const { outlook } = await line({ parts: { to: [LOOK_ALIKE] } });
        assert.equal(outlook.count("body") + outlook.count("subject") + outlook.count("attachments"), 0);
    });

    it("the line on the item changes and disappears as the recipients change", async () => {
        const to = { value: [LOOK_ALIKE] };
        const outlook = new Outlook({ parts: { to } });
        const shown = async () => {
            await outlook.answer(CHANGED);
            const lines = [...outlook.notifications.values()].map(({ message }) => message);
            assert.ok(lines.length <= 1, lines.join("\n"));
            return lines[0];
        };
        assert.equal(await shown(), FOUND);
        // A line with the same text stays.
        assert.equal(await shown(), FOUND);
        assert.equal(outlook.count("replaceAsync"), 1);
        to.value = [person("tom@navy.ml")];
        assert.match(await shown(), /^tom@navy\.ml: did you mean tom@navy\.mil\?/);
        to.value = [ORDINARY];
        assert.equal(await shown(), undefined);
    });

    it("the line on the item shows the finding of the last event, even if an earlier event ends after it", async () => {
        const to = /** @type {{ lateMs: number, value: unknown }} */ ({ lateMs: 60, value: [person("tom@navy.ml")] });
        const outlook = new Outlook({ parts: { to } });
        const first = outlook.answer(CHANGED);
        await new Promise((resolve) => setTimeout(resolve, 10));
        to.lateMs = 5;
        to.value = [LOOK_ALIKE];
        await Promise.all([first, outlook.answer(CHANGED)]);
        assert.equal(outlook.count("replaceAsync"), 1);
        assert.equal(outlook.notifications.get("milguard").message, FOUND);
    });

    it("the line on the item names the gravest finding, and counts the others", async () => {
        const to = [person("x@eb.mil.br"), person("tom@navy.ml"), person("gen@army.ml")];
        const { found } = await line({ parts: { to } });
        assert.match(found.message, /^tom@navy\.ml: .* \(And 2 more\)$/);
    });

    it("the line on the item names a recipient whose address Outlook does not provide", async () => {
        for (const details of [
            { emailAddress: "", displayName: "Friends" },
            { emailAddress: "/o=ExchangeLabs/ou=x/cn=Recipients/cn=friends", displayName: "Friends" },
        ]) {
            const { found } = await line({ parts: { to: [details] } });
            const named = details.emailAddress || "Friends";
            assert.ok(found.message.endsWith("Outlook did not provide this address, so it was not checked."));
            assert.ok(found.message.startsWith(named.slice(0, 12)), found.message);
        }
        // For a recipient without address and name no text is possible, but Send asks.
        assert.equal((await line({ parts: { to: [{}] } })).found, undefined);
    });

    it("the line on the item does not mention kept recipients", async () => {
        const sessionData = { value: '{"v":1,"kept":[{"address":"bob@army.ml"}]}' };
        assert.equal((await line({ parts: { to: [LOOK_ALIKE], sessionData } })).found, undefined);
        const { found } = await line({ parts: { to: [LOOK_ALIKE, person("tom@navy.ml")], sessionData } });
        assert.match(found.message, /^tom@navy\.ml: (?!.*more)/);
    });

    it("the line on the item stays as it is while a field cannot be read, unless the other fields hold something graver", async () => {
        for (const failure of /** @type {const} */ ([{ error: "busy" }, "throws", "missing", "never"])) {
            const { outlook, found } = await line({ parts: { to: [ORDINARY], cc: failure } });
            assert.equal(found, undefined);
            assert.equal(outlook.count("removeAsync"), 0);
        }
        assert.equal((await line({ parts: { to: [LOOK_ALIKE], cc: { error: "busy" } } })).found.message, FOUND);
    });

    it("the line on the item does not appear in audit mode or without a checker", async () => {
        const policy = { mode: "audit" };
        const audit = await line({ parts: { to: [LOOK_ALIKE] }, config: { policy } });
        assert.deepEqual([audit.found, audit.outlook.calls.length], [undefined, 0]);
        const damage = (/** @type {string} */ script) => script.replace("var milguard=", "throw 1;var milguard=");
        assert.equal((await line({ parts: { to: [LOOK_ALIKE] }, damage })).found, undefined);
    });

    it("the line on the item is in the person’s language", async () => {
        const { found } = await line({ parts: { to: [LOOK_ALIKE] }, language: "fr-CA" });
        assert.match(found.message, /^bob@army\.ml: vouliez-vous dire bob@army\.mil\u00A0\?/);
        assert.equal(found.actions[0].actionText, "Afficher");
    });
});

describe("a client that cannot show the pane from a line", () => {
    const informational = (/** @type {any} */ found) => {
        assert.deepEqual(found, { type: "informationalMessage", message: FOUND, icon: "Icon.16", persistent: true });
    };

    it("a client before Mailbox 1.10 gets the line without the link to the pane", async () => {
        informational((await line({ mailbox: "1.9", parts: { to: [LOOK_ALIKE] } })).found);
    });

    for (const hostName of ["OutlookIOS", "OutlookAndroid"]) {
        it(`a client that cannot show the pane gets the line without the link: ${hostName}`, async () => {
            const { outlook, found } = await line({ hostName, mailbox: "1.15", parts: { to: [LOOK_ALIKE] } });
            informational(found);
            assert.equal(outlook.count("replaceAsync"), 1);
        });
    }

    it("a client that refuses the link gets the line without it", async () => {
        const { found } = await line({ parts: { to: [LOOK_ALIKE], insight: "refused" } });
        informational(found);
    });
});

describe("the handler while the sender composes", { concurrency: 4 }, () => {
    for (const [what, setting] of /** @type {[string, Setting][]} */ ([
        ["no item", { parts: { item: "missing" } }],
        ["nothing answers", { parts: { to: "never", cc: "never", bcc: "never", from: "never", sessionData: "never" } }],
        ["the line cannot be shown", { parts: { to: [LOOK_ALIKE], notify: { error: "too many" } } }],
        ["showing the line throws", { parts: { to: [LOOK_ALIKE], notify: "throws" } }],
        ["showing the line is never answered", { parts: { to: [LOOK_ALIKE], notify: "never" } }],
        ["a policy that is a number", { parts: { to: [LOOK_ALIKE] }, config: { policy: 7 } }],
    ])) {
        for (const hasTimers of [true, false]) {
            it(`the handler completes the event once: ${what}${hasTimers ? "" : ", and there are no timers"}`, async () => {
                assert.equal(await new Outlook({ ...setting, hasTimers }).answer(CHANGED), undefined);
            });
        }
    }
});
