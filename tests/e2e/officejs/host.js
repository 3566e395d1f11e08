// @ts-check
// A scenario on Office.js: the window of a page is Outlook on the web, and its frames are the add-in's (hosts.js).
// Requests to any other host get no answer.

import { ADDIN, HOST, OFFICE, requireOfficejs } from "./hosts.js";
import { provideNative } from "./native-frame.js";

/** @typedef {import("./native.js").Platform} Platform */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Route} Route */

/** Where Office.js reports how it is used, on Mac and iOS. */
const TELEMETRY = "https://browser.pipe.aria.microsoft.com";

/**
 * @typedef {object} Site
 * @property {string} origin of the window
 * @property {(url: URL) => boolean} isExpected whether a request belongs to the scenario
 * @property {(problem: string) => boolean} isNoise whether an error comes from Office.js itself
 * @property {string[]} refused the requests that went to no host of the scenario
 */

/**
 * @param {Page} page of a browser that has the flags of `Hosts`
 * @param {string} server the origin of `milguard serve`
 * @param {{ host?: string, blocked?: readonly string[], platform?: "web" | Platform, hasEvents?: boolean }} [how] `blocked`: hosts
 *     that do not answer; `platform`: whose bridge to Office.js the window speaks; `hasEvents`: whether there are pages for events
 * @returns {Promise<Site>}
 */
export async function openOfficejs(page, server, { host = HOST, blocked = [], platform = "web", hasEvents = true } = {}) {
    requireOfficejs();
    await provideConfiguration(page, server);
    const given = { officejsAddin: ADDIN, officejsPlatform: platform, officejsHasEvents: hasEvents };
    await page.addInitScript((values) => void Object.assign(globalThis, values), given);
    if (platform !== "web") {
        await page.addInitScript(provideNative, ADDIN);
    }
    const answered = [host, ADDIN, OFFICE];
    /** @type {string[]} */
    const refused = [];
    page.on("request", (request) => {
        const url = new URL(request.url());
        if (!answered.includes(url.origin) && !blocked.includes(url.host)) {
            refused.push(url.href);
        }
    });
    return {
        origin: host,
        // The policy of the pages refuses requests to TELEMETRY, but the browser reports them.
        isExpected: (url) => [...answered, TELEMETRY].includes(url.origin) || blocked.includes(url.host),
        // The policy of the pages refuses two style attributes in Office.js's own messages, and its telemetry.
        isNoise: (problem) =>
            /content security policy/i.test(problem) && (/style/.test(problem) || problem.includes(TELEMETRY)),
        refused,
    };
}

/**
 * Lets the window choose the add-in's configuration. Routes of the test take precedence. Without a choice no
 * request is routed, because Chromium caches nothing of a page if it hands one of its requests to the test.
 *
 * @param {Page} page
 * @param {string} server
 */
async function provideConfiguration(page, server) {
    /** @type {{ config: object | null, missing: string | null }} */
    let chosen = { config: null, missing: null };
    let isRouted = false;
    await page.exposeFunction(
        "officejsConfigure",
        async (/** @type {object | null} */ config, /** @type {string | null} */ missing = null) => {
            chosen = { config, missing };
            if ((config !== null || missing !== null) && !isRouted) {
                isRouted = true;
                await page.context().route(`${ADDIN}/**`, (route) => answerAs(route, server, chosen));
            }
        },
    );
}

/**
 * @param {Route} route
 * @param {string} server
 * @param {{ config: object | null, missing: string | null }} chosen
 */
async function answerAs(route, server, { config, missing }) {
    const { pathname } = new URL(route.request().url());
    if (missing === "checker" && pathname.endsWith(".wasm")) {
        await route.abort();
    } else if (config !== null && pathname === "/outlook/config.json") {
        const response = await route.fetch({ url: server + pathname });
        await route.fulfill({ response, json: config });
    } else if (config !== null && pathname === "/outlook/launchevent.js") {
        const response = await route.fetch({ url: server + pathname });
        const script = (await response.text()).replace(/^.*\n/, "");
        await route.fulfill({ response, body: `var milguardConfig = ${JSON.stringify(config)};\n${script}` });
    } else {
        await route.continue();
    }
}
