// @ts-check
// Makes each call of the simulation with odd arguments, there and in Microsoft's Office.js: both throw, fail or succeed alike.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests } from "./browser.js";
import { openOutlook, openPane, scenario } from "./outlook.js";

const { open } = browserTests();

/** @typedef {import("./outlook.js").Frame} Frame */
/** Stands for an argument that JSON cannot hold. @typedef {{ $: "callback" | "function" | "undefined" | "nan" | "date" }} Special */
/** @typedef {{ path: string, args: unknown[] }} Call */

const CALLBACK = { $: "callback" };
const FUNCTION = { $: "function" };
const UNDEFINED = { $: "undefined" };

/** A value of each type that a member of an argument could have. */
const ODD = [UNDEFINED, null, 1, { $: "nan" }, true, "", "x", [], {}, { $: "date" }, FUNCTION];

/** Options and a callback, which follow a method's own arguments, in order and out of order. */
const TAILS = [
    [],
    [CALLBACK],
    [{}, CALLBACK],
    [{ asyncContext: 7 }, CALLBACK],
    [CALLBACK, {}],
    [CALLBACK, CALLBACK],
    [null, CALLBACK],
    ["x", CALLBACK],
    [1, CALLBACK],
    [[], CALLBACK],
    [UNDEFINED, CALLBACK],
    [{}],
    [{}, null],
    [{}, CALLBACK, {}],
    [{}, UNDEFINED, UNDEFINED],
];

const INFORMATION = { type: "informationalMessage", message: "Hello", icon: "Icon.16", persistent: false };
const ENTRY = { emailAddress: "ann@example.mil", displayName: "Ann" };
const LONG = "x".repeat(10_000);

/** Each method's own arguments: valid ones, and then possibly invalid ones. */
const METHODS = /** @type {const} */ ({
    "item.to.getAsync": [[]],
    "item.to.setAsync": [
        [[ENTRY]],
        ...ODD.map((odd) => [odd]),
        ...ODD.map((odd) => [[odd]]),
        ...ODD.map((odd) => [[{ emailAddress: odd, displayName: "Ann" }]]),
        ...ODD.map((odd) => [[{ emailAddress: "ann@example.mil", displayName: odd }]]),
        [Array.from({ length: 101 }, () => ENTRY)],
        [[{ ...ENTRY, displayName: "x".repeat(256) }]],
        [[{ ...ENTRY, emailAddress: `${"x".repeat(580)}@example.mil` }]],
        [["ann@example.mil", "no address"]],
    ],
    "item.to.addAsync": [[[ENTRY]], ...ODD.map((odd) => [odd]), ...ODD.map((odd) => [[odd]])],
    "item.subject.getAsync": [[]],
    "item.from.getAsync": [[]],
    "item.body.getAsync": [["text"], ["html"], ...ODD.map((odd) => [odd]), ["markdown"]],
    "item.getAttachmentsAsync": [[]],
    "item.loadCustomPropertiesAsync": [[]],
    "item.notificationMessages.getAllAsync": [[]],
    "item.notificationMessages.removeAsync": [["unknown"], ...ODD.map((odd) => [odd]), [LONG]],
    "item.notificationMessages.replaceAsync": [
        ["key", INFORMATION],
        ...ODD.map((odd) => [odd, INFORMATION]),
        ...ODD.map((odd) => ["key", odd]),
        ...["type", "message", "icon", "persistent", "actions"].flatMap((member) =>
            ODD.map((odd) => ["key", { ...INFORMATION, [member]: odd }]),
        ),
        ["x".repeat(33), INFORMATION],
        ["key", { ...INFORMATION, message: "x".repeat(151) }],
        ["key", { type: "errorMessage", message: "Hello" }],
        ["key", { type: "errorMessage", message: "Hello", icon: "Icon.16" }],
        ["key", { type: "errorMessage", message: "Hello", persistent: true }],
        ["key", { type: "insightMessage", message: "Hello", icon: "Icon.16" }],
        ["key", { type: "insightMessage", message: "Hello", icon: "Icon.16", actions: [{}] }],
    ],
    "item.sessionData.setAsync": [["name", "value"], ...ODD.map((odd) => [odd, "value"]), ...ODD.map((odd) => ["name", odd])],
    "item.sessionData.getAsync": [["none"], ...ODD.map((odd) => [odd])],
    "item.sessionData.getAllAsync": [[]],
    "item.sessionData.removeAsync": [["none"], ...ODD.map((odd) => [odd])],
    "item.sessionData.clearAsync": [[]],
    "item.addHandlerAsync": [
        ["olkRecipientsChanged", FUNCTION],
        ...ODD.map((odd) => [odd, FUNCTION]),
        ...ODD.map((odd) => ["olkRecipientsChanged", odd]),
    ],
    "item.removeHandlerAsync": [["olkRecipientsChanged"], ...ODD.map((odd) => [odd])],
    "roamingSettings.saveAsync": [[]],
    "roamingSettings.get": [["none"], ...ODD.map((odd) => [odd])],
    "roamingSettings.set": [["name", "value"], ...ODD.map((odd) => [odd, "value"]), ...ODD.map((odd) => ["name", odd])],
    "requirements.isSetSupported": [["Mailbox", "1.8"], ["mailbox"], ["Mailbox", "1.99"], ["None", "1.1"], ...ODD.map((odd) => [odd])],
});

