// @ts-check
// Parts of the warning view's contract with its hosts that the page to try the checker does not use.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { reasonKey } from "../../www/shared/reasons.js";
import { browserTests } from "./browser.js";

const { open } = browserTests();

/**
 * Opens a page in which `makeView(options)` makes a view, and `warning(address)` a recipient's
 * report.
 *
 * @param {(page: import("playwright-core").Page) => Promise<void>} use
 */
function openView(use) {
    return open(
        async ({ page }) => {
            await page.evaluate(async () => {
                const url = "/shared/checker.js";
                const milguard = await (await import(url)).loadChecker();
                const container = document.createElement("div");
                document.body.replaceChildren(container);
                /** @type {unknown[]} */
                const calls = [];
                Object.assign(globalThis, {
                    milguard,
                    container,
                    calls,
                    makeView: (/** @type {object} */ options) =>
                        new milguard.WarningView(
                            container,
                            {
                                message: (/** @type {string} */ key, /** @type {string} */ value) =>
                                    value === undefined ? key : `${key}(${value})`,
                                reason: (/** @type {unknown[]} */ ...asked) => JSON.stringify(asked),
                                actions: ["use-suggestion", "remove", "keep", "send-anyway"],
                                ...options,
                            },
                            (/** @type {unknown[]} */ ...call) => calls.push(call),
                        ),
                    warning: (/** @type {string} */ address, more = {}) => ({
                        address,
                        severity: "warn",
                        findings: [{ reason: "suffix-typo", span: null, delegated: true }],
                        suggestion: null,
                        ...more,
                    }),
                });
            });
            await use(page);
        },
        { path: "/", state: "none" },
    );
}

test("each button names its recipient, and a press tells the host the recipient's place", async () => {
    await openView(async (page) => {
        const result = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container, calls } = globalThis;
            const fine = { address: "a@army.mil", severity: "pass", findings: [], suggestion: null };
            makeView({}).render({
                severity: "warn",
                recipients: [fine, warning("b@army.ml", { suggestion: "b@army.mil" })],
            });
            const buttons = [...container.querySelectorAll("button")];
            buttons.forEach((button) => button.click());
            // A click beside a button has no effect.
            container.querySelector(".mg-entry").click();
            return {
                calls,
                names: buttons.map((b) => b.getAttribute("aria-label") ?? b.textContent),
            };
        });
        assert.deepEqual(result, {
            calls: [
                ["use-suggestion", 1],
                ["remove", 1],
                ["keep", 1],
                ["send-anyway", null],
            ],
            names: [
                "viewUse(b@army.mil)",
                "viewRemove b@army.ml",
                "viewKeep b@army.ml",
                "viewSendAnyway",
            ],
        });
    });
});

test("the view offers only the actions that the host serves, and nothing overrides a block", async () => {
    await openView(async (page) => {
        const names = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const report = (/** @type {string} */ severity) => ({
                severity,
                recipients: [warning("b@army.ml", { severity, suggestion: "b@army.mil" })],
            });
            const actions = () =>
                [...container.querySelectorAll("button")].map((b) => b.dataset.action);
            const view = makeView({});
            view.render(report("block"));
            const blocked = actions();
            view.free();
            const gone = container.childNodes.length;
            makeView({ actions: ["remove", "format-disk"] }).render(report("warn"));
            const few = actions();
            return { blocked, gone, few };
        });
        assert.deepEqual(names, {
            blocked: ["use-suggestion", "remove"],
            gone: 0,
            few: ["remove"],
        });
    });
});

test("rendering the same report again does not change the page", async () => {
    await openView(async (page) => {
        const changes = await page.evaluate(async () => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const view = makeView({});
            const report = () => ({ severity: "warn", recipients: [warning("b@army.ml")] });
            view.render(report());
            /** @type {MutationRecord[]} */
            const records = [];
            const observer = new MutationObserver((list) => records.push(...list));
            observer.observe(container, {
                subtree: true,
                childList: true,
                attributes: true,
                characterData: true,
            });
            view.render(report());
            const same = observer.takeRecords().length;
            // Other recipients, but the same number: the summary, which is read out, stays.
            view.render({ severity: "warn", recipients: [warning("c@army.ml")] });
            const summary = observer
                .takeRecords()
                .filter((record) => record.target.parentElement?.closest(".mg-summary")).length;
            return { same, summary };
        });
        assert.deepEqual(changes, { same: 0, summary: 0 });
    });
});

test("the focus stays at its address, or moves to the next one, or to the summary", async () => {
    await openView(async (page) => {
        const focused = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const view = makeView({ actions: ["use-suggestion", "remove", "send-anyway"] });
            const show = (/** @type {string[]} */ ...addresses) =>
                view.render({
                    severity: addresses.length ? "warn" : "pass",
                    recipients: addresses.map((address) =>
                        warning(address, { suggestion: `${address}!` }),
                    ),
                });
            const label = () =>
                document.activeElement?.getAttribute("aria-label") ??
                document.activeElement?.textContent;
            const seen = [];
            show("a", "b", "c");
            container.querySelectorAll("[data-action=remove]")[1].focus();
            show("0", "a", "b", "c");
            seen.push(label());
            show("0", "a", "c");
            seen.push(label());
            show("0");
            seen.push(label());
            show();
            // The focus is on the summary, which is empty because no recipient is left.
            seen.push(document.activeElement?.className, label());
            show("a");
            container.querySelector("[data-action=send-anyway]").focus();
            show("a", "b");
            seen.push(label());
            // If a host's own field has the focus, it keeps it.
            const field = document.body.appendChild(document.createElement("input"));
            field.focus();
            show("a");
            seen.push(document.activeElement === field);
            return seen;
        });
        assert.deepEqual(focused, [
            "viewRemove b",
            "viewRemove c",
            "viewRemove 0",
            "mg-summary",
            "",
            "viewSendAnyway",
            true,
        ]);
    });
});

