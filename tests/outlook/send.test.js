// @ts-check
// At Send: whatever Outlook and the sender did, there is exactly one answer, and it is right.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Outlook, person, waitUntil } from "./outlook.js";
import { FAILED, FAILURES, FOUND, GENUINE, LOOK_ALIKE, ORDINARY, PARTLY, config, goes, send, stops } from "./sending.js";

/** @typedef {import("./outlook.js").Setting} Setting */
/** @typedef {import("./outlook.js").Parts} Parts */

describe("ordinary mail", () => {
    it("ordinary mail is sent at once, after one look at its recipients", async () => {
        const { outlook, answer } = await send({ parts: { to: [ORDINARY, GENUINE], cc: [person("x@gmail.com")] } });
        goes(answer);
        const methods = outlook.calls.map(({ method }) => method);
        assert.deepEqual(methods, ["to", "cc", "bcc", "from", "sessionData"]);
        assert.equal(outlook.mostInFlight, 3);
    });

    it("ordinary mail is sent although it has a marking, because the handler has not read the text", async () => {
        const parts = { to: [ORDINARY], subject: { value: "CUI//SP-PRVCY" }, body: { value: "CUI" } };
        const { outlook, answer } = await send({ parts });
        goes(answer);
        assert.equal(outlook.count("subject") + outlook.count("body") + outlook.count("attachments"), 0);
    });

    it("ordinary mail is sent to a recipient whose finding is only a notice", async () => {
        goes((await send({ parts: { to: [person("bob@eb.mil.br")] } })).answer);
    });

    it("ordinary mail is sent to many recipients in each field", async () => {
        const many = (/** @type {string} */ field) =>
            Array.from({ length: 998 }, (_, index) => person(`${field}${index}@example.com`));
        goes((await send({ parts: { to: many("to"), cc: many("cc"), bcc: many("bcc") } })).answer);
    });

    it("ordinary mail is sent as an invitation, even to rooms alone", async () => {
        goes((await send({ kind: "appointment", parts: { requiredAttendees: [ORDINARY] } })).answer);
        goes((await send({ kind: "appointment" })).answer);
    });
});

describe("a look-alike", () => {
    for (const field of ["to", "cc", "bcc"]) {
        it(`a look-alike is stopped in ${field}`, async () => {
            const { answer } = await send({ parts: { to: [GENUINE], [field]: [ORDINARY, LOOK_ALIKE] } });
            stops(answer, FOUND);
            assert.equal(answer.commandId, "milguardPaneCompose");
        });
    }

    for (const field of ["requiredAttendees", "optionalAttendees"]) {
        it(`a look-alike is stopped among ${field}`, async () => {
            const { answer } = await send({ kind: "appointment", parts: { [field]: [ORDINARY, LOOK_ALIKE] } });
            stops(answer, FOUND);
            assert.equal(answer.commandId, "milguardPaneAppointment");
        });
    }

    it("a look-alike is found among many", async () => {
        const many = Array.from({ length: 998 }, (_, index) => person(`a${index}@example.com`));
        stops((await send({ parts: { to: [...many, LOOK_ALIKE] } })).answer, FOUND);
    });

    it("a look-alike may be one of forty: the answer names as many as fit", async () => {
        const many = Array.from({ length: 40 }, (_, index) => person(`officer.number${index}@us.army.ml`));
        const { answer } = await send({ parts: { to: many } });
        stops(answer, /^officer\.number0@us\.army\.ml: did you mean officer\.number0@us\.army\.mil\? .*\n.*\nAnd 3\d more$/s);
        assert.match(answer.errorMessageMarkdown, /^\*\*officer\.number0@us\.army\.ml\*\*: .*\n\nAnd 3\d more$/s);
    });

    it("a look-alike is named once, wherever it stands", async () => {
        stops((await send({ parts: { to: [LOOK_ALIKE], cc: [LOOK_ALIKE] } })).answer, FOUND);
    });

    it("a look-alike is named together with recipients that the check could not judge", async () => {
        const { answer } = await send({ parts: { to: [{ emailAddress: "", displayName: "Friends" }, LOOK_ALIKE] } });
        stops(
            answer,
            `${FOUND}\nFriends: Outlook did not provide this address, so it was not checked.`,
        );
    });

    it("a recipient is found whose display name shows a protected address, but whose own is another", async () => {
        const { answer } = await send({ parts: { to: [person("bob@evil.example", "bob@army.mil")] } });
        stops(answer, /^bob@evil\.example: /);
    });

    it("a look-alike is recognised where Outlook gives the address as the name", async () => {
        stops((await send({ parts: { to: [{ emailAddress: "", displayName: "bob@army.ml" }] } })).answer, FOUND);
    });

    it("a look-alike weighs more with a marking beside it", async () => {
        const to = [person("bob@health.ml")];
        for (const parts of /** @type {Parts[]} */ ([
            { to, subject: { value: "CUI//SP-PRVCY" } },
            { to, body: { value: "Hello\n\n***** CUI *****\nRoster follows" } },
            { to, attachments: [{ name: "CUI//SP-PRVCY.pdf" }, {}, null, { name: 7 }] },
        ])) {
            stops((await send({ parts })).answer, /^bob@health\.ml: .+ CUI/);
            const markings = { enabled: false, words: [] };
            const { outlook, answer } = await send({ parts, config: config({ markings }) });
            goes(answer);
            assert.equal(outlook.count("body"), 0);
        }
    });
});

