// @ts-check
// Tests each module that the script at Send and the pane share.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { Calls, describe as describeError } from "../../www/outlook/calls.js";
import { resolveConfig } from "../../www/outlook/config.js";
import { languagesOf, mayBeCutOff, readContext, supports, writeContext } from "../../www/outlook/host.js";
import { kindOf, readRecipients, toRecipients } from "../../www/outlook/item.js";
import { canKeep, findKept, joinKept, keep, readKept, readKeptProperty, writeKept } from "../../www/outlook/kept.js";
import { pulseClock } from "../../www/outlook/launchevent/clock.js";
import { Outlook, person, waitUntil } from "./outlook.js";

/** @typedef {import("../../www/shared/policy.js").Policy} Policy */

const defaults = JSON.parse(readFileSync("data/policy/default.json", "utf8"));
const soon = () => ({ until: Date.now() + 1000 });

/** @param {unknown} value */
const succeed = (value) => (/** @type {any[]} */ ...args) => setImmediate(args.at(-1), { status: "succeeded", value });

describe("calls", () => {
    it("calls to Outlook run at most three at a time, the urgent ones first", async () => {
        const calls = new Calls();
        /** @type {string[]} */
        const started = [];
        /** @type {((result: object) => void)[]} */
        const open = [];
        const make = (/** @type {string} */ name, isUrgent = false) =>
            calls.make(
                (callback) => {
                    started.push(name);
                    open.push(callback);
                },
                { ...soon(), isUrgent },
            );
        const all = [make("a"), make("b"), make("c"), make("d"), make("e", true), make("f", true)];
        assert.deepEqual(started, ["a", "b", "c"]);
        while (open.length > 0) {
            open.shift()?.({ status: "succeeded" });
        }
        assert.deepEqual(started, ["a", "b", "c", "e", "f", "d"]);
        assert.deepEqual((await Promise.all(all)).map(({ ok }) => ok), Array(6).fill(true));
    });

    it("calls to Outlook give up their place when they do not answer in time, and ignore a later answer", async (test) => {
        test.mock.timers.enable({ apis: ["setTimeout", "Date"] });
        const calls = new Calls();
        /** @type {((result: object) => void)[]} */
        const open = [];
        const hang = (/** @type {number} */ ms) =>
            calls.make((callback) => void open.push(callback), { until: Date.now() + ms });
        const late = [hang(40), hang(40), hang(40), hang(10), hang(0)];
        const next = calls.make(succeed(7), soon());
        test.mock.timers.tick(40);
        assert.deepEqual(await next, { ok: true, value: 7 });
        // The other calls did not start within their time.
        assert.equal(open.length, 3);
        open.forEach((callback) => callback({ status: "succeeded", value: 1 }));
        for (const outcome of await Promise.all(late)) {
            assert.deepEqual([outcome.ok, !outcome.ok && outcome.reason], [false, "late"]);
        }
    });

    it("calls to Outlook report a failure as a value, whatever Outlook answers", async () => {
        const calls = new Calls();
        const hostile = { get status() { throw new Error("hostile"); } };
        for (const result of [undefined, null, 7, {}, { status: "failed" }, { status: "failed", error: null }, hostile]) {
            const outcome = await calls.make((callback) => callback(result), soon());
            assert.equal(outcome.ok, false, JSON.stringify(outcome));
        }
    });

    it("calls to Outlook describe a failure, even if the error object resists being read", () => {
        const resists = { get message() { throw new Error(); } };
        const texts = [new Error("x"), "x", { message: "x" }, undefined, null, Symbol("x"), Object.create(null), resists].map(describeError);
        assert.deepEqual(texts, ["x", "x", "x", "undefined", "null", "Symbol(x)", "unknown", "unknown"]);
        assert.equal(describeError("y".repeat(9999)).length, 200);
    });
});

