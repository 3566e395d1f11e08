// @ts-check
// The effect of a policy on the add-in for Outlook, and the exchange with the organisation's server.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { browserTests } from "./browser.js";
import {
    addinOrigin,
    addressesIn,
    answer,
    choose,
    enter,
    noticed,
    notifications,
    openOutlook,
    openPane,
    paneOf,
    pressSend,
    RIGHT,
    scenario,
    shownIn,
    write,
    WRONG,
} from "./outlook.js";

const { open, origin } = browserTests();

/** @typedef {import("./browser.js").Opened} Opened */
/** @typedef {NonNullable<Parameters<typeof openOutlook>[2]>} How */

/** @param {(opened: Opened) => Promise<void>} use @param {How} [how] */
const outlook = (use, how) => openOutlook(open, use, how);

scenario("the sender can keep a recipient with a reason where policy asks for one", async () => {
    await outlook(
        async ({ page }) => {
            await choose(page, { policy: "agency (asks for a reason)" });
            await enter(page, WRONG);
            const { question, buttons } = await pressSend(page);
            assert.match(String(question), /give a reason there/);
            assert.deepEqual(buttons, ["Check recipients", "Don’t Send"]);
            await answer(page, "take-action");
            const pane = await paneOf(page);
            await pane.click("[data-action=keep]");
            await pane.waitForSelector("#keep[open]");
            assert.match(await pane.innerText("#keep-title"), new RegExp(`Keep\\s+${WRONG.replaceAll(".", "\\.")}\\s*\\?`));
            const submit = pane.locator("#keep-submit");
            await write(pane, "#justification", "ok");
            await pane.waitForSelector("#keep-submit:text-is('Keep')");
            assert.equal(await submit.isDisabled(), true, "two characters are no reason");
            // The key goes to the frame with the focus, and a click focuses the pane.
            await pane.click("#justification");
            await pane.press("#justification", "Escape");
            await pane.waitForSelector("#keep:not([open])", { state: "attached" });
            assert.equal(await pane.evaluate(() => document.activeElement?.getAttribute("data-action")), "keep");
            await pane.click("[data-action=keep]");
            await write(pane, "#justification", "A partner <b>in Mali</b>");
            await pane.waitForSelector("#keep-submit:enabled");
            await submit.click();
            await pane.waitForSelector("#kept:not([hidden])");
            assert.deepEqual((await shownIn(pane)).kept, [`${WRONG}Reason: A partner <b>in Mali</b>Ask again`]);
            assert.deepEqual((await pressSend(page)).sentTo, [WRONG]);
        },
        { choices: { mode: "SoftBlock" } },
    );
});

scenario("no line names a kept recipient, until the sender wants to be asked again", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `${WRONG}, tom@navy.ml`);
        assert.match((await notifications(page)).join(), /And 1 more/);
        const pane = await openPane(page);
        for (let left = 2; left > 0; left -= 1) {
            await pane.click("[data-action=keep] >> nth=0");
            await pane.waitForFunction((count) => document.querySelectorAll(".mg-address").length === count, left - 1);
        }
        await page.waitForFunction(() => document.querySelectorAll("#notifications bdi").length === 0);
        await pane.click("#kept-list button >> nth=0");
        await page.waitForFunction(() => document.querySelectorAll("#notifications bdi").length === 1);
        assert.doesNotMatch((await notifications(page)).join(), /more/);
    });
});

scenario("a countdown holds Keep back for its seconds", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            // One step clicks and reads: on a slow machine, the first second could end between two steps.
            const label = await pane.$eval("[data-action=keep]", (button) => {
                /** @type {HTMLElement} */ (button).click();
                return document.getElementById("keep-submit")?.innerText;
            });
            assert.equal(label, "Keep (in 3 s)");
            assert.equal(await pane.isDisabled("#keep-submit"), true);
            assert.equal(await pane.isVisible("#reason"), false);
            await pane.waitForSelector("#keep-submit:enabled");
            await pane.click("#keep-submit");
            await pane.waitForSelector("#kept:not([hidden])");
        },
        { choices: { policy: "contractor (countdown)" } },
    );
});

scenario("a recipient that policy never allows cannot be kept, and the pane says so", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            assert.match(String((await pressSend(page)).question), /policy does not allow/);
            await answer(page, "take-action");
            const pane = await paneOf(page);
            const { lead, buttons } = await shownIn(pane);
            assert.match(lead, /policy does not allow sending to these recipients/);
            assert.deepEqual(buttons, [`Use ${RIGHT}`, "Remove"]);
        },
        { choices: { policy: "never", mode: "SoftBlock" } },
    );
    await outlook(
        async ({ page }) => {
            await enter(page, "bob@lemmy.ml");
            const { buttons } = await shownIn(await openPane(page));
            assert.deepEqual(buttons, ["Remove"]);
        },
        { choices: { policy: "dod (denies *.ml)" } },
    );
});

scenario("in audit mode Send asks nothing, and the pane still shows the findings", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            const { lead, buttons } = await shownIn(pane);
            assert.match(lead, /stops nothing/);
            assert.deepEqual(buttons, [`Use ${RIGHT}`, "Remove"]);
            assert.deepEqual((await pressSend(page)).sentTo, [WRONG]);
        },
        { choices: { policy: "audit" } },
    );
});

