// @ts-check
// A browser, the server under test, and pages that fail a test if anything goes wrong in them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";

import { Browsers } from "./chromium.js";
import { Hosts } from "./officejs/hosts.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";
const ASSETS = "dist/www";

/** The folder for pictures, of failed tests and, with MILGUARD_PICTURES=1, of all; it is not in git. */
export const PICTURES = "target/e2e";

/**
 * Errors in a page. A test that expects one of them removes it.
 *
 * @typedef {{ page: Page, problems: string[], requests: string[] }} Opened
 */

/**
 * The address of the pages, and which requests are allowed.
 *
 * @typedef {object} Site
 * @property {string} origin
 * @property {(url: URL) => boolean} isExpected
 * @property {(problem: string) => boolean} isNoise
 */

/** Starts a server before a file's tests, the browsers that they need, and stops all of them after. */
export function browserTests() {
    /** @type {import("node:child_process").ChildProcess} */
    let server;
    /** @type {Hosts | undefined} */
    let hosts;
    const browsers = new Browsers(async () => {
        hosts = await Hosts.start(origin);
        return hosts.flags;
    });
    let origin = "";
    let deployment = "";

    before(async () => {
        for (const file of [PROGRAM, `${ASSETS}/try/index.html`]) {
            await access(file).catch(() => assert.fail(`${file} is missing: run make build`));
        }
        await mkdir(PICTURES, { recursive: true });
        ({ server, origin, deployment } = await startServer());
    });
    after(async () => {
        await browsers.close();
        hosts?.stop();
        if (server) {
            server.kill("SIGINT");
            const [status] = await once(server, "exit");
            assert.equal(status, 0, "the server stops cleanly");
        }
    });

    return {
        /** @returns {string} */
        origin: () => origin,

        /** @returns {string} the path of the deployment that the first start has made */
        deployment: () => deployment,

        /**
         * Opens a page, passes it to `use`, and then fails if the page has logged an error, violated
         * its content security policy or requested anything elsewhere.
         *
         * @param {(opened: Opened) => Promise<void>} use
         * @param {{ path?: string, options?: ContextOptions, prepare?: (page: Page) => Promise<unknown>,
         *     state?: "ready" | "failed" | "none", site?: (page: Page, server: string) => Promise<Site> }} [how]
         *     `site` serves the pages under other names than the server's own
         */
        async open(use, { path: where = "/try/", options = {}, prepare, state = "ready", site } = {}) {
            const browser = await browsers.for(site ? "several sites" : "one site");
            const context = await browser.newContext({ locale: "en-US", ...options });
            try {
                const page = await context.newPage();
                // Long enough for a busy machine; waiting for an element that never appears still
                // fails.
                page.setDefaultTimeout(60_000);
                /** @type {Opened} */
                const opened = { page, problems: [], requests: [] };
                const own = (await site?.(page, origin)) ?? {
                    origin,
                    isExpected: (/** @type {URL} */ url) => url.origin === origin,
                    isNoise: () => false,
                };
                await watch(opened, own);
                await prepare?.(page);
                await page.goto(own.origin + where);
                if (state !== "none") {
                    await page.waitForSelector(`html[data-state=${state}]`);
                }
                await use(opened);
                assert.deepEqual(opened.problems, []);
            } catch (error) {
                await takePictureOfFailure(context);
                throw error;
            } finally {
                // A request that is still under way for the page must not fail when the page has closed.
                await Promise.all([context, ...context.pages()].map((one) => one.unrouteAll({ behavior: "ignoreErrors" })));
                await context.close();
            }
        },
    };
}

/**
 * Types into the recipient field as a person does, and waits until it was checked.
 *
 * @param {Page} page
 * @param {string} text
 */
export async function typeRecipients(page, text) {
    await page.fill("#to", text);
    await settled(page);
}

/**
 * Waits until the typed text was checked and its time is shown, which happens last.
 *
 * @param {Page} page
 * @param {string} [typed] the id of the field that was typed into
 */
export async function settled(page, typed = "to") {
    await page.evaluate((id) => {
        /** @type {HTMLElement} */ (document.getElementById("timing")).textContent = "";
        // The check of the typed text may have ended already. This event starts another, whose end shows below.
        document.getElementById(id)?.dispatchEvent(new Event("input"));
    }, typed);
    await page.waitForFunction(() => {
        const text = (/** @type {string} */ name) => document.getElementById(name)?.textContent;
        const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("to"));
        return text("timing") || text("problem") || field.value === "";
    });
}