test("a screen reader reads a dialog at once, and a page at the next pause", async () => {
    await openView(async (page) => {
        const roles = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, container } = globalThis;
            const seen = [];
            for (const options of [{}, { urgent: false }, { urgent: true }]) {
                const view = makeView(options);
                seen.push(container.querySelector(".mg-summary").getAttribute("role"));
                view.free();
            }
            return seen;
        });
        assert.deepEqual(roles, ["status", "status", "alert"]);
    });
});

test("a host whose texts fail still shows the warning", async () => {
    await openView(async (page) => {
        const texts = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const report = { severity: "warn", recipients: [warning("b@army.ml")] };
            const seen = [];
            for (const message of [
                () => {
                    throw new Error("no texts");
                },
                () => undefined,
                () => "",
                () => 7,
                undefined,
            ]) {
                const view = makeView({ message, reason: message });
                view.render(report);
                seen.push(...[".mg-address", ".mg-severity", ".mg-reason"].map((part) => container.querySelector(part).textContent));
                view.free();
            }
            return [...new Set(seen)];
        });
        assert.deepEqual(texts, ["b@army.ml", "severityWarn", "suffix-typo"]);
    });
});

test("a name that the host passes apart from the address is shown after the address", async () => {
    await openView(async (page) => {
        const text = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const recipient = warning("b@evil.example", { name: "bob@army.mil" });
            makeView({}).render({ severity: "warn", recipients: [recipient] });
            return [".mg-address", ".mg-note"].map(
                (selector) => container.querySelector(selector).textContent,
            );
        });
        assert.deepEqual(text, ["b@evil.example", "viewName(bob@army.mil)"]);
    });
});

test("a host adds what it knows: whether the domain takes mail, where the recipient comes from, whether the sender may keep it", async () => {
    await openView(async (page) => {
        const shown = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const view = makeView({ actions: ["keep"] });
            return [
                { acceptsMail: true, note: "In <b>the list</b>" },
                { acceptsMail: false, keep: false },
                { acceptsMail: null, note: "", severity: "block", keep: true },
            ].map((more) => {
                view.render({ severity: "warn", recipients: [warning("b@army.ml", more)] });
                return [...container.querySelectorAll(".mg-note, button")].map((element) => element.textContent);
            });
        });
        assert.deepEqual(shown, [
            ["viewAcceptsMail", "In <b>the list</b>", "viewKeep"],
            ["viewRefusesMail"],
            ["viewDelivered", "viewKeep"],
        ]);
    });
});

test("a value that is not a report is refused, and the view stays as it was", async () => {
    await openView(async (page) => {
        const { errors, kept } = await page.evaluate(() => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const view = makeView({});
            view.render({ severity: "warn", recipients: [warning("b@army.ml")] });
            const before = container.textContent;
            const trap = {
                get severity() {
                    throw new Error("trap");
                },
            };
            const answers = [
                null,
                undefined,
                7,
                {},
                trap,
                { severity: "grave", recipients: [] },
                { severity: "warn" },
                { severity: "warn", recipients: [{}] },
                { severity: "warn", recipients: [warning("b", { findings: null })] },
                { severity: "warn", recipients: [warning("b", { findings: [{ reason: "new" }] })] },
                {
                    severity: "warn",
                    recipients: [warning("b", { findings: [{ reason: "malformed", span: ["a"] }] })],
                },
            ].map((report) => {
                try {
                    view.render(report);
                    return "shown";
                } catch (thrown) {
                    const { name, code } = /** @type {Error & { code: string }} */ (thrown);
                    return `${name} ${code}`;
                }
            });
            return { errors: [...new Set(answers)], kept: container.textContent === before };
        });
        // A report comes from the checker and is not copied first: an error of a getter reaches the
        // caller unchanged.
        assert.deepEqual(errors, ["MilguardError invalid-report", "Error undefined"]);
        assert.ok(kept);
    });
});

test("the view asks the host for the words of each reason, with the bare address and the suggestion", async () => {
    const english = JSON.parse(await readFile("www/_locales/en/messages.json", "utf8"));
    await openView(async (page) => {
        const asked = await page.evaluate(async () => {
            // @ts-expect-error Set up by openView.
            const { makeView, warning, container } = globalThis;
            const types = await (await fetch("/checker/milguard.d.ts")).text();
            const [, list = ""] = /type Reason =([^;]*);/.exec(types) ?? [];
            const findings = [...list.matchAll(/"([a-z-]+)"/g)].map(([, reason]) => ({
                reason,
                span: null,
                delegated: null,
            }));
            makeView({}).render({
                severity: "warn",
                recipients: [
                    warning("Bob <b@army.ml>", { findings, suggestion: "b@army.mil" }),
                    warning("b@army,mil"),
                    warning("friends: b@army.ml, c@army.ml;"),
                ],
            });
            return [...container.querySelectorAll(".mg-reason")].map((item) => JSON.parse(item.textContent));
        });
        assert.equal(asked.length, 14 + 2);
        const [first] = asked;
        assert.deepEqual(first, ["suffix-typo", "b@army.ml", "b@army.mil"]);
        assert.deepEqual(
            asked.slice(14).map(([, address, suggestion]) => [address, suggestion ?? null]),
            [
                ["b@army,mil", null],
                ["friends: b@army.ml, c@army.ml;", null],
            ],
        );
        assert.deepEqual(
            asked.filter(([code]) => !(reasonKey(code) in english)),
            [],
        );
    });
});