describe("recipients that Outlook does not provide", () => {
    for (const [what, details] of /** @type {[string, unknown][]} */ ([
        ["an X.500 name", { emailAddress: "/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=bob", displayName: "Bob" }],
        ["an X.500 name with the prefix EX:", { emailAddress: "EX:/O=ORG/OU=X/CN=BOB", displayName: "" }],
        ["a contact group", { emailAddress: "", displayName: "Friends" }],
        ["an undefined address", { displayName: "Friends" }],
    ])) {
        it(`recipients that Outlook does not provide get the message by default, and are stopped if policy says so: ${what}`, async () => {
            const parts = { to: [ORDINARY, details] };
            goes((await send({ parts })).answer);
            const severity = { "unexpanded-group": "warn", malformed: "warn" };
            const { answer } = await send({ parts, config: config({ severity }) });
            stops(answer, /: Outlook did not provide this address, so it was not checked\.$/);
        });
    }

    for (const [what, details] of /** @type {[string, unknown][]} */ ([
        ["an address and a name of wrong types", { emailAddress: 7, displayName: { toString: "x" } }],
        ["an address and a name that are null", { emailAddress: null, displayName: null }],
        ["an empty address and name", { emailAddress: "", displayName: " " }],
        ["an empty object", {}],
        ["null", null],
        ["undefined", undefined],
        ["a text", "bob@army.ml"],
    ])) {
        it(`recipients that Outlook does not provide make the handler ask where nobody knows who they are: ${what}`, async () => {
            const parts = { to: [ORDINARY, details] };
            stops((await send({ parts })).answer, FAILED);
            goes((await send({ parts, config: config({ onFailure: "allow" }) })).answer);
            stops((await send({ parts: { to: [details, LOOK_ALIKE] } })).answer, `${FOUND}\n${PARTLY}`);
        });
    }

    for (const length of [500, 1000]) {
        it(`a field with ${length} recipients makes the handler ask, because Outlook may have left out more`, async () => {
            const many = Array.from({ length }, (_, index) => person(`a${index}@example.com`));
            stops((await send({ parts: { to: many } })).answer, PARTLY);
            goes((await send({ parts: { to: many }, config: config({ onFailure: "allow" }) })).answer);
            stops((await send({ parts: { to: many }, config: config({ onFailure: "block" }) })).answer, /policy does not allow/);
            stops((await send({ parts: { to: [...many.slice(1), LOOK_ALIKE] } })).answer, `${FOUND}\n${PARTLY}`);
        });
    }

    it("the handler asks about a message in which it finds no recipient", async () => {
        stops((await send({})).answer, FAILED);
    });

    it("recipients that Outlook does not provide are named as unresolved where they look like addresses", async () => {
        goes((await send({ parts: { to: [person("bob@example"), person("not an address"), person("a@b@c")] } })).answer);
    });
});