describe("a clock without timers", () => {
    it("a clock without timers rings when a deadline is due, and rests while none is set", async () => {
        let pulses = 0;
        const clock = pulseClock([
            (callback) => {
                pulses += 1;
                setImmediate(callback);
            },
        ]);
        /** @type {string[]} */
        const rung = [];
        clock.after(150, () => rung.push("second"));
        clock.after(10, () => rung.push("first"));
        clock.after(10, () => rung.push("cancelled"))();
        await waitUntil(() => rung.length >= 2);
        assert.deepEqual(rung, ["first", "second"]);
        const before = pulses;
        await new Promise((resolve) => setTimeout(resolve, 20));
        assert.equal(pulses, before);
        clock.after(0, () => rung.push("third"));
        await waitUntil(() => rung.length >= 3);
        assert.equal(rung.at(-1), "third");
    });
});

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("an item", () => {
    const read = async (/** @type {any} */ parts, /** @type {"message" | "appointment"} */ kind = "message") => {
        const { office } = new Outlook({ kind, parts });
        const item = /** @type {any} */ (office.context.mailbox.item);
        assert.equal(kindOf(item), kind);
        return readRecipients(item, kind, new Calls(), soon());
    };

    it("an item is read with the field that each recipient stands in", async () => {
        const { entries, from, failed } = await read({ to: [person("a@x.example", "A")], bcc: [person("b@x.example")] });
        assert.deepEqual(entries, [
            { address: "a@x.example", name: "A", field: "to", form: "address" },
            { address: "b@x.example", name: "b@x.example", field: "bcc", form: "address" },
        ]);
        assert.deepEqual([from, failed], ["jane.doe@example.com", []]);
        const meeting = await read({ optionalAttendees: [person("c@x.example")] }, "appointment");
        assert.deepEqual(meeting.entries.map(({ field }) => field), ["optional"]);
        assert.equal(meeting.from, "jane.doe@example.com");
    });

    it("reading an item tells which field is not known, and why", async () => {
        const { entries, failed } = await read({ to: [person("a@x.example")], cc: { error: "busy" }, bcc: "throws" });
        assert.equal(entries.length, 1);
        assert.deepEqual(failed, [
            { field: "cc", reason: "failed", detail: "busy" },
            { field: "bcc", reason: "threw", detail: "bcc threw" },
        ]);
    });

    it("an item has no sender where Exchange gives a directory name for it", async () => {
        const from = { value: person("/o=ExchangeLabs/ou=x/cn=Recipients/cn=jane") };
        assert.equal((await read({ from })).from, null);
        assert.equal((await read({ from: { value: null } })).from, null);
    });

    it("the checker never gets a directory name of Exchange as an address", async () => {
        const { entries } = await read({
            to: [
                { emailAddress: "/O=ORG/CN=BOB", displayName: "Bob" },
                { emailAddress: "EX:/o=ORG/cn=bob", displayName: "" },
                { emailAddress: "", displayName: "Friends" },
            ],
        });
        assert.deepEqual(entries.map(({ form }) => form), ["x500", "x500", "empty"]);
        assert.deepEqual(toRecipients(entries).map(({ address, name }) => [address, name]), [
            ["", "Bob"],
            ["", "EX:/o=ORG/cn=bob"],
            ["", "Friends"],
        ]);
    });

    it("an item counts as incomplete where a recipient has neither address nor name, or Outlook may have cut the field off", async () => {
        for (const nobody of [{}, null, { emailAddress: null, displayName: null }, { emailAddress: " ", displayName: "" }]) {
            const { entries, failed } = await read({ to: [person("a@x.example"), nobody] });
            assert.deepEqual([entries.length, failed.map(({ field, reason }) => [field, reason])], [1, [["to", "nameless"]]]);
        }
        for (const [length, isCutOff] of /** @type {const} */ ([[499, false], [500, true], [501, false], [1000, true]])) {
            const cc = Array.from({ length }, (_, at) => person(`p${at}@x.example`));
            const { entries, failed } = await read({ cc });
            assert.equal(entries.length, length);
            assert.deepEqual(failed.map(({ field, reason }) => [field, reason]), isCutOff ? [["cc", "cut-off"]] : []);
        }
        const phone = mayBeCutOff(/** @type {any} */ ({ context: { mailbox: { diagnostics: { hostName: "OutlookIOS" } } } }));
        assert.deepEqual([phone(99), phone(100), phone(120)], [false, true, true]);
    });
});

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("the list of kept recipients", () => {
    const policy = /** @type {Policy} */ (defaults);

    /** @param {unknown} [value] @returns {any} no more of an item than is asked for */
    const item = (value) => {
        const stored = new Map([["milguard.kept", value]]);
        return {
            stored,
            sessionData: {
                getAsync: (/** @type {string} */ key, /** @type {any} */ callback) => succeed(stored.get(key))(callback),
                setAsync(/** @type {string} */ key, /** @type {string} */ text, /** @type {any} */ callback) {
                    stored.set(key, text);
                    succeed(undefined)(callback);
                },
            },
        };
    };

    it("the list of kept recipients comes back as it was written", async () => {
        const box = item();
        const kept = keep(keep([], "bob@army.ml"), "tom@navy.ml", "He moved.");
        assert.equal(await writeKept(box, kept, new Calls(), soon()), true);
        assert.deepEqual(await readKept(box, new Calls(), soon()), [
            { address: "bob@army.ml" },
            { address: "tom@navy.ml", reason: "He moved." },
        ]);
        assert.equal(box.stored.get("milguard.kept"), JSON.stringify({ v: 1, kept }));
    });

    it("the list of kept recipients holds each address once, and drops the oldest where it grows too long", async () => {
        assert.deepEqual(keep(keep([], "a", "x"), "a", "y"), [{ address: "a", reason: "y" }]);
        /** @type {import("../../www/outlook/kept.js").Kept[]} */
        let kept = [];
        for (let index = 0; index < 200; index += 1) {
            kept = keep(kept, `bob${index}@army.ml`, "x".repeat(9999));
        }
        assert.ok(JSON.stringify({ v: 1, kept }).length <= 20_000);
        assert.equal(kept.at(-1)?.address, "bob199@army.ml");
        assert.equal(await writeKept(item(), kept, new Calls(), soon()), true);
    });

    it("the list of kept recipients does not claim to be stored where Outlook cannot store it", async () => {
        assert.equal(await writeKept(item(), keep([], "x".repeat(1001)), new Calls(), soon()), false);
        for (const broken of /** @type {any[]} */ ([null, {}, { sessionData: {} }, { get sessionData() { throw new Error("no"); } }])) {
            assert.equal(canKeep(broken), false);
            assert.equal(await writeKept(broken, keep([], "a"), new Calls(), soon()), false);
            assert.deepEqual(await readKept(broken, new Calls(), soon()), []);
        }
    });

    it("the list of kept recipients is stored in the custom properties too, as far as they can hold it, and is read from there", async () => {
        /** @type {Map<string, string>} */
        const properties = new Map();
        /** @type {any} */
        const box = {
            loadCustomPropertiesAsync: (/** @type {any} */ callback) =>
                succeed({
                    get: (/** @type {string} */ key) => properties.get(key),
                    set: (/** @type {string} */ key, /** @type {string} */ text) => void properties.set(key, text),
                    saveAsync: succeed(undefined),
                })(callback),
        };
        assert.equal(canKeep(box), true);
        const kept = keep([], "bob@army.ml", "He moved.");
        assert.equal(await writeKept(box, kept, new Calls(), soon()), true);
        assert.deepEqual(await readKeptProperty(box, new Calls(), soon()), kept);
        /** @type {import("../../www/outlook/kept.js").Kept[]} */
        let many = [];
        for (let index = 0; index < 12; index += 1) {
            many = keep(many, `bob${index}@army.ml`, '"'.repeat(90));
        }
        // The list does not fit completely, and there is no session data, so the function does not
        // report success.
        assert.equal(await writeKept(box, many, new Calls(), soon()), false);
        const left = await readKeptProperty(box, new Calls(), soon());
        assert.ok(left.length > 2 && left.at(-1)?.address === "bob11@army.ml");
        assert.ok(JSON.stringify(Object.fromEntries(properties)).length <= 2500);
        assert.deepEqual(joinKept([{ address: "a", reason: "x" }], [{ address: "a" }, { address: "b" }]), [
            { address: "a", reason: "x" },
            { address: "b" },
        ]);
    });

    it("the list of kept recipients is used only for severities at which the policy lets a sender keep a recipient", () => {
        const kept = [{ address: "a" }, { address: "b", reason: "He moved." }];
        const by = (/** @type {any} */ override, address = "a", severity = /** @type {any} */ ("warn")) =>
            findKept(kept, { address, severity }, { ...policy, override }) !== undefined;
        assert.equal(by({ warn: "allowed", block: "never" }), true);
        assert.equal(by({ warn: "allowed", block: "never" }, "a", "block"), false);
        assert.equal(by({ warn: "justification", block: "never" }), false);
        assert.equal(by({ warn: "justification", block: "never" }, "b"), true);
        assert.equal(by({ warn: "never", block: "never" }, "b"), false);
        assert.equal(by({ warn: "allowed", block: "never" }, ""), false);
    });
});

