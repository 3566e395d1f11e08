// @ts-check
// The reports about a decision at Send, and their way from a runtime without a network to the server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { Calls } from "../../www/outlook/calls.js";
import { openSpool, SPOOL_KEY } from "../../www/outlook/spool.js";
import { Outlook, person } from "./outlook.js";

/** @typedef {import("./outlook.js").Parts} Parts */

const backend = { url: "https://milguard.example.mil", token: "t0ken" };
const LOOK_ALIKE = person("bob@army.ml", "Bob");
const ORDINARY = person("ann@example.com");
const schema = JSON.parse(readFileSync("docs/event.schema.json", "utf8"));

/**
 * The events that a Send leaves behind.
 *
 * @param {object} policy
 * @param {Parts} parts
 * @param {object} [more] of the configuration
 * @param {string} [mailbox]
 */
async function left(policy, parts, more = { backend }, mailbox = "1.16") {
    const outlook = new Outlook({ mailbox, parts, config: { policy, ...more } });
    const answer = await outlook.answer();
    const text = outlook.roaming.get(SPOOL_KEY);
    return { outlook, answer, events: text === undefined ? [] : JSON.parse(String(text)).events };
}

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("a decision at Send", () => {
    const to = [ORDINARY, LOOK_ALIKE];
    const kept = (/** @type {string} */ reason) => ({
        to,
        sessionData: { value: JSON.stringify({ v: 1, kept: [{ address: "bob@army.ml", reason }] }) },
    });
    for (const [what, policy, parts, more, mailbox, action] of /** @type {const} */ ([
        ["Outlook asks, and tells nobody the answer", {}, { to }, { backend }, "1.16", "asked"],
        ["Outlook lets the sender go on, whatever policy says", { deny: ["*.ml"] }, { to }, { backend }, "1.16", "asked"],
        ["a warning in a mode that blocks is relaxed", {}, { to }, { backend, sendMode: "SoftBlock" }, "1.14", "asked"],
        ["an old client cannot relax a warning in a mode that blocks", {}, { to }, { backend, sendMode: "SoftBlock" }, "1.13", "cancelled"],
        ["policy never allows sending", { deny: ["*.ml"] }, { to }, { backend, sendMode: "Block" }, "1.16", "blocked"],
        [
            "policy wants a reason first",
            { override: { warn: "justification", block: "never" } },
            { to },
            { backend, sendMode: "SoftBlock" },
            "1.16",
            "cancelled",
        ],
        ["in audit mode the sender notices nothing", { mode: "audit" }, { to }, { backend }, "1.16", "audited"],
        ["the sender kept the recipient", {}, kept("He moved."), { backend }, "1.16", "sent-anyway"],
    ])) {
        it(`a decision at Send is reported as ${action}: ${what}`, async () => {
            const { answer, events } = await left(policy, /** @type {any} */ (parts), more, mailbox);
            assert.equal(events.length, 1);
            const [event] = events;
            assert.equal(event.action, action);
            assert.deepEqual(Object.keys(event).filter((key) => !(key in schema.properties)), []);
            assert.deepEqual(schema.required.filter((/** @type {string} */ key) => !(key in event)), []);
            assert.ok(schema.properties.action.enum.includes(action));
            assert.equal(event.host, "outlook");
            assert.match(event.clientVersion, new RegExp(schema.properties.clientVersion.pattern));
            assert.match(event.id, new RegExp(schema.$defs.uuid.pattern));
            assert.equal(event.justification, action === "sent-anyway" ? "He moved." : undefined);
            assert.ok(!("address" in event || "domain" in event), "by default, events contain no address and no domain");
            // The pane gets the id of the same stop.
            const context = answer.contextData && JSON.parse(answer.contextData);
            assert.equal(context?.message ?? event.message, event.message);
        });
    }

    it("the report of a decision at Send names only what policy allows", async () => {
        const { events } = await left({ reporting: "address" }, { to, cc: [person("tom@navy.ml", "<Tom>")] });
        assert.deepEqual(events.map((/** @type {any} */ { address, domain }) => [address, domain]), [
            ["bob@army.ml", "army.ml"],
            ["tom@navy.ml", "navy.ml"],
        ]);
        assert.equal(new Set(events.map((/** @type {any} */ { message }) => message)).size, 1);
    });

    it("no report is sent if the sender decided nothing, or no server is named or answers", async () => {
        for (const [policy, parts, more] of /** @type {[object, Parts, object][]} */ ([
            [{}, { to: [ORDINARY] }, { backend }],
            [{}, { to: { error: "busy" } }, { backend }],
            [{ reporting: "off" }, { to }, { backend }],
            [{}, { to }, {}],
            [{}, { to }, { backend: { url: 7 } }],
        ])) {
            const { outlook, events } = await left(policy, parts, more);
            assert.deepEqual(events, []);
            assert.equal(outlook.count("roamingSettings.saveAsync"), 0);
        }
    });

    it("a decision at Send does not wait for its report", async () => {
        for (const save of /** @type {const} */ (["never", "throws", { error: "too large" }, { lateMs: 9000, value: 0 }])) {
            const { answer } = await left({}, { to, save });
            assert.equal(answer.allowEvent, false);
            assert.match(answer.errorMessage, /^bob@army\.ml/);
        }
        for (const roamingSettings of [undefined, {}, { get: () => { throw new Error("no"); } }]) {
            const outlook = new Outlook({ parts: { to }, config: { backend }, office: { roamingSettings } });
            assert.match((await outlook.answer()).errorMessage, /^bob@army\.ml/);
        }
    });

    it("the report of a decision joins the events that wait already, whatever the mailbox holds", async () => {
        for (const [stored, waiting] of /** @type {[unknown, number][]} */ ([
            [JSON.stringify({ events: [{ id: "old" }], dropped: 3, failures: 0, notBefore: 0 }), 2],
            ["{", 1],
            ["null", 1],
            [7, 1],
            [{ events: [] }, 1],
            ['{"events":7}', 1],
            ['{"events":[null,{"id":5}]}', 1],
        ])) {
            const outlook = new Outlook({ parts: { to }, config: { backend }, roaming: { [SPOOL_KEY]: stored } });
            await outlook.answer();
            assert.equal(JSON.parse(String(outlook.roaming.get(SPOOL_KEY))).events.length, waiting, String(stored));
        }
    });

    it("the report of a decision is not lost beside another of the same runtime", async () => {
        const outlook = new Outlook({ parts: { to, save: { lateMs: 20, value: 0 } }, config: { backend } });
        await Promise.all([outlook.answer(), outlook.answer(), outlook.answer()]);
        assert.equal(JSON.parse(String(outlook.roaming.get(SPOOL_KEY))).events.length, 3);
    });

    it("the report of a decision is sent before the event is completed, where the runtime is a page", async () => {
        /** @type {[string, number][]} */
        const delivered = [];
        const page = {
            openedAt: Date.now(),
            async deliver(/** @type {{ url: string }} */ { url }) {
                delivered.push([url, JSON.parse(String(outlook.roaming.get(SPOOL_KEY))).events.length]);
                await new Promise(() => {});
            },
        };
        const outlook = new Outlook({ parts: { to }, config: { backend }, page });
        assert.equal((await outlook.answer()).allowEvent, false);
        assert.deepEqual(delivered, [[backend.url, 1]]);
        // While the sender writes, nobody waits for the event's answer, so the event waits a second for the
        // server.
        const begin = Date.now();
        await outlook.answer("onMessageRecipientsChanged");
        assert.equal(delivered.length, 2);
        assert.ok(Date.now() - begin >= 900);
    });

    it("the report of a decision stays below the size that Outlook takes, even if its reason consists of quotation marks", async () => {
        const stored = { events: [], dropped: 0, failures: 0, notBefore: 0 };
        const outlook = new Outlook({
            parts: kept('"'.repeat(500)),
            config: { backend },
            roaming: { [SPOOL_KEY]: JSON.stringify(stored) },
        });
        for (let sends = 0; sends < 40; sends += 1) {
            await outlook.answer();
            // Office.js counts the size in this way.
            const counted = JSON.stringify({ [SPOOL_KEY]: JSON.stringify(outlook.roaming.get(SPOOL_KEY)) }).length;
            assert.ok(counted <= 32_768, `${counted} after ${sends + 1}`);
        }
        const { events, dropped } = JSON.parse(String(outlook.roaming.get(SPOOL_KEY)));
        assert.ok(events.length >= 5 && events.length + dropped === 40);
    });

    it("the waiting reports stay far below the size that Outlook takes, and the dropped ones are counted", async () => {
        const many = Array.from({ length: 90 }, (_, index) => person(`${"ж".repeat(60)}${index}@us.army.ml`));
        const outlook = new Outlook({ parts: { to: many }, config: { backend, policy: { reporting: "address" } } });
        await outlook.answer();
        const text = String(outlook.roaming.get(SPOOL_KEY));
        assert.match(text, /^[ -~]*$/);
        assert.ok(text.length <= 18_000, `${text.length}`);
        const { events, dropped } = JSON.parse(text);
        assert.equal(events.length + dropped, 90);
        assert.ok(events.length > 10 && events.at(-1).address.endsWith("89@us.army.ml"));
    });
});

