// @ts-check
// Facts that only Microsoft's own Office.js can show: the hosts it needs, the hosts it trusts, and the data that
// outlives its runtimes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests } from "./browser.js";
import { ADDIN, serveOfficejs } from "./officejs/host.js";
import { answer, choose, enter, openPane, pressSend, put, settled, WRONG } from "./outlook.js";

const { open, origin } = browserTests();

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./officejs/host.js").Site} Site */

/**
 * Opens the window around Office.js.
 *
 * @param {(opened: import("./browser.js").Opened & { site: Site }) => Promise<void>} use
 * @param {{ how?: Parameters<typeof serveOfficejs>[2], prepare?: (page: Page) => Promise<unknown> }} [given]
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
            site: async (page, server) => (site = await serveOfficejs(page, server, how)),
            ...(prepare ? { prepare } : {}),
        },
    );
}

test("the add-in asks no third host, and all handlers register if every other host is blocked", async () => {
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
                await page.route("**/outlook/launchevent.js", async (route) => {
                    const response = await route.fetch({ url: `${origin()}/outlook/launchevent.js` });
                    const script = (await response.text()).replace(/^.*\n/, "");
                    const config = { backend, policy: { id: "org", version: 1, reporting: "address" } };
                    await route.fulfill({ response, body: `var milguardConfig = ${JSON.stringify(config)};\n${script}` });
                });
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
