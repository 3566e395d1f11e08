// @ts-check
// At Send: whatever Outlook, the policy and the sender did, exactly one answer, and the right one.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Outlook, person, waitUntil } from "./outlook.js";

/** @typedef {import("./outlook.js").Setting} Setting */
/** @typedef {import("./outlook.js").Parts} Parts */

const LOOK_ALIKE = person("bob@army.ml", "Bob");
const ORDINARY = person("ann@example.com", "Ann");
const GENUINE = person("eve@army.mil", "Eve");

const FAILED = "Milguard could not check the recipients. Look closely at each address before you send.";
const FOUND =
    "bob@army.ml: did you mean bob@army.mil? .ml is Mali’s ending; .mil is the U.S. military’s.";
const PARTLY = "Milguard could not read all recipients. Look closely at the others too.";
const BLOCKED = "Your organisation’s policy does not allow sending to these recipients.";

/** @param {object} policy */
const config = (policy, more = {}) => ({ policy, ...more });
const DENY = { deny: ["*.ml"] };

/** @param {Setting} setting */
async function send(setting) {
    const outlook = new Outlook(setting);
    return { outlook, answer: await outlook.answer() };
}

/** @param {any} answer */
const goes = (answer) => assert.deepEqual({ ...answer }, { allowEvent: true });

/** @param {any} answer @param {string | RegExp} message */
function stops(answer, message) {
    assert.equal(answer.allowEvent, false);
    if (typeof message === "string") {
        assert.equal(answer.errorMessage, message);
    } else {
        assert.match(answer.errorMessage, message);
    }
    assert.ok(answer.errorMessage.length <= 500 && (answer.errorMessageMarkdown ?? "").length <= 500);
}

/** @param {string[]} addresses */
const kept = (...addresses) => ({
    sessionData: { value: JSON.stringify({ v: 1, kept: addresses.map((address) => ({ address })) }) },
});

/** @param {string} address @param {unknown} reason */
const keptWith = (address, reason) => ({
    sessionData: { value: JSON.stringify({ v: 1, kept: [{ address, reason }] }) },
});

describe("ordinary mail", () => {
    it("goes at once, after one look at its recipients", async () => {
        const { outlook, answer } = await send({ parts: { to: [ORDINARY, GENUINE], cc: [person("x@gmail.com")] } });
        goes(answer);
        const methods = outlook.calls.map(({ method }) => method);
        assert.deepEqual(methods, ["to", "cc", "bcc", "from", "sessionData"]);
        assert.equal(outlook.mostInFlight, 3);
    });

    it("goes with a marking in it, which nobody has read", async () => {
        const parts = { to: [ORDINARY], subject: { value: "CUI//SP-PRVCY" }, body: { value: "CUI" } };
        const { outlook, answer } = await send({ parts });
        goes(answer);
        assert.equal(outlook.count("subject") + outlook.count("body") + outlook.count("attachments"), 0);
    });

    it("goes with a recipient that is worth no more than a line", async () => {
        goes((await send({ parts: { to: [person("bob@eb.mil.br")] } })).answer);
    });

    it("goes to many in each field", async () => {
        const many = (/** @type {string} */ field) =>
            Array.from({ length: 998 }, (_, index) => person(`${field}${index}@example.com`));
        goes((await send({ parts: { to: many("to"), cc: many("cc"), bcc: many("bcc") } })).answer);
    });

    it("goes as an invitation, also to rooms alone", async () => {
        goes((await send({ kind: "appointment", parts: { requiredAttendees: [ORDINARY] } })).answer);
        goes((await send({ kind: "appointment" })).answer);
    });
});