describe("a field that cannot be read", { concurrency: 4 }, () => {
    for (const [kind, fields] of /** @type {const} */ ([
        ["message", ["to", "cc", "bcc"]],
        ["appointment", ["requiredAttendees", "optionalAttendees"]],
    ])) {
        for (const field of fields) {
            for (const [what, failure] of FAILURES) {
                it(`a field that cannot be read makes the handler ask: ${field} ${what}`, async () => {
                    const other = fields.find((name) => name !== field) ?? "";
                    const [clean, found] = await Promise.all([
                        send({ kind, parts: { [other]: [ORDINARY], [field]: failure } }),
                        send({ kind, parts: { [other]: [LOOK_ALIKE], [field]: failure } }),
                    ]);
                    stops(clean.answer, FAILED);
                    assert.equal(JSON.parse(clean.answer.contextData).cause, "failed");
                    assert.equal(clean.answer.sendModeOverride, "promptUser");
                    // Findings in the other fields still count.
                    stops(found.answer, `${FOUND}\n${PARTLY}`);
                });
            }
        }
    }

    for (const field of ["from", "sessionData"]) {
        for (const [what, failure] of FAILURES) {
            it(`a field that cannot be read does not matter: ${field} ${what}`, async () => {
                const [clean, found] = await Promise.all([
                    send({ parts: { to: [ORDINARY], [field]: failure } }),
                    send({ parts: { to: [LOOK_ALIKE], [field]: failure } }),
                ]);
                goes(clean.answer);
                stops(found.answer, FOUND);
            });
        }
    }

    for (const field of ["subject", "body", "attachments"]) {
        for (const [what, failure] of FAILURES) {
            it(`a field that cannot be read leaves the finding as it is: ${field} ${what}`, async () => {
                stops((await send({ parts: { to: [LOOK_ALIKE], [field]: failure } })).answer, FOUND);
            });
        }
    }

    it("the handler asks if no field answers", async () => {
        const parts = { to: "never", cc: "never", bcc: "never", from: "never", sessionData: "never" };
        stops((await send({ parts })).answer, FAILED);
    });

    it("ordinary mail is sent although every field answers twice", async () => {
        goes((await send({ parts: { to: { twice: [ORDINARY] }, cc: { twice: [] } } })).answer);
    });

    it("a look-alike is stopped although every field answers before its call returns", async () => {
        const parts = { to: { now: [LOOK_ALIKE] }, cc: { now: [] }, bcc: { now: [] }, body: { now: "" } };
        stops((await send({ parts })).answer, FOUND);
    });
});

describe("no item, or an Office that lacks something", () => {
    for (const [what, setting] of /** @type {[string, Setting][]} */ ([
        ["no item", { parts: { item: "missing" } }],
        ["no mailbox", { office: { mailbox: undefined } }],
        ["nothing but an error", { office: { mailbox: new Proxy({}, { get() { throw new Error("gone"); } }) } }],
    ])) {
        it(`an Office that lacks something makes the handler ask: ${what}`, async () => stops((await send(setting)).answer, FAILED));
    }

    it("an Office without requirement sets counts as the oldest one that has the event", async () => {
        for (const requirements of [undefined, {}, { isSetSupported: () => { throw new Error("no"); } }]) {
            const { answer } = await send({ parts: { to: [LOOK_ALIKE] }, office: { requirements } });
            assert.deepEqual(Object.keys(answer).sort(), ["allowEvent", "errorMessage"]);
        }
    });

    it("an Office that names no language gets English texts", async () => {
        const { answer } = await send({ parts: { to: [LOOK_ALIKE] }, office: { displayLanguage: undefined } });
        stops(answer, FOUND);
    });
});

