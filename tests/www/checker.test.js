// @ts-check
// The contract of `Checker` in JavaScript: both builds behave the same, return an answer or throw a
// `MilguardError` for any argument, and leak nothing.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, it } from "node:test";

import { copyMessage } from "../../www/shared/message.js";
import { loadBuilds } from "./builds.js";

/** @typedef {import("./builds.js").Build} Build */

const PROGRAM = process.env.MILGUARD ?? new URL("../../target/release/milguard", import.meta.url).pathname;

/**
 * @param {() => unknown} action
 * @param {string} code
 * @param {RegExp | string} [message]
 */
function refuses(action, code, message) {
    let thrown;
    try {
        action();
    } catch (error) {
        thrown = /** @type {any} */ (error);
    }
    assert.ok(thrown, "nothing was thrown");
    // An error from another context fails `instanceof Error` here.
    assert.equal(Object.prototype.toString.call(thrown), "[object Error]");
    assert.equal(thrown.name, "MilguardError", thrown);
    assert.equal(thrown.code, code);
    if (typeof message === "string") {
        assert.equal(thrown.message, message);
    } else {
        assert.match(thrown.message, message ?? /./);
    }
}

/** @param {unknown} value */
const plain = (value) => JSON.parse(JSON.stringify(value));

const LOOK_ALIKE = {
    address: "bob@army.ml",
    severity: "warn",
    findings: [{ reason: "suffix-typo", span: [9, 11], delegated: true }],
    suggestion: "bob@army.mil",
    suggestions: [],
    raisedBy: [],
    domain: "army.ml",
    mutable: false,
};
const ORDINARY = { address: "ann@gmail.com", severity: "pass", findings: [], suggestion: null, suggestions: [], raisedBy: [], domain: null, mutable: false };

