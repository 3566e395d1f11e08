// @ts-check
// A browser, the server under test, and pages that fail a test when anything goes wrong in them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";

import { chromium } from "playwright-core";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ASSETS = "dist/www";

/** Where pictures go; not in git. */
export const PICTURES = "target/e2e";

/**
 * What went wrong in a page by itself. A test that expects one of these takes it out.
 *
 * @typedef {{ page: Page, problems: string[], requests: string[] }} Opened
 */

/** Starts a server and a browser before a file's tests and stops them after. */
export function browserTests() {
    /** @type {import("node:child_process").ChildProcess} */
    let server;
    /** @type {import("playwright-core").Browser} */
    let browser;
    let origin = "";

    before(async () => {
        for (const file of [PROGRAM, `${ASSETS}/try/index.html`]) {
            await access(file).catch(() => assert.fail(`${file} is missing: run make build`));
        }
        await access(BROWSER).catch(() => assert.fail(`${BROWSER} is missing: run make e2e`));
        await mkdir(PICTURES, { recursive: true });
        ({ server, origin } = await startServer());
        browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox"] });
    });
    after(async () => {
        await browser?.close();
        if (server) {
            server.kill("SIGINT");
            const [status] = await once(server, "exit");
            assert.equal(status, 0, "the server stops cleanly");
        }
    });

    return {
        /** @returns {string} */
        origin: () => origin,

        /**
         * Opens a page, hands it to `use`, and then fails if the page has complained, has broken its
         * content security policy or has asked for anything elsewhere.
         *
         * @param {(opened: Opened) => Promise<void>} use
         * @param {{ path?: string, options?: ContextOptions, prepare?: (page: Page) => Promise<unknown>,
         *     state?: "ready" | "failed" | "none" }} [how]
         */
        async open(use, { path: where = "/try/", options = {}, prepare, state = "ready" } = {}) {
            const context = await browser.newContext({ locale: "en-US", ...options });
            try {
                const page = await context.newPage();
                page.setDefaultTimeout(10_000);
                /** @type {Opened} */
                const opened = { page, problems: [], requests: [] };
                await watch(opened, origin);
                await prepare?.(page);
                await page.goto(origin + where);
                if (state !== "none") {
                    await page.waitForSelector(`html[data-state=${state}]`);
                }
                await use(opened);
                assert.deepEqual(opened.problems, []);
            } finally {
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
 * Waits until what is typed was checked and the time it took is shown, which is the last thing that
 * happens.
 *
 * @param {Page} page
 * @param {string} [typed] the id of the field that was typed into
 */
export async function settled(page, typed = "to") {
    await page.evaluate((id) => {
        /** @type {HTMLElement} */ (document.getElementById("timing")).textContent = "";
        // The check may be over by now; one that begins here is not.
        document.getElementById(id)?.dispatchEvent(new Event("input"));
    }, typed);
    await page.waitForFunction(() => {
        const text = (/** @type {string} */ name) => document.getElementById(name)?.textContent;
        const field = /** @type {HTMLTextAreaElement} */ (document.getElementById("to"));
        return text("timing") || text("problem") || field.value === "";
    });
}

/**
 * What the view shows, as data.
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

/** @returns {Promise<{ server: import("node:child_process").ChildProcess, origin: string }>} */
async function startServer() {
    const state = mkdtempSync(path.join(tmpdir(), "milguard-"));
    const options = ["--http", "--listen", "127.0.0.1:0", "--assets", ASSETS, "--state", state];
    const server = spawn(PROGRAM, ["serve", ...options], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    for await (const chunk of server.stderr) {
        said += chunk;
        const url = /listening on (http:\/\/\S+)\/ /.exec(said)?.[1];
        if (url) {
            return { server, origin: url };
        }
    }
    assert.fail(`the server did not start: ${said}`);
}

/**
 * @param {Opened} opened
 * @param {string} origin
 */
async function watch({ page, problems, requests }, origin) {
    page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
    page.on("console", (entry) => {
        if (entry.type() !== "debug") {
            problems.push(`console ${entry.type()}: ${entry.text()}`);
        }
    });
    page.on("dialog", (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    page.on("request", (request) => {
        const { origin: asked, pathname } = new URL(request.url());
        requests.push(pathname);
        if (asked !== origin) {
            problems.push(`request to ${request.url()}`);
        }
    });
    await page.exposeFunction("reportViolation", (/** @type {string} */ violation) =>
        problems.push(`content security policy: ${violation}`),
    );
    await page.addInitScript(() => {
        addEventListener("securitypolicyviolation", (event) => {
            // @ts-expect-error The function is exposed above.
            globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
        });
    });
}

/**
 * @param {string} name
 * @returns {string}
 */
export function picture(name) {
    return path.join(PICTURES, `${name}.png`);
}