describe("the configuration", () => {
    class Picky {
        /** @param {any} [policy] */
        constructor(policy) {
            if (policy?.id === "bad") {
                throw new Error("id: must be good");
            }
            this.policy = policy;
        }

        check() {
            return { severity: /** @type {const} */ ("pass"), recipients: [] };
        }
    }

    it("the configuration gives the complete policy, and the server for reports", () => {
        const settings = resolveConfig({ policy: { id: "own" }, backend: { url: "u", token: "t" }, sendMode: "Block" }, defaults, Picky);
        assert.deepEqual([settings.policy.id, settings.policy.onFailure], ["own", "ask"]);
        assert.deepEqual([settings.backend, settings.sendMode, settings.problem], [{ url: "u", token: "t" }, "Block", null]);
    });

    it("the configuration links warnings to the lesson where the policy names no training page", () => {
        const lessonUrl = "https://milguard.example.mil/learn/?d=0191d3a4-0000-4000-8000-000000000001";
        const linked = (/** @type {object} */ config) => resolveConfig(config, defaults, Picky).policy.trainingUrl;
        assert.equal(linked({ lessonUrl }), lessonUrl);
        assert.equal(linked({ lessonUrl, policy: { id: "own", trainingUrl: "https://own.example/" } }), "https://own.example/");
        assert.equal(linked({ lessonUrl, policy: { id: "bad" } }), lessonUrl);
        assert.equal(linked({ lessonUrl: 7 }), null);
        assert.equal(linked({}), null);
    });

    it("the configuration is replaced by the built-in policy if clients would refuse it, and says why", () => {
        const { policy, checker, problem } = resolveConfig({ policy: { id: "bad", mode: "audit" } }, defaults, Picky);
        assert.deepEqual([policy.id, policy.mode, problem], ["default", "enforce", "id: must be good"]);
        assert.ok(checker);
    });

    it("the configuration still says what to do on failures where the checker does not start", () => {
        class Broken {
            constructor() {
                throw new Error("broken");
            }

            /** @returns {never} */
            check() {
                throw new Error("broken");
            }
        }
        for (const Checker of [Broken, null, undefined]) {
            const { policy, checker, problem } = resolveConfig({ policy: { onFailure: "allow" } }, defaults, Checker);
            assert.deepEqual([policy.onFailure, checker], ["allow", null]);
            assert.ok(problem);
        }
    });

    it("the configuration may have any shape without causing an error", () => {
        for (const config of [undefined, null, 7, "x", [], { policy: [] }, { backend: "x" }, { backend: { url: 1, token: "t" } }, { sendMode: "Soft" }]) {
            const { policy, backend, sendMode } = resolveConfig(config, defaults, Picky);
            assert.deepEqual([policy.id, backend, sendMode], ["default", null, "PromptUser"]);
        }
    });
});