for (const [name, { Checker, version }] of await loadBuilds()) {
    // eslint-disable-next-line max-lines-per-function -- a list of tests
    describe(name, () => {
        /** @param {unknown} message */
        const check = (message) => new Checker().check(copyMessage(message));
        /** @param {unknown[]} addresses */
        const checkAll = (...addresses) =>
            check({ recipients: addresses.map((address) => ({ address })) });

        it("the checker tells its version", () => {
            assert.match(version(), /^\d+\.\d+\.\d+$/);
        });

        it("the checker reports on each recipient in order", () => {
            assert.deepEqual(plain(checkAll("ann@gmail.com", "bob@army.ml")), {
                severity: "warn",
                recipients: [ORDINARY, LOOK_ALIKE],
            });
            assert.deepEqual(plain(checkAll()), { severity: "pass", recipients: [] });
        });

        it("the checker reads names, fields, sender, subject, body and attachments", () => {
            const evil = "bob@evil.example";
            const report = check({
                recipients: [{ address: evil, name: "bob@army.mil", field: "bcc" }],
                from: "ann@contractor.example",
                subject: "Hello",
                body: "Hello Bob",
                attachments: ["plan.pdf"],
            });
            assert.equal(report.recipients[0]?.findings[0]?.reason, "name-mismatch");
            for (const field of ["to", "cc", "bcc", "required", "optional"]) {
                const { severity } = check({ recipients: [{ address: evil, field }] });
                assert.equal(severity, "pass");
            }
        });

        it("the checker treats a property that is null like one that is left out", () => {
            const recipient = { address: "ann@army.mil", name: null, field: null };
            const nothing = { from: null, subject: null, body: null, attachments: null };
            assert.equal(check({ recipients: [recipient], ...nothing }).severity, "pass");
        });

        it("the checker takes frozen objects and proxies of arrays", () => {
            const recipients = Object.freeze([Object.freeze({ address: "bob@army.ml" })]);
            assert.equal(check(Object.freeze({ recipients })).severity, "warn");
            assert.equal(check({ recipients: new Proxy(recipients, {}) }).severity, "warn");
        });

        it("the checker counts spans in UTF-16 code units", () => {
            for (const before of ["", "é", "\u{1F600}", "\u4E2D\u{1F600}é"]) {
                const address = `"${before}" <bob@army.ml>`;
                const [finding] = checkAll(address).recipients[0]?.findings ?? [];
                const span = finding?.span ?? assert.fail(address);
                assert.equal(address.slice(...span), "ml");
            }
        });

        it("the checker names the domain of a flagged recipient as the DNS knows it, and no domain where the recipient has none or several", () => {
            for (const [address, domain] of [
                ['"Bob" <bob@US.Army.ML.>', "us.army.ml"],
                ["bob@\u0430rmy.mil", "xn--rmy-5cd.mil"],
                ["bob@army,mil", null],
                ["friends: bob@army.ml, eve@army.ml;", null],
                ["ann@gmail.com", null],
            ]) {
                assert.equal(checkAll(address).recipients[0]?.domain, domain, String(address));
            }
        });

        it("the checker finds lone surrogates malformed and shows them as U+FFFD", () => {
            for (const address of ["\uD83Dbob@army.mil", "bob@army.mil\uDE00", "a\uD83D\uD83D@b.example"]) {
                const [recipient] = checkAll(address).recipients;
                assert.equal(recipient?.address, address.replace(/\p{Surrogate}/gu, "\uFFFD"));
                assert.ok(recipient?.findings.some(({ reason }) => reason === "malformed"), address);
                assert.notEqual(recipient?.severity, "pass");
            }
        });

        it("the checker never passes a huge address", () => {
            for (const address of ["a".repeat(1e5), "@".repeat(1e5), `${"a.".repeat(5e4)}@army.mil`]) {
                assert.notEqual(checkAll(address).severity, "pass");
            }
        });

        it("the checker refuses a value that is not a message", () => {
            for (const value of [undefined, null, 0, "recipients", true, 1n, Symbol("message")]) {
                refuses(() => check(value), "invalid-message", "the message must be an object");
            }
        });

        it("the checker refuses recipients of a wrong shape, naming the place", () => {
            /** @type {[unknown, string][]} */
            const cases = [
                [undefined, "recipients must be an array"],
                [null, "recipients must be an array"],
                ["bob@army.mil", "recipients must be an array"],
                [{ length: 1, 0: { address: "a@b.example" } }, "recipients must be an array"],
                [[null], "recipients[0] must be an object"],
                [["bob@army.mil"], "recipients[0] must be an object"],
                [new Array(2), "recipients[0] must be an object"],
                [[{}], "recipients[0].address must be a string"],
                [[{ address: "a@b.example" }, { address: 7 }], "recipients[1].address must be a string"],
                // An object that pretends to be a string.
                [[{ address: new String("a@b.example") }], "recipients[0].address must be a string"],
                [[{ address: "a@b.example", name: {} }], "recipients[0].name must be a string"],
                [
                    [{ address: "a@b.example", field: "To" }],
                    "recipients[0].field must be one of to, cc, bcc, required, optional",
                ],
            ];
            for (const [recipients, message] of cases) {
                refuses(() => check({ recipients }), "invalid-message", message);
            }
        });

        it("the checker refuses other properties of a wrong type", () => {
            for (const property of ["from", "subject", "body"]) {
                const message = `${property} must be a string`;
                refuses(() => check({ recipients: [], [property]: 1 }), "invalid-message", message);
            }
            /** @type {[unknown, string][]} */
            const cases = [
                ["plan.pdf", "attachments must be an array"],
                [["plan.pdf", 1], "attachments[1] must be a string"],
            ];
            for (const [attachments, message] of cases) {
                refuses(() => check({ recipients: [], attachments }), "invalid-message", message);
            }
        });

        it("the checker survives getters that throw, and works afterwards", () => {
            const checker = new Checker();
            const trap = () => {
                throw new RangeError("trap");
            };
            /** @type {[any, string][]} */
            const cases = [
                [Object.defineProperty({}, "recipients", { get: trap }), "recipients cannot be read"],
                [{ recipients: [Object.defineProperty({}, "address", { get: trap })] }, "recipients[0].address cannot be read"],
                [{ recipients: Object.defineProperty([1], 0, { get: trap }) }, "recipients[0] cannot be read"],
                [{ recipients: new Proxy([], { get: trap }) }, "recipients cannot be read"],
                [Object.defineProperty({ recipients: [] }, "body", { get: trap }), "body cannot be read"],
                [new Proxy({}, { get: trap }), "recipients cannot be read"],
            ];
            for (let round = 0; round < 100; round += 1) {
                for (const [message, problem] of cases) {
                    refuses(() => checker.check(copyMessage(message)), "invalid-message", problem);
                }
            }
            // Array.isArray itself throws for this value.
            const { proxy, revoke } = Proxy.revocable([], {});
            revoke();
            const unreadable = "recipients cannot be read";
            refuses(() => check({ recipients: proxy }), "invalid-message", unreadable);
            assert.equal(checker.check({ recipients: [LOOK_ALIKE] }).severity, "warn");
        });

        it("the checker may be called from a getter of the message it reads", () => {
            const checker = new Checker();
            const message = {
                get recipients() {
                    checker.check({ recipients: [] });
                    return [{ address: "bob@army.ml" }];
                },
            };
            assert.equal(checker.check(copyMessage(message)).severity, "warn");
        });

        it("the checker reads each property once", () => {
            /** @type {string[]} */
            const read = [];
            const spy = (/** @type {string} */ path, /** @type {object} */ target) =>
                new Proxy(target, {
                    get(object, key, receiver) {
                        read.push(path + String(key));
                        return Reflect.get(object, key, receiver);
                    },
                });
            const recipients = spy("recipients.", [spy("recipient.", { address: "bob@army.ml" })]);
            check(spy("", { recipients, attachments: spy("attachments.", []) }));
            assert.deepEqual([...new Set(read)], read);
        });

        it("the checker refuses a message above its limits before copying the message", () => {
            const long = "a".repeat(2 ** 24);
            /** @type {any[]} */
            const cases = [
                { recipients: new Array(2 ** 32 - 1) },
                { recipients: new Array(100_001).fill({ address: "a@b.example" }) },
                { recipients: [], attachments: new Array(2 ** 31) },
                { recipients: [{ address: "a".repeat(2 ** 26) }] },
                { recipients: [], subject: long, body: long, from: "a" },
                ...[-1, 2 ** 40, NaN, Infinity].map((length) => ({
                    recipients: new Proxy([], {
                        get: (list, key) => (key === "length" ? length : Reflect.get(list, key)),
                    }),
                })),
            ];
            for (const message of cases) {
                refuses(() => check(message), "message-too-large");
            }
        });

        it("the checker takes a long body, even if its memory has to grow", () => {
            const checker = new Checker();
            for (const length of [2 ** 20, 2 ** 22, 2 ** 24]) {
                const body = "é".repeat(length);
                const report = checker.check({ recipients: [LOOK_ALIKE, ORDINARY], body });
                assert.deepEqual(plain(report.recipients), [LOOK_ALIKE, ORDINARY]);
            }
        });

        it("the checker takes a policy", () => {
            const policy = { protected: { builtin: false, domains: ["contractor.example"] } };
            const checker = new Checker(policy);
            const { severity } = checker.check({ recipients: [{ address: "bob@army.ml" }] });
            assert.equal(severity, "pass");
            for (const nothing of [undefined, null, {}]) {
                const report = new Checker(nothing).check({ recipients: [LOOK_ALIKE] });
                assert.deepEqual(plain(report.recipients), [LOOK_ALIKE]);
            }
        });

        it("the checker ignores members of a policy that it does not know", () => {
            const policy = { later: [{ deep: [null, 1.5, true] }], severity: { "later-reason": "warn" } };
            assert.equal(new Checker(policy).check({ recipients: [LOOK_ALIKE] }).severity, "warn");
        });

        it("the checker refuses a policy of a wrong shape, naming the path", () => {
            /** @type {[any, RegExp][]} */
            const cases = [
                [1, /^the policy: must be an object$/],
                ["{}", /^the policy: must be an object$/],
                [[], /^the policy: must be an object$/],
                [() => ({}), /^the policy is not a JSON document$/],
                [{ version: 1n }, /^the policy is not a JSON document$/],
                [{ mode: "stop" }, /^mode: must be enforce or audit$/],
                [{ deny: "*.ml" }, /^deny: has a wrong type$/],
                [{ deny: ["*.ml", 1] }, /^deny\[1\]: must be a string$/],
                [{ countdown: 1.5 }, /^countdown: must be an integer/],
                [{ countdown: -1 }, /^countdown: must be an integer/],
                [{ countdown: 61 }, /^countdown: /],
                [{ version: 2 ** 53 }, /^version: must be an integer/],
                [{ severity: { malformed: "loud" } }, /^severity\.malformed: must be one of pass, notice, warn, block$/],
                [{ severity: { malformed: "pass" } }, /^severity\.malformed: must be notice, warn or block/],
                [{ severity: { "unexpanded-group": "pass" } }, /^severity\.unexpanded-group: must be notice, warn or block/],
                [{ texts: { de: { title: 1 } } }, /^texts\.de\.title: must be a string$/],
                [{ protected: { builtin: false } }, /^protected/],
                [{ allow: ["*@*"] }, /^allow\[0\]: /],
            ];
            for (const [policy, message] of cases) {
                refuses(() => new Checker(policy), "invalid-policy", message);
            }
            const circle = {};
            Object.assign(circle, { circle });
            refuses(() => new Checker(circle), "invalid-policy");
            const trap = { get mode() { throw new Error("trap"); } };
            refuses(() => new Checker(trap), "invalid-policy");
        });

        it("the checker reads every member of the JSON Schema", () => {
            const schema = JSON.parse(execFileSync(PROGRAM, ["policy", "schema"], { encoding: "utf8" }));
            const resolve = (/** @type {any} */ part) => part.$ref ? schema.$defs[part.$ref.split("/").pop()] : part;
            /** @type {(part: any, path: string[]) => string[][]} */
            const members = (part, path) => {
                const { properties } = resolve(part);
                return properties
                    ? Object.entries(properties).flatMap(([key, below]) => members(below, [...path, key]))
                    : [path];
            };
            const paths = members(schema, []);
            assert.ok(paths.length >= 20, String(paths.length));
            assert.ok(paths.some((path) => path.join() === "protected,domains"), "nested ones as well");
            for (const path of paths) {
                // A value that no member takes: neither a name, a number, a list nor an object of texts.
                const policy = path.reduceRight((/** @type {unknown} */ value, key) => ({ [key]: value }), -1.5);
                const start = `${path.join(".")}: `;
                refuses(() => new Checker(/** @type {object} */ (policy)), "invalid-policy", new RegExp(`^${start.replace(/[.$]/g, "\\$&")}`));
            }
        });

        it("two checkers do not affect each other", () => {
            const strict = new Checker({ deny: ["*.ml"] });
            const lenient = new Checker({ allow: ["*.ml"] });
            const message = { recipients: [{ address: "bob@lemmy.ml" }] };
            for (let round = 0; round < 3; round += 1) {
                assert.equal(strict.check(message).severity, "block");
                assert.equal(lenient.check(message).severity, "pass");
            }
            lenient.free();
            assert.equal(strict.check(message).severity, "block");
        });

        it("the checker returns reports that the caller may change", () => {
            const checker = new Checker();
            const message = { recipients: [{ address: "bob@army.ml" }] };
            const first = checker.check(message);
            const before = plain(first);
            first.recipients[0]?.findings.splice(0);
            checker.free();
            const second = new Checker().check(message);
            assert.deepEqual(plain(second), before);
        });

        it("the checker throws after free() instead of reading freed memory", () => {
            const checker = new Checker();
            checker.free();
            assert.throws(() => checker.check({ recipients: [] }));
            assert.equal(checkAll("bob@army.ml").severity, "warn");
        });
    });
}
