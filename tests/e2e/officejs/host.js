// @ts-check
// Gives Chromium the window as Outlook on the web's own origin, the add-in as another with the headers of the server, and
// Office.js as Microsoft's host. Other requests get no answer.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { provideNative } from "./native-frame.js";

/** @typedef {import("./native.js").Platform} Platform */
/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Route} Route */

const PACKAGE = "target/tools/officejs/node_modules/@microsoft/office-js/dist";
const OFFICE = "https://appsforoffice.microsoft.com";
const FOLDER = "/lib/1/hosted/";
/** Where Office.js reports how it is used, on Mac and iOS. */
const TELEMETRY = "https://browser.pipe.aria.microsoft.com";
/** @type {Record<string, string>} */
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css", ".png": "image/png" };

/** A host that Office.js trusts. */
export const HOST = "https://outlook.office.com";
export const ADDIN = "https://addins.example.mil";

/** The files at the window's origin that replace the simulation's own. */
const REPLACED = Object.freeze(
    /** @type {Record<string, string>} */ ({
        "/try/outlook/addin.js": "tests/e2e/officejs/addin.js",
        "/try/outlook/pane.js": "tests/e2e/officejs/pane.js",
        "/officejs/addin.js": "tests/e2e/officejs/addin.js",
        "/officejs/bridge.js": "tests/e2e/officejs/bridge.js",
        "/officejs/calls.js": "tests/e2e/officejs/calls.js",
        "/officejs/native.js": "tests/e2e/officejs/native.js",
        "/officejs/simulated-addin.js": "www/try/outlook/addin.js",
        "/officejs/simulated-pane.js": "www/try/outlook/pane.js",
        "/officejs/keyboard.js": "www/try/outlook/keyboard.js",
    }),
);

/**
 * @typedef {object} Site
 * @property {string} origin of the window
 * @property {(url: URL) => boolean} isExpected whether a request belongs to the scenario
 * @property {(problem: string) => boolean} isNoise whether an error comes from Office.js itself
 * @property {string[]} refused the requests that went to no host of the scenario
 */

/**
 * @param {Page} page
 * @param {string} server the origin of `milguard serve`
 * @param {{ host?: string, blocked?: readonly string[], platform?: "web" | Platform, hasEvents?: boolean }} [how] `blocked`: hosts
 *     that do not answer; `platform`: whose bridge to Office.js the window speaks; `hasEvents`: whether there are pages for events
 * @returns {Promise<Site>}
 */
export async function serveOfficejs(page, server, { host = HOST, blocked = [], platform = "web", hasEvents = true } = {}) {
    if (!existsSync(`${PACKAGE}/office.js`)) {
        throw new Error(`${PACKAGE} is missing: run scripts/install-officejs`);
    }
    /** @type {{ config: object | null, missing: string | null }} */
    const chosen = { config: null, missing: null };
    /** @type {string[]} */
    const refused = [];
    await page.exposeFunction(
        "officejsConfigure",
        (/** @type {object | null} */ config, /** @type {string | null} */ missing = null) => {
            Object.assign(chosen, { config, missing });
        },
    );
    const given = { officejsAddin: ADDIN, officejsPlatform: platform, officejsHasEvents: hasEvents };
    await page.addInitScript((values) => void Object.assign(globalThis, values), given);
    if (platform !== "web") {
        await page.addInitScript(provideNative, ADDIN);
    }
    await page.route("**/*", async (route) => {
        const url = new URL(route.request().url());
        if (blocked.includes(url.host)) {
            await route.abort();
        } else if (url.origin === host) {
            await serveWindow(route, server, url);
        } else if (url.origin === ADDIN) {
            await serveAddin(route, server, url, chosen);
        } else if (url.origin === OFFICE) {
            await serveOffice(route, url);
        } else {
            refused.push(url.href);
            await route.abort();
        }
    });
    return {
        origin: host,
        // The browser tells of the attempt, which the policy of the pages refuses.
        isExpected: (url) => [host, ADDIN, OFFICE, TELEMETRY].includes(url.origin),
        // Two style attributes of Office.js's own messages are refused by the policy of the pages, and its telemetry.
        isNoise: (problem) =>
            /content security policy/i.test(problem) && (/style/.test(problem) || problem.includes(TELEMETRY)),
        refused,
    };
}

/**
 * @param {Route} route
 * @param {string} server
 * @param {URL} url
 */
async function serveWindow(route, server, url) {
    const file = REPLACED[url.pathname];
    if (file !== undefined) {
        await route.fulfill({ body: await readFile(file), contentType: "text/javascript" });
        return;
    }
    const response = await route.fetch({ url: server + url.pathname + url.search });
    // The window's own content security policy allows no frames of another origin.
    const headers = new Map(Object.entries(response.headers()));
    headers.delete("content-security-policy");
    await route.fulfill({ response, headers: Object.fromEntries(headers) });
}

/**
 * @param {Route} route
 * @param {string} server
 * @param {URL} url
 * @param {{ config: object | null, missing: string | null }} chosen
 */
async function serveAddin(route, server, url, { config, missing }) {
    if (missing === "checker" && url.pathname.endsWith(".wasm")) {
        await route.abort();
        return;
    }
    const response = await route.fetch({ url: server + url.pathname + url.search });
    if (config !== null && url.pathname === "/outlook/config.json") {
        await route.fulfill({ response, json: config });
    } else if (config !== null && url.pathname === "/outlook/launchevent.js") {
        const script = (await response.text()).replace(/^.*\n/, "");
        await route.fulfill({ response, body: `var milguardConfig = ${JSON.stringify(config)};\n${script}` });
    } else {
        await route.fulfill({ response });
    }
}

/**
 * @param {Route} route
 * @param {URL} url
 */
async function serveOffice(route, url) {
    // Microsoft's host takes names in either case.
    const file = path.join(PACKAGE, url.pathname.replace(FOLDER, "").toLowerCase());
    if (!url.pathname.startsWith(FOLDER) || !existsSync(file)) {
        await route.fulfill({ status: 404, body: "" });
        return;
    }
    const contentType = TYPES[path.extname(file)] ?? "application/octet-stream";
    await route.fulfill({ body: await readFile(file), contentType, headers: { "access-control-allow-origin": "*" } });
}
