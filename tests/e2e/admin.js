// @ts-check
// A server with its own database, people who are signed in to its dashboard, and pages that fail a test if
// anything goes wrong in them.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { access, mkdir, rm } from "node:fs/promises";
import https from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { promisify } from "node:util";

import { PICTURES, takePictureOfFailure } from "./browser.js";
import { launch } from "./chromium.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").BrowserContextOptions} ContextOptions */
/** @typedef {"admin" | "analyst" | "viewer"} Role */

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";
const ASSETS = "dist/www";

export const PASSWORD = "a sentence to remember";

/**
 * The values that a server prints at its first start.
 *
 * @typedef {{ process: import("node:child_process").ChildProcess, origin: string, setupLink: string, token: string }} Started
 */

/**
 * Starts a server and a browser before a file's tests and stops them after.
 *
 * @param {{ demo?: boolean, people?: boolean, options?: () => string[], sites?: import("./chromium.js").Sites }} [how] with
 *     made-up events; with an administrator `ann`, an analyst `bob` and a viewer `eve`; with further options of `milguard serve`;
 *     in which browser
 */
// eslint-disable-next-line max-lines-per-function -- what the tests of a file share: one server, one browser and who is signed in
export function adminTests({ demo = false, people = true, options: further = () => [], sites = "one site" } = {}) {
    /** @type {Started} */
    let server;
    /** @type {import("playwright-core").Browser} */
    let browser;
    const state = mkdtempSync(path.join(tmpdir(), "milguard-"));
    /** @type {Map<Role, Awaited<ReturnType<import("playwright-core").BrowserContext["storageState"]>>>} */
    const signedIn = new Map();

    before(async () => {
        for (const file of [PROGRAM, `${ASSETS}/admin/frame.css`]) {
            await access(file).catch(() => assert.fail(`${file} is missing: run make build`));
        }
        await mkdir(PICTURES, { recursive: true });
        server = await start(state, further());
        browser = await launch(sites);
        if (people) {
            await meet();
        }
        if (demo) {
            await promisify(execFile)(PROGRAM, ["demo-data", "--state", state]);
        }
    });
    after(async () => {
        await browser?.close();
        if (server) {
            server.process.kill("SIGINT");
            const [status] = await once(server.process, "exit");
            assert.equal(status, 0, "the server stops cleanly");
        }
        await rm(state, { recursive: true, force: true });
    });

    /** Sets the dashboard up, adds two people, and keeps the cookies of all three. */
    async function meet() {
        await open(
            async (page) => {
                await setUp(page);
                for (const [name, role] of [
                    ["bob", "analyst"],
                    ["eve", "viewer"],
                ]) {
                    await page.goto(`${server.origin}/admin/users`);
                    const form = page.locator("form", { hasText: "Add a user" });
                    await form.getByLabel("User name").fill(name ?? "");
                    await form.getByLabel(role ?? "", { exact: false }).check();
                    await form.getByLabel("Password", { exact: true }).fill(PASSWORD);
                    await form.getByLabel("Repeat the password").fill(PASSWORD);
                    await form.getByRole("button").click();
                    await page.getByText("User created.").waitFor();
                }
                signedIn.set("admin", await page.context().storageState());
            },
            { path: new URL(server.setupLink).pathname },
        );
        for (const [name, role] of /** @type {[string, Role][]} */ ([
            ["bob", "analyst"],
            ["eve", "viewer"],
        ])) {
            await open(
                async (page) => {
                    await signIn(page, name);
                    signedIn.set(role, await page.context().storageState());
                },
                { path: "/admin/sign-in" },
            );
        }
    }

    /**
     * Opens a page, passes it to `use`, and then fails if the page has logged an error, violated its content
     * security policy or requested anything elsewhere.
     *
     * @param {(page: Page, problems: string[]) => Promise<void>} use
     * @param {{ path?: string, as?: Role, options?: ContextOptions }} [how]
     */
    async function open(use, { path: where = "/admin", as, options = {} } = {}) {
        const storageState = as && signedIn.get(as);
        const context = await browser.newContext({
            locale: "en-US",
            ignoreHTTPSErrors: true,
            ...(storageState ? { storageState } : {}),
            ...options,
        });
        try {
            const page = await context.newPage();
            page.setDefaultTimeout(60_000);
            /** @type {string[]} */
            const problems = [];
            await watch(page, problems, server.origin);
            await page.goto(server.origin + where);
            await use(page, problems);
            assert.deepEqual(problems, []);
        } catch (error) {
            await takePictureOfFailure(context);
            throw error;
        } finally {
            await context.close();
        }
    }

    return { open, server: () => server };
}

/** @param {Page} page that shows the set-up link */
export async function setUp(page) {
    await page.getByLabel("User name").fill("ann");
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByLabel("Repeat the password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/**
 * @param {Page} page that shows the form
 * @param {string} name
 * @param {string} password
 */
export async function signIn(page, name, password = PASSWORD) {
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
}

/**
 * Sends a request as an add-in or a program does.
 *
 * @param {string} url
 * @param {{ method?: string, token?: string, body?: unknown }} [how]
 * @returns {Promise<{ status: number, text: string }>}
 */
export function send(url, { method = "GET", token, body } = {}) {
    return new Promise((resolve, reject) => {
        const headers = {
            ...(token ? { Authorization: `Bearer ${token}` } : {}),
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        };
        // The certificate is the server's own.
        const request = https.request(url, { method, headers, rejectUnauthorized: false }, (response) => {
            response.setEncoding("utf8");
            let text = "";
            response.on("data", (chunk) => {
                text += chunk;
            });
            response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        });
        request.on("error", reject);
        request.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/**
 * @param {string} state
 * @param {string[]} further
 * @returns {Promise<Started>}
 */
async function start(state, further) {
    const options = ["--listen", "127.0.0.1:0", "--assets", ASSETS, "--state", state, "--resolver", "off"];
    const server = spawn(PROGRAM, ["serve", ...options, ...further], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    // Reading continues, so that the server never waits for its log.
    server.stderr.on("data", (chunk) => {
        said += chunk;
    });
    for (let waited = 0; waited < 60_000 && server.exitCode === null; waited += 50) {
        const setupLink = /(https:\/\/\S+\/admin\/setup\/\S+)/.exec(said)?.[1];
        const token = /token (mg_enrol_\w+)/.exec(said)?.[1];
        if (setupLink && token) {
            return { process: server, origin: new URL(setupLink).origin, setupLink, token };
        }
        await new Promise((resolve) => {
            setTimeout(resolve, 50);
        });
    }
    server.kill("SIGKILL");
    assert.fail(`the server did not start: ${said}`);
}

/**
 * @param {Page} page
 * @param {string[]} problems
 * @param {string} origin
 */
async function watch(page, problems, origin) {
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
        if (new URL(request.url()).origin !== origin) {
            problems.push(`request to ${request.url()}`);
        }
    });
}