/**
 * The content of the view, as data.
 *
 * @param {Page} page
 */
export function shown(page) {
    return page.evaluate(() => {
        const texts = (/** @type {Element} */ element, /** @type {string} */ selector) =>
            [...element.querySelectorAll(selector)].map((found) => found.textContent ?? "");
        const view = /** @type {HTMLElement} */ (document.getElementById("view"));
        return {
            severity: view.dataset.severity,
            summary: view.querySelector(".mg-summary")?.textContent,
            entries: [...view.querySelectorAll(".mg-entry")].map((entry) => ({
                severity: entry.getAttribute("data-severity"),
                address: entry.querySelector(".mg-address")?.textContent,
                label: entry.querySelector(".mg-severity")?.textContent,
                marks: texts(entry, ".mg-address mark"),
                reasons: texts(entry, ".mg-reason"),
                notes: texts(entry, ".mg-note"),
                buttons: texts(entry, "button"),
            })),
        };
    });
}

/** @returns {Promise<{ server: import("node:child_process").ChildProcess, origin: string, deployment: string }>} */
async function startServer() {
    const state = mkdtempSync(path.join(tmpdir(), "milguard-"));
    // The server gets another name, because the pages of a server for this machine alone report to it.
    const origin = "https://milguard.example.mil";
    const options = ["--http", "--listen", "127.0.0.1:0", "--origin", origin, "--assets", ASSETS, "--state", state];
    const server = spawn(PROGRAM, ["serve", ...options], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const chunk of server.stderr) {
        said += chunk;
        const url = /listening on (http:\/\/\S+)\/ /.exec(said)?.[1];
        const secret = /token mg_enrol_(\w+)/.exec(said)?.[1];
        if (url && secret) {
            return { server, origin: url, deployment: `/d/${secret}` };
        }
    }
    assert.fail(`the server did not start: ${said}`);
}

/**
 * @param {Opened} opened
 * @param {Site} site
 */
async function watch({ page, problems, requests }, { isExpected, isNoise }) {
    const complain = (/** @type {string} */ problem) => {
        if (!isNoise(problem)) {
            problems.push(problem);
        }
    };
    page.on("pageerror", (error) => problems.push(`exception: ${error.stack ?? error.message}`));
    page.on("console", (entry) => {
        if (entry.type() !== "debug") {
            complain(`console ${entry.type()}: ${entry.text()}`);
        }
    });
    page.on("dialog", (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    page.on("request", (request) => {
        const url = new URL(request.url());
        requests.push(url.pathname);
        if (!isExpected(url)) {
            problems.push(`request to ${request.url()}`);
        }
    });
    await page.exposeFunction("reportViolation", (/** @type {string} */ violation) =>
        complain(`content security policy: ${violation}`),
    );
    await page.addInitScript(() => {
        addEventListener("securitypolicyviolation", (event) => {
            // @ts-expect-error The function is exposed above.
            globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
        });
    });
}

/**
 * Takes a picture if somebody has asked for pictures, because taking them is two fifths of the time of the tests with axe-core.
 *
 * @param {{ screenshot: (how: { path: string, fullPage?: boolean }) => Promise<unknown> }} what a page or an element
 * @param {string} name
 * @param {{ fullPage?: boolean }} [how]
 */
export async function takePicture(what, name, how = {}) {
    if (process.env.MILGUARD_PICTURES === "1") {
        await what.screenshot({ path: path.join(PICTURES, `${name}.png`), ...how });
    }
}

/**
 * Takes a picture of each page of a test that has failed.
 *
 * @param {import("playwright-core").BrowserContext} context
 */
export async function takePictureOfFailure(context) {
    for (const page of context.pages()) {
        const file = path.join(PICTURES, `failed-${Date.now()}.png`);
        // The page may have crashed, and this error must not replace the test's own.
        await page.screenshot({ path: file }).then(
            () => console.error(`a picture of the page: ${file}`),
            (error) => console.error(`no picture of the page: ${error}`),
        );
    }
}