describe("the answer", () => {
    const hint = "To correct it, choose “Don’t Send”, then “Check recipients” in the message window.";
    for (const [mailbox, members] of /** @type {const} */ ([
        ["1.12", []],
        ["1.13", []],
        ["1.14", ["cancelLabel", "commandId", "contextData", "sendModeOverride"]],
        ["1.15", ["cancelLabel", "commandId", "contextData", "errorMessageMarkdown", "sendModeOverride"]],
        ["1.16", ["cancelLabel", "commandId", "contextData", "errorMessageMarkdown", "sendModeOverride"]],
    ])) {
        it(`the answer says no more than Mailbox ${mailbox} understands`, async () => {
            const { answer } = await send({ mailbox, parts: { to: [LOOK_ALIKE] } });
            stops(answer, members.length === 0 ? `${FOUND}\n${hint}` : FOUND);
            assert.deepEqual(Object.keys(answer).sort(), ["allowEvent", "errorMessage", ...members].sort());
            if (members.length > 0) {
                assert.equal(answer.cancelLabel, "Check recipients");
                assert.equal(typeof answer.contextData, "string");
                assert.match(answer.contextData, /^\{"v":1,"message":"[\da-f-]{36}","cause":"found"\}$/);
                assert.equal(answer.sendModeOverride, "promptUser");
            }
        });
    }

    it("the answer is repeated in a plainer form for a client that throws at it", async () => {
        const outlook = new Outlook({ parts: { to: [LOOK_ALIKE] } });
        /** @type {any[]} */
        const answers = [];
        outlook.handlers.get("onMessageSend")?.({
            completed(/** @type {any} */ options) {
                if ("commandId" in options) {
                    throw new TypeError("unknown option");
                }
                answers.push({ ...options });
            },
        });
        await waitUntil(() => answers.length > 0);
        // Time for a second answer, which must not come.
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.deepEqual(answers, [{ allowEvent: false, errorMessage: FOUND }]);
    });

    it("the answer is right for each of two simultaneous events, however their calls mix", async () => {
        const outlook = new Outlook({ parts: { to: { lateMs: 30, value: [LOOK_ALIKE] }, cc: { lateMs: 60, value: [] } } });
        const all = await Promise.all([
            outlook.answer("onMessageSend"),
            outlook.answer("onMessageRecipientsChanged"),
            outlook.answer("onMessageSend"),
        ]);
        stops(all[0], FOUND);
        stops(all[2], FOUND);
        assert.equal(outlook.mostInFlight, 3);
    });

    it("the answer does not wait until Outlook has shown a line", async () => {
        const outlook = new Outlook({ parts: { to: [LOOK_ALIKE], notify: "never" } });
        const compose = [1, 2, 3, 4].map(() => outlook.fire("onMessageRecipientsChanged"));
        await new Promise((resolve) => setTimeout(resolve, 20));
        stops(await outlook.answer(), FOUND);
        assert.deepEqual((await Promise.all(compose)).map((answers) => answers.length), [1, 1, 1, 1]);
    });
});

describe("a checker that fails or takes long", () => {
    /** @param {string} check the body of its method */
    const stub = (check) => (/** @type {string} */ script) => {
        const end = script.indexOf("} catch (milguardError)");
        const report = `var report = (severity) => ({ severity, recipients: message.recipients.map(({ address }) =>
            ({ address, severity, findings: [], suggestion: null, domain: null })) });`;
        return `var calls = 0;
            var milguard = { version: () => "0.1.0", Checker: class { check(message) { calls += 1; ${report} ${check} } } };
            try {${script.slice(end)}`;
    };
    const wait = (/** @type {number} */ ms) => `for (var begin = Date.now(); Date.now() - begin < ${ms};) {}`;
    const parts = { to: [LOOK_ALIKE] };

    it("the handler asks when the checker throws, whatever it throws", async () => {
        for (const what of ["new Error('x')", "null", "undefined", "'x'", "Object.create(null)"]) {
            stops((await send({ parts, damage: stub(`throw ${what};`) })).answer, FAILED);
        }
    });

    it("the handler asks when the checker's report is not a report", async () => {
        for (const report of ["null", "7", "{}", "{ severity: 'pass', recipients: [] }", "{ severity: 'pass', recipients: [null] }"]) {
            stops((await send({ parts, damage: stub(`return ${report};`) })).answer, FAILED);
        }
    });

    it("the answer still names the finding if the checker fails later", async () => {
        const { answer } = await send({ parts, damage: stub("if (calls > 1) { throw 1; } return report('warn');") });
        stops(answer, "bob@army.ml:");
    });

    it("the answer still names the finding if time runs out", async () => {
        const { answer } = await send({
            parts: { ...parts, body: "never" },
            damage: stub(`${wait(3200)} return report('warn');`),
        });
        stops(answer, "bob@army.ml:");
    });

    it("the handler asks when the checker takes longer than the deadline", async () => {
        const { answer } = await send({
            parts: { ...parts, body: "never" },
            damage: stub(`${wait(3200)} return report('notice');`),
        });
        stops(answer, FAILED);
    });
});