/** Methods that answer at once and take no options. */
const IMMEDIATE = ["roamingSettings.get", "roamingSettings.set", "requirements.isSetSupported"];

/** @returns {Call[]} each method with all tails, and with each odd argument */
function calls() {
    return Object.entries(METHODS).flatMap(([path, arguments_]) => {
        const [good = [], ...odd] = arguments_;
        if (IMMEDIATE.includes(path)) {
            return arguments_.map((args) => ({ path, args: [...args] }));
        }
        return [
            ...TAILS.map((tail) => ({ path, args: [...good, ...tail] })),
            ...odd.map((args) => ({ path, args: [...args, CALLBACK] })),
        ];
    });
}

/**
 * @param {Frame} pane
 * @param {Call[]} list
 * @returns {Promise<string[]>} `throws`, `failed 9013`, `succeeded`, `takes it`, `returns true` …
 */
function outcomes(pane, list) {
    return pane.evaluate(async (all) => {
        // The page of the simulation has its `Office` from the window around it.
        const { Office = /** @type {any} */ (parent).milguardSimulation.outlook.openPane().Office } = /** @type {any} */ (globalThis);
        const { mailbox, roamingSettings, requirements } = Office.context;
        const roots = /** @type {Record<string, any>} */ ({ item: mailbox.item, roamingSettings, requirements });

        /** @param {any} value @param {(outcome: string) => void} answered @returns {any} */
        function revive(value, answered) {
            const specials = /** @type {Record<string, () => unknown>} */ ({
                callback: () => (/** @type {any} */ { status, error, asyncContext }) =>
                    answered([status, error?.code, typeof asyncContext === "number" ? `with ${asyncContext}` : undefined].filter(Boolean).join(" ")),
                function: () => () => {},
                undefined: () => undefined,
                nan: () => Number.NaN,
                date: () => new Date(0),
            });
            if (value?.$) {
                return specials[value.$]?.();
            }
            if (Array.isArray(value)) {
                return value.map((one) => revive(one, answered));
            }
            if (typeof value === "object" && value !== null) {
                return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, revive(member, answered)]));
            }
            return value;
        }

        /** @param {Call} call @returns {Promise<string>} */
        async function outcome({ path, args }) {
            const [root = "", ...names] = path.split(".");
            const name = names.pop() ?? "";
            const owner = names.reduce((value, member) => value[member], roots[root]);
            /** @type {(outcome: string) => void} */
            let answered = () => {};
            const answer = /** @type {Promise<string>} */ (new Promise((resolve) => (answered = resolve)));
            let returned;
            try {
                returned = owner[name](...args.map((one) => revive(one, answered)));
            } catch {
                return "throws";
            }
            if (!name.endsWith("Async")) {
                return `returns ${returned}`;
            }
            if (args.some((one) => /** @type {any} */ (one)?.$ === "callback")) {
                return answer;
            }
            // A call without an expected answer must not count towards the limit for the next one.
            await new Promise((resolve) => mailbox.item.subject.getAsync(resolve));
            return "takes it";
        }

        const results = [];
        for (const call of all) {
            let result = await outcome(call);
            // 5013: too many calls at the same time, because the pane reads the recipients whenever they change.
            while (result.startsWith("failed 5013")) {
                result = await outcome(call);
            }
            results.push(result);
        }
        return results;
    }, list);
}

const list = calls();
/** The outcome of each call, by `Office`. @type {string[][]} */
const seen = [];

scenario("each call with odd arguments is taken or refused", async () => {
    await openOutlook(open, async ({ page }) => {
        seen.push(await outcomes(await openPane(page), list));
    });
});

test("the simulation accepts and refuses the same calls as Office.js", () => {
    const [simulated = [], real = []] = seen;
    assert.deepEqual([simulated.length, real.length], [list.length, list.length]);
    const differences = list.flatMap(({ path, args }, at) =>
        simulated[at] === real[at]
            ? []
            : [`${path}(${JSON.stringify(args).slice(1, -1).slice(0, 160)}): ${simulated[at]}, in Office.js ${real[at]}`],
    );
    assert.equal(differences.length, 0, `${differences.length} of ${list.length} calls:\n${differences.join("\n")}`);
    // If all calls of a test ended alike, it would compare nothing.
    assert.deepEqual(
        ["throws", "takes it", "succeeded", "failed 5010", "failed 5007", "failed 9020", "failed 9024"].filter((one) => !real.includes(one)),
        [],
    );
});