describe("the spool", () => {
    /** @param {Map<string, unknown>} stored */
    const settings = (stored) => ({
        get: (/** @type {string} */ key) => stored.get(key),
        set: (/** @type {string} */ key, /** @type {unknown} */ value) => void stored.set(key, value),
        remove: (/** @type {string} */ key) => void stored.delete(key),
        saveAsync: (/** @type {any} */ callback) => void setImmediate(callback, { status: "succeeded" }),
    });
    const event = (/** @type {string} */ id) => ({ id });

    it("the spool sends events that another runtime left, and forgets them", async () => {
        const stored = new Map();
        await openSpool(settings(stored), new Calls()).add([event("a"), event("b")]);
        /** @type {any[]} */
        const sent = [];
        const server = /** @type {any} */ ({
            postEvents: async (/** @type {any[]} */ events) => {
                sent.push(...events);
                return { result: "ok", value: null, etag: null };
            },
        });
        await openSpool(settings(stored), new Calls(), () => server).flush();
        assert.deepEqual(sent, [event("a"), event("b")]);
        assert.deepEqual(JSON.parse(stored.get(SPOOL_KEY)).events, []);
    });

    it("the spool also sends events that were added while it was sending", async () => {
        const stored = new Map();
        /** @type {string[]} */
        const sent = [];
        const postEvents = async (/** @type {any[]} */ events) => {
            sent.push(...events.map(({ id }) => id));
            if (sent.length === 1) {
                await openSpool(settings(stored), new Calls()).add([event("c")]);
            }
            return { result: "ok", value: null, etag: null };
        };
        const spool = openSpool(settings(stored), new Calls(), () => /** @type {any} */ ({ postEvents }));
        await spool.add([event("a")]);
        await spool.flush();
        assert.deepEqual(sent, ["a", "c"]);
        assert.deepEqual(JSON.parse(stored.get(SPOOL_KEY)).events, []);
    });

    it("the spool keeps events that the server did not take", async () => {
        const stored = new Map();
        const server = /** @type {any} */ ({ postEvents: async () => ({ result: "later", retryAfterMs: null, detail: "" }) });
        const spool = openSpool(settings(stored), new Calls(), () => server);
        await spool.add([event("a")]);
        await spool.flush();
        assert.deepEqual(JSON.parse(stored.get(SPOOL_KEY)).events, [event("a")]);
    });
});
