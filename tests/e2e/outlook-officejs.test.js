// @ts-check
// Facts that only Microsoft's own Office.js can show: the hosts it needs, the hosts it trusts, and the data that
// outlives its runtimes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests } from "./browser.js";
import { openOfficejs } from "./officejs/host.js";
import { ADDIN, ON_PREMISES } from "./officejs/hosts.js";
import { answer, choose, enter, openPane, pressSend, put, settled, write, WRONG } from "./outlook.js";

const { open, origin } = browserTests();

/** The time by which each step advances the clock of a page. */
const STEP_MS = 5_000;

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./officejs/host.js").Site} Site */

/**
 * Opens the window around Office.js.
 *
 * @param {(opened: import("./browser.js").Opened & { site: Site }) => Promise<void>} use
 * @param {{ how?: Parameters<typeof openOfficejs>[2], prepare?: (page: Page) => Promise<unknown> }} [given]
 */
function withOfficejs(use, { how = {}, prepare } = {}) {
    /** @type {Site | undefined} */
    let site;
    return open(
        async (opened) => {
            await choose(opened.page, { latency: "0" });
            await opened.page.click("#new-message");
            await settled(opened.page);
            assert.ok(site);
            await use({ ...opened, site });
        },
        {
            path: "/try/outlook/?lang=en",
            site: async (page, server) => (site = await openOfficejs(page, server, how)),
            ...(prepare ? { prepare } : {}),
        },
    );
}

/**
 * Gives the pages for events a configuration, as `milguard bundle` bakes it in.
 *
 * @param {Page} page
 * @param {object} config
 */
async function bake(page, config) {
    await page.route("**/outlook/launchevent.js", async (route) => {
        const response = await route.fetch({ url: `${origin()}/outlook/launchevent.js` });
        const script = (await response.text()).replace(/^.*\n/, "");
        await route.fulfill({ response, body: `var milguardConfig = ${JSON.stringify(config)};\n${script}` });
    });
}

test("Office.js and the add-in need no further host, and all handlers register although Microsoft's CDN for Ajax is blocked", async () => {
    await withOfficejs(
        async ({ page, site }) => {
            await enter(page, WRONG);
            assert.match(String((await pressSend(page)).question), /us\.army\.ml/);
            await answer(page, "dont-send");
            await openPane(page);
            await page.click("#new-appointment");
            await settled(page);
            await enter(page, WRONG, "requiredAttendees");
            assert.match(String((await pressSend(page)).question), /us\.army\.ml/);
            assert.deepEqual(site.refused, []);
        },
        { how: { blocked: ["ajax.aspnetcdn.com"] } },
    );
});

test("every report arrives, although Outlook removes each page as soon as its event is completed", async () => {
    /** @type {Map<string, any>} */
    const events = new Map();
    await withOfficejs(
        async ({ page }) => {
            for (let send = 1; send <= 15; send += 1) {
                await put(page, [{ emailAddress: `jane${send}@us.army.ml`, displayName: "Jane", recipientType: "externalUser" }]);
                await pressSend(page);
                await answer(page, "dont-send");
            }
            await page.waitForFunction(() => /** @type {any} */ (globalThis).told >= 15);
        },
        {
            prepare: async (page) => {
                const backend = { url: `${ADDIN}/org`, token: "token" };
                await bake(page, { backend, policy: { id: "org", version: 1, reporting: "address" } });
                await page.route("**/org/v1/enrol", (route) => route.fulfill({ json: { client: "c", key: "mg_client_1", group: "default" } }));
                await page.route("**/org/v1/events", async (route) => {
                    for (const event of route.request().postDataJSON().events) {
                        events.set(event.address, event);
                    }
                    await route.fulfill({ json: {} });
                    await page.evaluate((count) => Object.assign(globalThis, { told: count }), events.size);
                });
            },
        },
    );
    assert.equal(events.size, 15);
    assert.ok([...events.values()].every(({ action, host }) => action === "asked" && host === "outlook"));
});

