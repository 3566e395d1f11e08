// @ts-check
// At Send: the effect of the policy, of kept recipients and of the runtime.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { Outlook, person } from "./outlook.js";
import { BLOCKED, DENY, FAILED, FAILURES, FOUND, LOOK_ALIKE, ORDINARY, config, goes, kept, keptWith, send, stops } from "./sending.js";

/** @typedef {import("./outlook.js").Setting} Setting */
/** @typedef {import("./outlook.js").Parts} Parts */

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("policy", () => {
    const parts = { to: [ORDINARY, LOOK_ALIKE] };

    it("a policy in audit mode stops nothing, whatever fails", async () => {
        for (const more of /** @type {Parts[]} */ ([parts, { to: "throws" }, { item: "missing" }, {}])) {
            goes((await send({ parts: more, config: config({ mode: "audit", ...DENY }) })).answer);
        }
        const damage = (/** @type {string} */ script) => script.replace("var milguard=", "throw 1;var milguard=");
        goes((await send({ parts, damage, config: config({ mode: "audit" }) })).answer);
    });

    it("a policy that never allows sending stays strict", async () => {
        for (const sendMode of ["PromptUser", "SoftBlock", "Block"]) {
            const { answer } = await send({ parts, config: config(DENY, { sendMode }) });
            stops(answer, /^bob@army\.ml: did you mean bob@army\.mil\? .*\nYour organisation’s policy does not allow/);
            assert.ok(!("sendModeOverride" in answer));
            assert.equal(answer.commandId, "milguardPaneCompose");
        }
    });

    it("a policy that asks for a reason stays strict too, and says where to give it", async () => {
        const override = { warn: "justification", block: "never" };
        const { answer } = await send({ parts, config: config({ override }) });
        stops(answer, `${FOUND}\nTo send it anyway, choose “Check recipients” and give a reason there.`);
        assert.ok(!("sendModeOverride" in answer));
    });

    it("the gravest of several findings decides whether the policy lets a message leave", async () => {
        const both = { to: [LOOK_ALIKE, person("x@bamako.ml")] };
        const { answer } = await send({ parts: both, config: config({ deny: ["bamako.ml"] }) });
        stops(answer, /^x@bamako\.ml: .*\nbob@army\.ml: .*/s);
        assert.ok(answer.errorMessage.includes(BLOCKED) && !("sendModeOverride" in answer));
    });

    it("a policy says what happens when the check fails", async () => {
        const failing = { to: { error: "busy" } };
        const onFailure = (/** @type {string} */ value) => send({ parts: failing, config: config({ onFailure: value }) });
        goes((await onFailure("allow")).answer);
        const { answer } = await onFailure("block");
        stops(answer, /^Milguard could not check the recipients, and your organisation’s policy does not allow/);
        assert.ok(!("sendModeOverride" in answer));
        assert.equal((await onFailure("ask")).answer.sendModeOverride, "promptUser");
    });

    it("a policy has its own words, which come after the address, and a link where Markdown is known", async () => {
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

    it("a policy that names no training page has a link to the lesson, and the whole text fits", async () => {
        const lessonUrl = "https://milguard.example.mil/learn/?d=0191d3a4-0000-4000-8000-000000000001";
        const { answer } = await send({ parts, config: config({}, { lessonUrl }) });
        const link = answer.errorMessageMarkdown.split("\n\n").at(-1);
        assert.equal(link, `[How to recognise such addresses](${lessonUrl})`);
        assert.ok(answer.errorMessageMarkdown.length <= 500);
    });

    it("a policy with a URL that could end its Markdown link early is shown without the link", async () => {
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
        ["with invalid patterns", { config: config({ deny: ["***"], mode: "audit" }) }],
        ["that is not an object", { config: "policy" }],
        ["null", { config: null }],
        ["that is missing", { configLine: "" }],
        ["that is undefined", { configLine: "var milguardConfig;" }],
    ])) {
        it(`a policy that is unreadable has no effect: ${what}`, async () => {
            stops((await send({ ...garbage, parts })).answer, FOUND);
            goes((await send({ ...garbage, parts: { to: [ORDINARY] } })).answer);
        });
    }

    it("a policy also decides what happens when the checker itself is broken", async () => {
        const damage = (/** @type {string} */ script) => script.replace("var milguard=", "throw 1;var milguard=");
        stops((await send({ parts, damage })).answer, FAILED);
        goes((await send({ parts, damage, config: config({ onFailure: "allow" }) })).answer);
        stops((await send({ parts, damage, config: config({ onFailure: "block" }) })).answer, /^Milguard could not check the recipients.*policy/);
    });

    it("a policy’s answer is in the sender’s language", async () => {
        const { answer } = await send({ parts, language: "de-AT" });
        stops(answer, /^bob@army\.ml: meinten Sie bob@army\.mil\? /);
        assert.equal(answer.cancelLabel, "Empfänger prüfen");
    });
});

describe("a recipient that the sender kept", () => {
    const parts = { to: [LOOK_ALIKE, ORDINARY] };
    const justify = config({ override: { warn: "justification", block: "never" } });

    it("a recipient that the sender kept gets the message", async () => {
        goes((await send({ parts: { ...parts, ...kept("x@y.example", "bob@army.ml") } })).answer);
    });

    it("a recipient that the sender kept does not count for another recipient", async () => {
        for (const other of ["BOB@army.ml", "bob@army.mil", "bob@army.ml ", "", "army.ml"]) {
            stops((await send({ parts: { ...parts, ...kept(other) } })).answer, FOUND);
        }
        const two = { to: [person("tom@navy.ml"), LOOK_ALIKE], ...kept("bob@army.ml") };
        stops((await send({ parts: two })).answer, /^tom@navy\.ml: did you mean tom@navy\.mil\?(?!.*bob@)/s);
    });

    it("a recipient that the sender kept does not get the message where policy never allows it", async () => {
        const { answer } = await send({ parts: { ...parts, ...kept("bob@army.ml") }, config: config(DENY) });
        stops(answer, /policy does not allow/);
    });

    it("a recipient that the sender kept needs its reason where policy asks for one", async () => {
        goes((await send({ parts: { ...parts, ...keptWith("bob@army.ml", "He moved.") }, config: justify })).answer);
        for (const reason of [undefined, "", "  \n a ", 7, "x".repeat(501)]) {
            const { answer } = await send({ parts: { ...parts, ...keptWith("bob@army.ml", reason) }, config: justify });
            stops(answer, /^bob@army\.ml: /);
        }
    });

    it("a recipient that only the custom properties list as kept gets the message; ordinary mail does not read them", async () => {
        const value = JSON.stringify({ v: 1, kept: [{ address: "bob@army.ml", reason: "He moved." }] });
        const customProperties = { value: { get: () => value } };
        goes((await send({ parts: { ...parts, customProperties }, config: justify })).answer);
        const { outlook } = await send({ parts: { to: [ORDINARY], customProperties }, config: justify });
        assert.equal(outlook.count("loadCustomPropertiesAsync"), 0);
        for (const broken of /** @type {const} */ (["never", "throws", "missing", { error: "busy" }, { value: null }, { value: 7 }])) {
            stops((await send({ parts: { ...parts, customProperties: broken } })).answer, FOUND);
        }
    });

    it("a recipient that the sender kept may be a group, by its name", async () => {
        const group = { to: [{ emailAddress: "", displayName: "Friends" }], ...kept("Friends") };
        goes((await send({ parts: group, config: config({ severity: { "unexpanded-group": "warn" } }) })).answer);
    });

    for (const value of [
        "", "null", "[]", "{}", '{"v":2,"kept":[{"address":"bob@army.ml"}]}', '{"v":1,"kept":{"0":1}}',
        '{"v":1,"kept":[null,7,"bob@army.ml",{"address":["bob@army.ml"]}]}', '{"v":1,"kept":[{"address":"bob@army.ml"}',
        7, null, undefined, { v: 1, kept: [{ address: "bob@army.ml" }] },
        `{"v":1,"kept":[{"address":"bob@army.ml"}],"x":"${"x".repeat(60_000)}"}`,
    ]) {
        it(`a recipient that the sender kept does not count where the item holds ${JSON.stringify(value)?.slice(0, 50)}`, async () => {
            stops((await send({ parts: { ...parts, sessionData: { value } } })).answer, FOUND);
        });
    }
});

/**
 * The ways in which the calls of an Office answer.
 *
 * @type {Record<string, (value: unknown) =>
 * import("./outlook.js").Behaviour>}
 */
const MODES = {
    "at once": (value) => ({ now: value }),
    later: (value) => ({ value }),
};

/** @param {string} mode @param {unknown} value */
const answers = (mode, value) => (MODES[mode] ?? ((/** @type {unknown} */ given) => ({ value: given })))(value);

/**
 * All calls of an Office in one mode, except for the given ones.
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

// These tests run one after the other: a script without timers looks at the clock until its time is over.
describe("any runtime", () => {
    for (const hasTimers of [true, false]) {
        for (const mode of Object.keys(MODES)) {
            const runtime = `${hasTimers ? "timers" : "no timers"}, all calls answer ${mode}`;
            for (const other of Object.keys(MODES)) {
                it(`any runtime sends ordinary mail and stops a look-alike: ${runtime}, recipients ${other}`, async () => {
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
                    it(`any runtime asks once where a field ${what}: ${runtime}, ${kind}`, async () => {
                        // The cases that take two seconds each run for only one field.
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

    it("a page that was opened for the event has the rest of the five seconds that Outlook allows, and at least one second", async () => {
        const [fresh, old, slow, reused] = await Promise.all([opened(0), opened(2500), opened(6000), opened(60_000)]);
        assert.ok(old < fresh && slow < old && slow >= 500 && reused > old, [fresh, old, slow, reused].join());
    });
});

describe("a runtime without timers", () => {
    const hasTimers = false;

    it("a runtime without timers sends ordinary mail and stops a look-alike", async () => {
        goes((await send({ hasTimers, parts: { to: [ORDINARY] } })).answer);
        stops((await send({ hasTimers, parts: { to: [LOOK_ALIKE] } })).answer, FOUND);
    });

    for (const broken of /** @type {Parts[]} */ ([{ subject: "throws" }, { pulse: "throws" }, { subject: "never" }, { pulse: "never" }])) {
        it(`a runtime without timers gives the right answer if one of the two calls that serve as clocks fails: ${JSON.stringify(broken)}`, async () => {
            goes((await send({ hasTimers, parts: { to: [ORDINARY], ...broken } })).answer);
            stops((await send({ hasTimers, parts: { to: [LOOK_ALIKE], ...broken } })).answer, FOUND);
        });
    }

    it("a runtime without timers does not pile up calls while one of them never answers", async () => {
        const { outlook, answer } = await send({ hasTimers, parts: { to: [ORDINARY], bcc: "never", pulse: "never" } });
        stops(answer, FAILED);
        assert.ok(outlook.count("getAllAsync") <= 20, `${outlook.count("getAllAsync")} calls`);
    });

    for (const [what, parts] of /** @type {[string, Parts][]} */ ([
        ["one field", { bcc: "never" }],
        ["all fields", { to: "never", cc: "never", bcc: "never" }],
        ["the subject, which serves as a clock", { bcc: "never", subject: "never" }],
        ["the list of lines, which serves as a clock", { bcc: "never", pulse: "never" }],
        ["both calls that serve as clocks fail", { bcc: "never", pulse: { error: "x" }, subject: { error: "x" } }],
        ["both calls that serve as clocks throw", { bcc: "never", pulse: "throws", subject: "throws" }],
        ["both calls that serve as clocks answer at once", { bcc: "never", pulse: { now: [] }, subject: { now: "" } }],
    ])) {
        it(`a runtime without timers keeps its deadline even if no call answers: ${what}`, async () => {
            stops((await send({ hasTimers, parts: { to: [ORDINARY], ...parts } })).answer, FAILED);
        });
    }
});