describe("a look-alike", () => {
    for (const field of ["to", "cc", "bcc"]) {
        it(`is stopped in ${field}`, async () => {
            const { answer } = await send({ parts: { to: [GENUINE], [field]: [ORDINARY, LOOK_ALIKE] } });
            stops(answer, FOUND);
            assert.equal(answer.commandId, "milguardPaneCompose");
        });
    }

    for (const field of ["requiredAttendees", "optionalAttendees"]) {
        it(`is stopped among ${field}`, async () => {
            const { answer } = await send({ kind: "appointment", parts: { [field]: [ORDINARY, LOOK_ALIKE] } });
            stops(answer, FOUND);
            assert.equal(answer.commandId, "milguardPaneAppointment");
        });
    }

    it("is found among many", async () => {
        const many = Array.from({ length: 998 }, (_, index) => person(`a${index}@example.com`));
        stops((await send({ parts: { to: [...many, LOOK_ALIKE] } })).answer, FOUND);
    });

    it("is one of forty, of which those that fit are named", async () => {
        const many = Array.from({ length: 40 }, (_, index) => person(`officer.number${index}@us.army.ml`));
        const { answer } = await send({ parts: { to: many } });
        stops(answer, /^officer\.number0@us\.army\.ml: did you mean officer\.number0@us\.army\.mil\? .*\n.*\nAnd 3\d more$/s);
        assert.match(answer.errorMessageMarkdown, /^\*\*officer\.number0@us\.army\.ml\*\*: .*\n\nAnd 3\d more$/s);
    });

    it("is named once, wherever it stands", async () => {
        stops((await send({ parts: { to: [LOOK_ALIKE], cc: [LOOK_ALIKE] } })).answer, FOUND);
    });

    it("is named with what could not be judged", async () => {
        const { answer } = await send({ parts: { to: [{ emailAddress: "", displayName: "Friends" }, LOOK_ALIKE] } });
        stops(
            answer,
            `${FOUND}\nFriends: Outlook did not provide this address, so it was not checked.`,
        );
    });

    it("is told by its name alone where the address is a colleague’s", async () => {
        const { answer } = await send({ parts: { to: [person("bob@evil.example", "bob@army.mil")] } });
        stops(answer, /^bob@evil\.example: /);
    });

    it("is recognised where Outlook gives the address as the name", async () => {
        stops((await send({ parts: { to: [{ emailAddress: "", displayName: "bob@army.ml" }] } })).answer, FOUND);
    });

    it("weighs more with a marking beside it", async () => {
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

describe("recipients that Outlook does not tell", () => {
    for (const [what, details] of /** @type {[string, unknown][]} */ ([
        ["an X.500 name", { emailAddress: "/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=bob", displayName: "Bob" }],
        ["an X.500 name marked so", { emailAddress: "EX:/O=ORG/OU=X/CN=BOB", displayName: "" }],
        ["a contact group", { emailAddress: "", displayName: "Friends" }],
        ["an undefined address", { displayName: "Friends" }],
    ])) {
        it(`are let go, or not, as policy says: ${what}`, async () => {
            const parts = { to: [ORDINARY, details] };
            goes((await send({ parts })).answer);
            const severity = { "unexpanded-group": "warn", malformed: "warn" };
            const { answer } = await send({ parts, config: config({ severity }) });
            stops(answer, /: Outlook did not provide this address, so it was not checked\.$/);
        });
    }

    for (const [what, details] of /** @type {[string, unknown][]} */ ([
        ["an address and a name that are none", { emailAddress: 7, displayName: { toString: "x" } }],
        ["an address and a name that are null", { emailAddress: null, displayName: null }],
        ["empty ones", { emailAddress: "", displayName: " " }],
        ["an empty object", {}],
        ["null", null],
        ["undefined", undefined],
        ["a text", "bob@army.ml"],
    ])) {
        it(`are asked about where nobody knows who they are: ${what}`, async () => {
            const parts = { to: [ORDINARY, details] };
            stops((await send({ parts })).answer, FAILED);
            goes((await send({ parts, config: config({ onFailure: "allow" }) })).answer);
            stops((await send({ parts: { to: [details, LOOK_ALIKE] } })).answer, `${FOUND}\n${PARTLY}`);
        });
    }

    for (const length of [500, 1000]) {
        it(`are asked about where a field has as many as Outlook tells: ${length}`, async () => {
            const many = Array.from({ length }, (_, index) => person(`a${index}@example.com`));
            stops((await send({ parts: { to: many } })).answer, PARTLY);
            goes((await send({ parts: { to: many }, config: config({ onFailure: "allow" }) })).answer);
            stops((await send({ parts: { to: many }, config: config({ onFailure: "block" }) })).answer, /policy does not allow/);
            stops((await send({ parts: { to: [...many.slice(1), LOOK_ALIKE] } })).answer, `${FOUND}\n${PARTLY}`);
        });
    }

    it("are all there are of a message without any: that is asked, not sent", async () => {
        stops((await send({})).answer, FAILED);
    });

    it("are named as unresolved where they look like addresses", async () => {
        goes((await send({ parts: { to: [person("bob@example"), person("not an address"), person("a@b@c")] } })).answer);
    });
});

/** How a call can fail. */
const FAILURES = /** @type {const} */ ([
    ["fails", { error: "busy" }],
    ["throws", "throws"],
    ["is missing", "missing"],
    ["never answers", "never"],
    ["answers too late", { lateMs: 4500, value: [] }],
    ["answers with nothing", { value: undefined }],
    ["answers with a text", { value: "bob@army.ml" }],
    ["answers with more than there can be", { value: { length: 1e9 } }],
]);

describe("a field that cannot be read", { concurrency: 4 }, () => {
    for (const [kind, fields] of /** @type {const} */ ([
        ["message", ["to", "cc", "bcc"]],
        ["appointment", ["requiredAttendees", "optionalAttendees"]],
    ])) {
        for (const field of fields) {
            for (const [what, failure] of FAILURES) {
                it(`asks: ${field} ${what}`, async () => {
                    const other = fields.find((name) => name !== field) ?? "";
                    const [clean, found] = await Promise.all([
                        send({ kind, parts: { [other]: [ORDINARY], [field]: failure } }),
                        send({ kind, parts: { [other]: [LOOK_ALIKE], [field]: failure } }),
                    ]);
                    stops(clean.answer, FAILED);
                    assert.equal(JSON.parse(clean.answer.contextData).cause, "failed");
                    assert.equal(clean.answer.sendModeOverride, "promptUser");
                    // What the others hold is still found.
                    stops(found.answer, `${FOUND}\n${PARTLY}`);
                });
            }
        }
    }

    for (const field of ["from", "sessionData"]) {
        for (const [what, failure] of FAILURES) {
            it(`does not matter: ${field} ${what}`, async () => {
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
            it(`leaves the finding as it is: ${field} ${what}`, async () => {
                stops((await send({ parts: { to: [LOOK_ALIKE], [field]: failure } })).answer, FOUND);
            });
        }
    }

    it("is each of them at once", async () => {
        const parts = { to: "never", cc: "never", bcc: "never", from: "never", sessionData: "never" };
        stops((await send({ parts })).answer, FAILED);
    });

    it("is none, and each answers twice", async () => {
        goes((await send({ parts: { to: { twice: [ORDINARY] }, cc: { twice: [] } } })).answer);
    });

    it("is none, and each answers before it returns", async () => {
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
        it(`asks: ${what}`, async () => stops((await send(setting)).answer, FAILED));
    }

    it("is taken for the oldest that has the event", async () => {
        for (const requirements of [undefined, {}, { isSetSupported: () => { throw new Error("no"); } }]) {
            const { answer } = await send({ parts: { to: [LOOK_ALIKE] }, office: { requirements } });
            assert.deepEqual(Object.keys(answer).sort(), ["allowEvent", "errorMessage"]);
        }
    });

    it("is spoken to in English where it names no language", async () => {
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
        it(`says no more than Mailbox ${mailbox} understands`, async () => {
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

    it("is given again more plainly to a client that throws at it", async () => {
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
        // Time for a second one, which must not come.
        await new Promise((resolve) => setTimeout(resolve, 50));
        assert.deepEqual(answers, [{ allowEvent: false, errorMessage: FOUND }]);
    });

    it("is given to each of two events at once, however their calls mix", async () => {
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

    it("does not wait for a line that is being shown and never answered", async () => {
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

    it("asks when it throws, however it does", async () => {
        for (const what of ["new Error('x')", "null", "undefined", "'x'", "Object.create(null)"]) {
            stops((await send({ parts, damage: stub(`throw ${what};`) })).answer, FAILED);
        }
    });

    it("asks when its report is none", async () => {
        for (const report of ["null", "7", "{}", "{ severity: 'pass', recipients: [] }", "{ severity: 'pass', recipients: [null] }"]) {
            stops((await send({ parts, damage: stub(`return ${report};`) })).answer, FAILED);
        }
    });

    it("still says what it had found when it fails later", async () => {
        const { answer } = await send({ parts, damage: stub("if (calls > 1) { throw 1; } return report('warn');") });
        stops(answer, "bob@army.ml:");
    });

    it("still says what it had found when time is up", async () => {
        const { answer } = await send({
            parts: { ...parts, body: "never" },
            damage: stub(`${wait(3200)} return report('warn');`),
        });
        stops(answer, "bob@army.ml:");
    });

    it("asks when it takes more time than there is", async () => {
        const { answer } = await send({
            parts: { ...parts, body: "never" },
            damage: stub(`${wait(3200)} return report('notice');`),
        });
        stops(answer, FAILED);
    });
});

describe("policy", () => {
    const parts = { to: [ORDINARY, LOOK_ALIKE] };

    it("in audit mode stops nothing, whatever fails", async () => {
        for (const more of /** @type {Parts[]} */ ([parts, { to: "throws" }, { item: "missing" }, {}])) {
            goes((await send({ parts: more, config: config({ mode: "audit", ...DENY }) })).answer);
        }
        const damage = (/** @type {string} */ script) => script.replace("var milguard=", "throw 1;var milguard=");
        goes((await send({ parts, damage, config: config({ mode: "audit" }) })).answer);
    });

    it("that never allows is not relaxed", async () => {
        for (const sendMode of ["PromptUser", "SoftBlock", "Block"]) {
            const { answer } = await send({ parts, config: config(DENY, { sendMode }) });
            stops(answer, /^bob@army\.ml: did you mean bob@army\.mil\? .*\nYour organisation’s policy does not allow/);
            assert.ok(!("sendModeOverride" in answer));
            assert.equal(answer.commandId, "milguardPaneCompose");
        }
    });

    it("that asks for a reason is not relaxed either, and says where to give it", async () => {
        const override = { warn: "justification", block: "never" };
        const { answer } = await send({ parts, config: config({ override }) });
        stops(answer, `${FOUND}\nTo send it anyway, choose “Check recipients” and give a reason there.`);
        assert.ok(!("sendModeOverride" in answer));
    });

    it("decides by what is gravest", async () => {
        const both = { to: [LOOK_ALIKE, person("x@bamako.ml")] };
        const { answer } = await send({ parts: both, config: config({ deny: ["bamako.ml"] }) });
        stops(answer, /^x@bamako\.ml: .*\nbob@army\.ml: .*/s);
        assert.ok(answer.errorMessage.includes(BLOCKED) && !("sendModeOverride" in answer));
    });

    it("says what happens when the check fails", async () => {
        const failing = { to: { error: "busy" } };
        const onFailure = (/** @type {string} */ value) => send({ parts: failing, config: config({ onFailure: value }) });
        goes((await onFailure("allow")).answer);
        const { answer } = await onFailure("block");
        stops(answer, /^Milguard could not check the recipients, and your organisation’s policy does not allow/);
        assert.ok(!("sendModeOverride" in answer));
        assert.equal((await onFailure("ask")).answer.sendModeOverride, "promptUser");
    });

    it("has its own words, which come after the address, and a link where Markdown is known", async () => {
        const own = {
            texts: { en: { body: "Ask *your* [officer](http://x).", training: "Learn [more]" } },
            trainingUrl: "https://training.example.mil/look-alikes?from=outlook",
        };
        const { answer } = await send({ parts, config: config(own) });
        stops(answer, `${FOUND}\nAsk *your* [officer](http://x).`);
        const [, ...below] = answer.errorMessageMarkdown.split("\n\n");
        assert.deepEqual(below, [
            "Ask \\*your\\* \\[officer\\](http://x).",
            "[Learn \\[more\\]](https://training.example.mil/look-alikes?from=outlook)",
        ]);
    });

    it("names no page: then the link leads to the lesson, and the whole text fits", async () => {
        const lessonUrl = "https://milguard.example.mil/learn/?d=0191d3a4-0000-4000-8000-000000000001";
        const { answer } = await send({ parts, config: config({}, { lessonUrl }) });
        const link = answer.errorMessageMarkdown.split("\n\n").at(-1);
        assert.equal(link, `[How to recognise such addresses](${lessonUrl})`);
        assert.ok(answer.errorMessageMarkdown.length <= 500);
    });

    it("whose link could end early is shown without it", async () => {
        for (const trainingUrl of ["https://x.example/a)b", "https://x.example/a b", "https://x.example/(a)"]) {
            const { answer } = await send({ parts, config: config({ trainingUrl }) });
            assert.ok(!answer.errorMessageMarkdown.includes("x.example"), trainingUrl);
        }
    });

    for (const [what, garbage] of /** @type {[string, Setting][]} */ ([
        ["a number", { config: config(/** @type {any} */ (7)) }],
        ["a list", { config: config([]) }],
        ["of wrong values", { config: config({ mode: "audit", override: { warn: "sometimes" } }) }],
        ["of wrong types", { config: config({ severity: 1, deny: "x", texts: [], onFailure: {}, mode: "audit" }) }],
        ["with patterns that are none", { config: config({ deny: ["***"], mode: "audit" }) }],
        ["that is no object", { config: "policy" }],
        ["null", { config: null }],
        ["that is missing", { configLine: "" }],
        ["that is undefined", { configLine: "var milguardConfig;" }],
    ])) {
        it(`that nobody can read is not used: ${what}`, async () => {
            stops((await send({ ...garbage, parts })).answer, FOUND);
            goes((await send({ ...garbage, parts: { to: [ORDINARY] } })).answer);
        });
    }

    it("holds for failures where the checker itself is broken", async () => {
        const damage = (/** @type {string} */ script) => script.replace("var milguard=", "throw 1;var milguard=");
        stops((await send({ parts, damage })).answer, FAILED);
        goes((await send({ parts, damage, config: config({ onFailure: "allow" }) })).answer);
        stops((await send({ parts, damage, config: config({ onFailure: "block" }) })).answer, /^Milguard could not check the recipients.*policy/);
    });

    it("speaks the sender’s language", async () => {
        const { answer } = await send({ parts, language: "de-AT" });
        stops(answer, /^bob@army\.ml: meinten Sie bob@army\.mil\? /);
        assert.equal(answer.cancelLabel, "Empfänger prüfen");
    });
});

describe("what the sender kept", () => {
    const parts = { to: [LOOK_ALIKE, ORDINARY] };
    const justify = config({ override: { warn: "justification", block: "never" } });

    it("goes", async () => {
        goes((await send({ parts: { ...parts, ...kept("x@y.example", "bob@army.ml") } })).answer);
    });

    it("is no other recipient", async () => {
        for (const other of ["BOB@army.ml", "bob@army.mil", "bob@army.ml ", "", "army.ml"]) {
            stops((await send({ parts: { ...parts, ...kept(other) } })).answer, FOUND);
        }
        const two = { to: [person("tom@navy.ml"), LOOK_ALIKE], ...kept("bob@army.ml") };
        stops((await send({ parts: two })).answer, /^tom@navy\.ml: did you mean tom@navy\.mil\?(?!.*bob@)/s);
    });

    it("counts for nothing where policy never allows it", async () => {
        const { answer } = await send({ parts: { ...parts, ...kept("bob@army.ml") }, config: config(DENY) });
        stops(answer, /policy does not allow/);
    });

    it("needs its reason where policy asks for one", async () => {
        goes((await send({ parts: { ...parts, ...keptWith("bob@army.ml", "He moved.") }, config: justify })).answer);
        for (const reason of [undefined, "", "  \n a ", 7, "x".repeat(501)]) {
            const { answer } = await send({ parts: { ...parts, ...keptWith("bob@army.ml", reason) }, config: justify });
            stops(answer, /^bob@army\.ml: /);
        }
    });

    it("goes also where it stands in the custom properties alone, which ordinary mail does not read", async () => {
        const value = JSON.stringify({ v: 1, kept: [{ address: "bob@army.ml", reason: "He moved." }] });
        const customProperties = { value: { get: () => value } };
        goes((await send({ parts: { ...parts, customProperties }, config: justify })).answer);
        const { outlook } = await send({ parts: { to: [ORDINARY], customProperties }, config: justify });
        assert.equal(outlook.count("loadCustomPropertiesAsync"), 0);
        for (const broken of /** @type {const} */ (["never", "throws", "missing", { error: "busy" }, { value: null }, { value: 7 }])) {
            stops((await send({ parts: { ...parts, customProperties: broken } })).answer, FOUND);
        }
    });

    it("may be a group, by its name", async () => {
        const group = { to: [{ emailAddress: "", displayName: "Friends" }], ...kept("Friends") };
        goes((await send({ parts: group, config: config({ severity: { "unexpanded-group": "warn" } }) })).answer);
    });

    for (const value of [
        "", "null", "[]", "{}", '{"v":2,"kept":[{"address":"bob@army.ml"}]}', '{"v":1,"kept":{"0":1}}',
        '{"v":1,"kept":[null,7,"bob@army.ml",{"address":["bob@army.ml"]}]}', '{"v":1,"kept":[{"address":"bob@army.ml"}',
        7, null, undefined, { v: 1, kept: [{ address: "bob@army.ml" }] },
        `{"v":1,"kept":[{"address":"bob@army.ml"}],"x":"${"x".repeat(60_000)}"}`,
    ]) {
        it(`is nothing where the item holds ${JSON.stringify(value)?.slice(0, 50)}`, async () => {
            stops((await send({ parts: { ...parts, sessionData: { value } } })).answer, FOUND);
        });
    }
});

/** How the calls of an Office answer. @type {Record<string, (value: unknown) => import("./outlook.js").Behaviour>} */
const MODES = {
    "at once": (value) => ({ now: value }),
    later: (value) => ({ value }),
};

/** @param {string} mode @param {unknown} value */
const answers = (mode, value) => (MODES[mode] ?? ((/** @type {unknown} */ given) => ({ value: given })))(value);

/**
 * All calls of an Office in one mode, but for those given.
 *
 * @param {string} mode
 * @param {Parts} parts
 * @returns {Parts}
 */
function inMode(mode, parts) {
    const lists = ["to", "cc", "bcc", "requiredAttendees", "optionalAttendees", "attachments", "pulse"];
    return {
        ...Object.fromEntries(lists.map((name) => [name, answers(mode, [])])),
        ...Object.fromEntries(["subject", "body"].map((name) => [name, answers(mode, "")])),
        ...Object.fromEntries(["from", "organizer"].map((name) => [name, answers(mode, person("jane.doe@example.com"))])),
        ...parts,
    };
}

// One after the other: where nothing but the clock tells that time is up, the script looks at it until then.
describe("any runtime", () => {
    for (const hasTimers of [true, false]) {
        for (const mode of Object.keys(MODES)) {
            const runtime = `${hasTimers ? "timers" : "no timers"}, all calls answer ${mode}`;
            for (const other of Object.keys(MODES)) {
                it(`sends ordinary mail and stops a look-alike: ${runtime}, recipients ${other}`, async () => {
                    const fields = { to: answers(other, [ORDINARY]), cc: answers(other, []) };
                    goes((await send({ hasTimers, parts: inMode(mode, fields) })).answer);
                    const parts = inMode(mode, { ...fields, cc: answers(other, [LOOK_ALIKE]) });
                    stops((await send({ hasTimers, parts })).answer, FOUND);
                    const outlook = new Outlook({ hasTimers, parts });
                    await outlook.answer("onMessageRecipientsChanged");
                    assert.equal([...outlook.notifications.values()].at(0)?.message, FOUND);
                });
            }
            for (const [kind, fields] of /** @type {const} */ ([
                ["message", ["to", "cc", "bcc"]],
                ["appointment", ["requiredAttendees", "optionalAttendees"]],
            ])) {
                for (const [what, failure] of FAILURES) {
                    it(`asks once where a field ${what}: ${runtime}, ${kind}`, async () => {
                        // Those that take two seconds each: one field.
                        const isSlow = failure === "never" || (typeof failure === "object" && "lateMs" in failure);
                        for (const field of isSlow ? fields.slice(0, 1) : fields) {
                            const other = fields.find((one) => one !== field) ?? "";
                            const parts = inMode(mode, { [other]: answers(mode, [ORDINARY]), [field]: failure });
                            stops((await send({ hasTimers, kind, parts })).answer, FAILED);
                        }
                    });
                }
            }
        }
    }
});

describe("a page that was opened for the event", () => {
    /** @param {number} ageMs */
    const opened = async (ageMs) => {
        const begin = Date.now();
        const page = { openedAt: begin - ageMs, deliver: async () => {} };
        const parts = { to: [ORDINARY], cc: /** @type {const} */ ("never"), bcc: /** @type {const} */ ("never") };
        const { answer } = await send({ parts, page });
        stops(answer, FAILED);
        return Date.now() - begin;
    };

    it("has what is left of the sender's patience, and a second at least", async () => {
        const [fresh, old, slow, reused] = await Promise.all([opened(0), opened(2500), opened(6000), opened(60_000)]);
        assert.ok(old < fresh && slow < old && slow >= 500 && reused > old, [fresh, old, slow, reused].join());
    });
});

describe("a runtime without timers", () => {
    const hasTimers = false;

    it("sends ordinary mail and stops a look-alike", async () => {
        goes((await send({ hasTimers, parts: { to: [ORDINARY] } })).answer);
        stops((await send({ hasTimers, parts: { to: [LOOK_ALIKE] } })).answer, FOUND);
    });

    for (const broken of /** @type {Parts[]} */ ([{ subject: "throws" }, { pulse: "throws" }, { subject: "never" }, { pulse: "never" }])) {
        it(`gives the right answer by the other of the two that tell the time: ${JSON.stringify(broken)}`, async () => {
            goes((await send({ hasTimers, parts: { to: [ORDINARY], ...broken } })).answer);
            stops((await send({ hasTimers, parts: { to: [LOOK_ALIKE], ...broken } })).answer, FOUND);
        });
    }

    it("does not pile up calls while one of them never answers", async () => {
        const { outlook, answer } = await send({ hasTimers, parts: { to: [ORDINARY], bcc: "never", pulse: "never" } });
        stops(answer, FAILED);
        assert.ok(outlook.count("getAllAsync") <= 20, `${outlook.count("getAllAsync")} calls`);
    });

    for (const [what, parts] of /** @type {[string, Parts][]} */ ([
        ["one field", { bcc: "never" }],
        ["all fields", { to: "never", cc: "never", bcc: "never" }],
        ["the subject, by which the time is told", { bcc: "never", subject: "never" }],
        ["the list of lines, by which the time is told", { bcc: "never", pulse: "never" }],
        ["what tells the time fails", { bcc: "never", pulse: { error: "x" }, subject: { error: "x" } }],
        ["what tells the time throws", { bcc: "never", pulse: "throws", subject: "throws" }],
        ["what tells the time answers at once", { bcc: "never", pulse: { now: [] }, subject: { now: "" } }],
    ])) {
        it(`has its deadline all the same when nothing comes back: ${what}`, async () => {
            stops((await send({ hasTimers, parts: { to: [ORDINARY], ...parts } })).answer, FAILED);
        });
    }
});