describe("the host", () => {
    it("the host is asked what it can do, and believed only where it answers", () => {
        /** Hosts that are not as Microsoft types them. @param {unknown} given @returns {any} */
        const host = (given) => given;
        const requirements = { isSetSupported: (/** @type {string} */ _, /** @type {string} */ version) => version === "1.14" || "yes" };
        assert.equal(supports(host({ context: { requirements } }), "1.14"), true);
        assert.equal(supports(host({ context: { requirements } }), "1.15"), false);
        for (const office of [undefined, {}, { context: {} }]) {
            assert.equal(supports(host(office), "1.14"), false);
            assert.deepEqual(languagesOf(host(office)), []);
        }
        assert.deepEqual(languagesOf(host({ context: { displayLanguage: "de-DE", contentLanguage: "" } })), ["de-DE"]);
    });

    it("the host passes the recipients that Send asks about to the pane", () => {
        const context = { message: "0a0b0c0d-0000-4000-8000-000000000001", cause: /** @type {const} */ ("found") };
        assert.deepEqual(readContext(writeContext(context)), context);
        assert.deepEqual(readContext(JSON.parse(writeContext(context))), context);
        const strict = { ...context, override: /** @type {const} */ ("justification") };
        assert.deepEqual(readContext(writeContext(strict)), strict);
        assert.deepEqual(readContext({ v: 1, ...context, override: "allowed" }), context);
        for (const data of [undefined, null, "", "{", "{}", 7, '{"v":2}', '{"v":1,"message":7,"cause":"found"}', '{"v":1,"message":"x","cause":"y"}']) {
            assert.equal(readContext(data), null);
        }
    });
});

