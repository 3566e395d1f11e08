// @ts-check
// axe-core over every page of the dashboard, on screens of several kinds.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adminTests } from "./admin.js";
import { assertAccessible } from "./axe.js";
import { takePicture } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */

const { open } = adminTests({ demo: true });

const WIDE = { width: 1280, height: 900 };
const PHONE = { width: 320, height: 640 };

/** @type {Record<string, import("playwright-core").BrowserContextOptions>} */
const DEVICES = {
    light: { viewport: WIDE, colorScheme: "light" },
    dark: { viewport: WIDE, colorScheme: "dark" },
    phone: { viewport: PHONE, colorScheme: "light", hasTouch: true },
    // Zoom by 200 % halves the width that the page is given.
    zoom: { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
    contrast: { viewport: WIDE, forcedColors: "active" },
};

const GROUP = "demo-data-head-office";

/** @type {Record<string, { path: string, enter?: (page: Page) => Promise<unknown> }>} */
const PAGES = {
    overview: { path: "/admin?days=90", enter: (page) => page.waitForSelector(".chart .column") },
    "overview-days": { path: "/admin?from=2026-01-01&to=2026-01-03" },
    "overview-wrong": { path: "/admin?from=2026-01-03&to=2026-01-01" },
    table: { path: "/admin", enter: (page) => page.click("summary:text-is('As a table (times in UTC)')") },
    events: { path: "/admin/events" },
    "events-search": { path: "/admin/events?q=army&action=corrected&sort=oldest" },
    "events-hours": { path: "/admin/events?from=2026-01-01T10:00&to=2026-01-01" },
    "events-none": { path: "/admin/events?domain=nothing.example" },
    event: { path: `/admin/events?group=${GROUP}&action=sent-anyway`, enter: (page) => page.click("tbody a") },
    domains: { path: "/admin/domains" },
    "domains-sorted": { path: "/admin/domains?q=.ml&sort=flagged&group=demo-data" },
    domain: { path: "/admin/domains/army.ml" },
    "domain-denied": {
        path: "/admin/domains/army.ml",
        enter: async (page) => {
            await page.getByRole("button", { name: "Deny…" }).click();
            await page.getByText("army.ml was added to the list Deny").waitFor();
        },
    },
    policies: { path: "/admin/policy" },
    policy: { path: `/admin/policy/${GROUP}` },
    edit: { path: `/admin/policy/${GROUP}/edit` },
    "edit-wrong": {
        path: `/admin/policy/${GROUP}/edit`,
        enter: async (page) => {
            await page.getByLabel("Seconds before").fill("600");
            await page.getByLabel("Deny, one a line").fill("fine.example\nnot a domain");
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByText("The server published nothing").waitFor();
        },
    },
    "json-wrong": {
        path: `/admin/policy/${GROUP}/edit?as=json`,
        enter: async (page) => {
            await page.getByLabel("The policy as JSON").fill('{\n  "mode": "enforce",\n  "countdown": 600\n}');
            await page.getByRole("button", { name: "Review change" }).click();
            await page.locator(".line.wrong").waitFor();
        },
    },
    review: {
        path: `/admin/policy/${GROUP}/edit`,
        enter: async (page) => {
            await page.getByLabel("Deny, one a line").fill("*.ml");
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByLabel("Recipients, one a line").fill("bob@army.ml\nann@navy.mil\nsam@example.com");
            await page.getByRole("button", { name: "Try again" }).click();
            await page.locator("#dry-run-list").waitFor();
        },
    },
    history: { path: `/admin/policy/${GROUP}/history` },
    version: { path: `/admin/policy/${GROUP}/history/1` },
    groups: { path: "/admin/groups" },
    group: { path: "/admin/groups/default" },
    deploy: { path: "/admin/deployments" },
    users: { path: "/admin/users", enter: (page) => page.locator("td summary").first().click() },
    invited: {
        path: "/admin/users",
        enter: async (page) => {
            const form = page.locator("form", { hasText: "Invite a user" });
            await form.getByLabel("User name").fill(`guest${Date.now()}`);
            await form.getByRole("button", { name: "Invite" }).click();
            await page.locator("#handed").waitFor();
        },
    },
    tokens: { path: "/admin/tokens" },
    audit: { path: "/admin/audit" },
    report: { path: "/admin/report" },
    alerts: { path: "/admin/alerts" },
    exports: { path: "/admin/exports" },
    system: { path: "/admin/system" },
    help: { path: "/admin/help" },
    account: { path: "/admin/account" },
    "not-found": { path: "/admin/nothing" },
    "not-found-public": { path: "/nothing" },
    missing: { path: "/admin/policy/nothing" },
};

for (const [device, options] of Object.entries(DEVICES)) {
    test(`axe finds no fault on any page: ${device}`, async () => {
        await open(
            async (page, problems) => {
                for (const [name, { path: where, enter }] of Object.entries(PAGES)) {
                    await page.goto(new URL(where, page.url()).href);
                    await enter?.(page);
                    await assertAccessible(page, `admin-${device}-${name}`);
                }
                expectRefusals(problems);
            },
            { as: "admin", options },
        );
    });
}

test("axe finds no fault on the pages before sign-in", async () => {
    for (const [device, options] of Object.entries(DEVICES)) {
        await open((page) => assertAccessible(page, `admin-${device}-sign-in`), { path: "/admin/sign-in", options });
        await open((page) => assertAccessible(page, `admin-${device}-forgot`), { path: "/admin/forgot", options });
        await open(
            async (page, problems) => {
                await assertAccessible(page, `admin-${device}-setup-used`);
                expectRefusals(problems);
            },
            { path: "/admin/setup/none", options },
        );
    }
});

test("axe finds no fault where one-time codes are turned on", async () => {
    await open(
        async (page) => {
            await page.locator("form", { hasText: "Turn on" }).getByLabel("Current password").fill("a sentence to remember");
            await page.getByRole("button", { name: "Turn on" }).click();
            await page.getByLabel("Secret", { exact: true }).waitFor();
            await assertAccessible(page, "admin-light-second-factor");
        },
        { path: "/admin/account", as: "viewer" },
    );
});

test("nothing on a page moves, and every control is large enough for a finger", async () => {
    await open(
        async (page, problems) => {
            for (const { path: where } of Object.values(PAGES)) {
                await page.goto(new URL(where, page.url()).href);
                const found = await page.evaluate(() => {
                    const moving = [...document.querySelectorAll("*")].filter((element) => {
                        const { transitionDuration, animationName } = getComputedStyle(element);
                        return transitionDuration !== "0s" || animationName !== "none";
                    });
                    const small = [...document.querySelectorAll("button, select, summary, input, textarea")].filter((control) => {
                        const { width, height } = control.getBoundingClientRect();
                        const shown = control.getClientRects().length > 0;
                        // A click on the label of a checkbox counts too, so its size does not matter.
                        return shown && !control.closest("label.option") && (width < 24 || height < 24);
                    });
                    return [...moving, ...small].map((element) => element.outerHTML.slice(0, 100));
                });
                assert.deepEqual(found, [], where);
            }
            expectRefusals(problems);
        },
        { as: "admin", options: { reducedMotion: "reduce", viewport: PHONE } },
    );
});

test("a page on paper has its content and no controls", async () => {
    await open(
        async (page) => {
            await page.emulateMedia({ media: "print" });
            assert.equal(await page.locator("nav.menu").isVisible(), false);
            assert.equal(await page.locator(".tiles").isVisible(), true);
            await takePicture(page, "admin-print-overview", { fullPage: true });
        },
        { as: "admin" },
    );
});

// scripts/take-pictures copies these pictures into docs/images.
test("takes the pictures for docs/dashboard.md", async () => {
    await open(
        async (page) => {
            await page.goto(new URL("/admin?days=90", page.url()).href);
            await PAGES.overview?.enter?.(page);
            await takePicture(page, "admin-docs-overview");
            await page.goto(new URL(`/admin/policy/${GROUP}`, page.url()).href);
            await takePicture(page, "admin-docs-policy");
        },
        { as: "admin", options: { viewport: { width: 1280, height: 1040 } } },
    );
});

/**
 * Removes the messages in which the browser reports refused requests (status 4xx) on its console.
 *
 * @param {string[]} problems
 */
function expectRefusals(problems) {
    const refusals = problems.filter((problem) => /status of 4\d\d/.test(problem));
    problems.splice(0, problems.length, ...problems.filter((problem) => !refusals.includes(problem)));
}