test("an open pane asks for the policy within each minute of its clock, and takes a change without a reload", async () => {
    let version = 1;
    let asked = 0;
    await withOfficejs(
        async ({ page, problems }) => {
            const pane = await openPane(page);
            const name = () => pane.textContent("#policy-name");
            await pane.waitForSelector("#policy-name:text-is('org (1)')", { state: "attached" });
            await page.clock.pauseAt(Date.now() + 3_600_000);
            for (const next of [2, 3, 4]) {
                version = next;
                for (let passedMs = 0; asked < next; passedMs += STEP_MS) {
                    assert.ok(passedMs < 60_000, "the pane asks within a minute");
                    await page.clock.runFor(STEP_MS);
                    // The pane's own requests come before this one.
                    await pane.evaluate((url) => fetch(url).then((response) => response.text()), `${ADDIN}/org/v1/ping`);
                }
                while ((await name()) !== `org (${next})`) {
                    await page.clock.runFor(1);
                }
            }
            // The clock of the tests replaces `performance`, from which Office.js reads its own times.
            problems.splice(0, problems.length, ...problems.filter((problem) => !/reading 'responseEnd'/.test(problem)));
        },
        {
            prepare: async (page) => {
                await page.clock.install();
                const backend = { url: `${ADDIN}/org`, token: "token" };
                await page.route("**/outlook/config.json", (route) => route.fulfill({ json: { backend } }));
                await page.route("**/org/v1/**", (route) => route.fulfill({ json: {} }));
                await page.route("**/org/v1/policy**", (route) => {
                    asked = version;
                    return route.fulfill({ json: { id: "org", version } });
                });
            },
        },
    );
});

test("where Outlook is on a host that Office.js does not know, Microsoft's question whether to trust it is shown", async () => {
    await withOfficejs(
        async ({ page, problems }) => {
            await page.click("#open-pane");
            const frame = await (await page.waitForSelector("#frame > iframe")).contentFrame();
            await frame?.waitForURL("https://appsforoffice.microsoft.com/**");
            const asked = frame?.getByRole("button", { name: "Continue" });
            await asked?.waitFor();
            problems.splice(0, problems.length, ...problems.filter((problem) => /frame-src/.test(problem)));
        },
        { how: { host: ON_PREMISES, hasEvents: false } },
    );
});

test("Office.js stores what waits to be reported, even if each reason consists of quotation marks", async () => {
    const count = 12;
    await withOfficejs(
        async ({ page, problems }) => {
            const people = Array.from({ length: count }, (_, at) => `jane${at}@us.army.ml`);
            await put(page, people.map((emailAddress) => ({ emailAddress, displayName: "Jane", recipientType: "externalUser" })));
            const pane = await openPane(page);
            for (let left = count; left > 0; left -= 1) {
                await pane.click("[data-action=keep] >> nth=0");
                await write(pane, "#justification", '"'.repeat(500));
                await pane.waitForSelector("#keep-submit:enabled");
                await pane.click("#keep-submit");
                await pane.waitForFunction((wanted) => document.querySelectorAll(".mg-address").length === wanted, left - 1);
            }
            assert.deepEqual((await pressSend(page)).sentTo, people);
            // Office.js hands the settings over only if it finds them small enough.
            await page.waitForFunction(() =>
                /** @type {any} */ (globalThis).milguardSimulation.outlook.mailbox.bridged?.includes("@us.army.ml"),
            );
            problems.splice(0, problems.length, ...problems.filter((problem) => !/status of 503/.test(problem)));
        },
        {
            prepare: async (page) => {
                const backend = { url: `${ADDIN}/org`, token: "token" };
                const policy = { id: "org", version: 1, reporting: "address", override: { warn: "justification" } };
                await bake(page, { backend, policy });
                await page.route("**/outlook/config.json", (route) => route.fulfill({ json: { backend, policy } }));
                await page.route("**/org/**", (route) => route.fulfill({ status: 503 }));
            },
        },
    );
});