describe("detection", () => {
    const folder = "www/outlook";
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));

    it("detection does not happen in the add-in’s own code: it has no name, suffix, reason or distance", () => {
        const registry = readdirSync("data").filter((name) => name.endsWith(".tsv"));
        assert.ok(registry.length > 0);
        for (const file of files) {
            const text = readFileSync(`${folder}/${file}`, "utf8");
            // The pane contains the built-in policy, in case its file does not arrive.
            const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "").replace('suffixes: ["mil"]', "");
            assert.doesNotMatch(code, /["'`.](?:mil|ml|army|navy|com|gov|org)["'`.]/i, file);
            assert.doesNotMatch(code, /suffix-|confusable|lookalike|look-alike|levenshtein|distance|punycode|xn--/i, file);
            assert.doesNotMatch(code, /lastIndexOf\("@"\)|split\("@"\)|endsWith\(/, file);
        }
    });

    it("detection is up to the checker alone: Send follows its verdict", async () => {
        const stub = (/** @type {string} */ severity) => (/** @type {string} */ script) => {
            const report = `{ severity: ${JSON.stringify(severity)}, recipients: message.recipients.map((r) => ({
                address: r.address, severity: ${JSON.stringify(severity)}, findings: [], suggestion: null, domain: null })) }`;
            const checker = `var milguard = { version: () => "0.1.0", Checker: class { check(message) { return ${report}; } } };`;
            const end = script.indexOf("} catch (milguardError)");
            return `${checker}\ntry {${script.slice(end)}`;
        };
        const send = (/** @type {string} */ severity, /** @type {string} */ address) =>
            new Outlook({ parts: { to: [person(address)] }, damage: stub(severity) }).answer();
        assert.equal((await send("pass", "bob@army.ml")).allowEvent, true);
        assert.equal((await send("notice", "bob@army.ml")).allowEvent, true);
        assert.equal((await send("warn", "ann@example.com")).allowEvent, false);
        assert.ok(!("sendModeOverride" in (await send("block", "ann@example.com"))));
    });
});