scenario("the pane shows the policy in force, its source, the reporting level and its own version", async () => {
    const version = /^version = "(.*)"$/m.exec(await readFile("Cargo.toml", "utf8"))?.[1];
    for (const [policy, wanted] of /** @type {const} */ ([
        ["as served", ["default (1)", "Built into Milguard"]],
        ["agency (asks for a reason)", ["agency (1)", "Your organisation set it when it provided the add-in"]],
    ])) {
        await outlook(
            async ({ page }) => {
                const pane = await openPane(page);
                await pane.click("#about > summary");
                const values = await pane.$$eval("dd", (all) =>
                    all.filter((one) => one.getClientRects().length > 0).map((one) => one.textContent),
                );
                assert.deepEqual(values, [
                    ...wanted,
                    "Milguard stops a message to a suspicious recipient and asks you",
                    "Nothing: Milguard has no server to report to",
                    `Version ${version}`,
                ]);
            },
            { choices: { policy } },
        );
    }
});

/**
 * The pane with a server of the organisation, which has the same origin here.
 *
 * @param {import("playwright-core").Page} page
 * @param {(path: string, request: import("playwright-core").Request) => { status?: number, headers?: object, json?: unknown }} serve
 * @param {object} [config]
 */
async function withServer(page, serve, config = {}) {
    const backend = { url: `${addinOrigin(origin())}/org`, token: "token" };
    await page.route("**/outlook/config.json", (route) => route.fulfill({ json: { backend, ...config } }));
    await page.route("**/org/**", (route) => {
        const { status = 200, headers = {}, json = {} } = serve(
            new URL(route.request().url()).pathname.slice("/org".length),
            route.request(),
        );
        return route.fulfill({
            status,
            headers: /** @type {Record<string, string>} */ (headers),
            ...(status === 304 ? {} : { json }),
        });
    });
}

scenario("the add-in asks the server for the policy and about a domain, and reports what the sender did", async () => {
    /** @type {any[]} */
    const events = [];
    /** @type {(string | undefined)[]} */
    const etags = [];
    const policy = { id: "org", version: 7, reporting: "domain", trainingUrl: "https://example.mil/look-alikes" };
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            let pane = await openPane(page);
            await pane.waitForSelector("#policy-name:text-is('org (7)')", { state: "attached" });
            await pane.waitForSelector(".mg-note:has-text('This domain accepts mail')");
            const link = pane.locator("#training a");
            assert.equal(await link.getAttribute("href"), "https://example.mil/look-alikes");
            assert.equal(await link.getAttribute("rel"), "noopener noreferrer");
            await pane.click("[data-action=use-suggestion]");
            await noticed(pane, "Replaced");
            await page.waitForFunction(() => /** @type {any} */ (globalThis).told > 0);
            // If the pane could store the policy, the next pane uses it at once and asks the server whether it is still current.
            await page.click("#close-pane");
            pane = await openPane(page);
            await pane.waitForSelector("#policy-source:has-text('server')", { state: "attached" });
            await pane.waitForFunction(() => document.getElementById("policy-name")?.textContent === "org (7)");
        },
        {
            prepare: (page) =>
                withServer(page, (path, request) => {
                    if (path === "/v1/policy") {
                        etags.push(request.headers()["if-none-match"]);
                        return etags.at(-1) === '"seven"' ? { status: 304 } : { headers: { ETag: '"seven"' }, json: policy };
                    }
                    if (path === "/v1/events") {
                        events.push(...request.postDataJSON().events);
                        void page.evaluate((count) => Object.assign(globalThis, { told: count }), events.length);
                        return {};
                    }
                    return { json: { domain: "us.army.ml", exists: true, acceptsMail: true } };
                }),
        },
    );
    // Chromium gives a frame of another site no storage, in which the next pane would find the last policy.
    const hasStorage = addinOrigin(origin()) === origin();
    assert.deepEqual(etags.slice(0, 2), [undefined, hasStorage ? '"seven"' : undefined]);
    const [event] = events;
    assert.deepEqual(
        [event.action, event.host, event.domain, event.address, event.policy, event.reasons],
        ["fixed", "outlook", "us.army.ml", undefined, { id: "org", version: 7 }, ["suffix-typo"]],
    );
    assert.equal(new Set(events.map(({ id }) => id)).size, events.length);
});

scenario("an invalid policy never replaces a valid one, and a failing server changes nothing", async () => {
    for (const reply of [
        { json: { id: "org", version: 0 } },
        { json: ["no", "policy"] },
        { status: 500 },
        { status: 403 },
    ]) {
        await outlook(
            async ({ page, problems }) => {
                await enter(page, WRONG);
                const pane = await openPane(page);
                await page.waitForTimeout(500);
                assert.equal(await pane.textContent("#policy-name"), "baked (3)");
                await pane.click("[data-action=use-suggestion]");
                await noticed(pane, "Replaced");
                assert.deepEqual(await addressesIn(page), [RIGHT]);
                // The browser itself reports answers that are errors.
                problems.splice(0, problems.length, ...problems.filter((problem) => !/status of (500|403|404)/.test(problem)));
            },
            { prepare: (page) => withServer(page, () => reply, { policy: { id: "baked", version: 3 } }) },
        );
    }
});
