// @ts-check
// The dashboard as people use it: set up, sign in, watch, change the policy and go back, export, roles.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { PASSWORD, adminTests, send, setUp, signIn } from "./admin.js";

/** @typedef {import("playwright-core").Page} Page */

const MARKUP = '"><img src=x onerror="document.title=1"><script>document.title=2</script>';

/** With this policy, clients report addresses and justifications. */
const REPORTING = '{ "reporting": "address", "override": { "warn": "justification" } }';

const fresh = adminTests({ people: false });
const { open, server } = adminTests();

/** @param {Record<string, unknown>} [members] */
function event(members = {}) {
    return {
        id: randomUUID(),
        message: randomUUID(),
        time: new Date().toISOString(),
        host: "thunderbird",
        clientVersion: "1.2.3",
        policy: { id: "default", version: 1 },
        action: "fixed",
        severity: "warn",
        reasons: ["suffix-typo"],
        ...members,
    };
}

/** @type {string | undefined} */
let key;

/** The key of a client, which enrols at the first call. */
async function clientKey() {
    const { origin, token } = server();
    const body = { host: "thunderbird", clientVersion: "1.2.3" };
    key ??= String(JSON.parse((await send(`${origin}/v1/enrol`, { method: "POST", token, body })).text).key);
    return key;
}

/** @param {ReturnType<typeof event>[]} events */
async function report(...events) {
    const { origin } = server();
    const answer = await send(`${origin}/v1/events`, { method: "POST", token: await clientKey(), body: { events } });
    assert.equal(answer.status, 200, answer.text);
}

/**
 * Publishes a layer for the group `default`, through the editor.
 *
 * @param {Page} page
 * @param {string} document
 * @param {string} comment
 */
async function publish(page, document, comment) {
    await page.goto(`${server().origin}/admin/policy/default/edit?as=json`);
    await page.getByLabel("The policy as JSON").fill(document);
    await page.getByRole("button", { name: "Review change" }).click();
    await page.getByLabel("Reason for the change (for the history)").fill(comment);
    await page.getByRole("button", { name: /^Publish/ }).click();
    await page.getByText("Policy published").waitFor();
}

/**
 * Waits until the server hands out the policy by which clients report addresses. After a change that takes seconds.
 */
async function addressesAreReported() {
    const { origin } = server();
    const token = await clientKey();
    for (let tries = 0; tries < 100; tries += 1) {
        const { text } = await send(`${origin}/v1/policy`, { token });
        if (JSON.parse(text).reporting === "address") {
            return;
        }
        await new Promise((resolve) => {
            setTimeout(resolve, 100);
        });
    }
    assert.fail("the policy did not come into force");
}

test("the set-up link makes the first administrator, once", async () => {
    const link = () => new URL(fresh.server().setupLink).pathname;
    await fresh.open(
        async (page, problems) => {
            await setUp(page);
            await page.getByText("You are the first administrator").waitFor();
            await page.getByRole("heading", { name: "No reports yet" }).waitFor();
            await page.getByRole("button", { name: "Sign out" }).click();
            await page.getByText("You are signed out").waitFor();
            await signIn(page, "ann", "not the password");
            await page.getByRole("alert").waitFor();
            await signIn(page, "ann");
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            // The browser reports the refused password on its console.
            assert.match(problems.splice(0).join(), /status of 401/);
        },
        { path: link() },
    );
    await fresh.open(
        async (page, problems) => {
            await page.getByRole("heading", { name: "This link is no longer valid" }).waitFor();
            problems.length = 0;
        },
        { path: link() },
    );
});

test("an administrator tries a policy, publishes it and restores the previous one", async () => {
    await open(
        async (page) => {
            await publish(page, REPORTING, "To begin with");
            await addressesAreReported();
            await report(event({ domain: "army.ml", address: "bob@army.ml" }));

            await page.goto(`${server().origin}/admin/policy/default`);
            await page.getByRole("link", { name: "Edit policy" }).click();
            await page.getByLabel("Deny, one a line").fill("army.ml\npartner.example");
            await page.getByRole("button", { name: "Review change" }).click();
            assert.match((await page.locator("#dry-run-events").textContent()) ?? "", /treated 1 of 1 flagged recipients differently/);
            await page.getByLabel("Recipients, one a line").fill("sam@partner.example\nann@navy.mil");
            await page.getByRole("button", { name: "Try again" }).click();
            assert.match((await page.locator("#dry-run-list").textContent()) ?? "", /treat 1 of 2 recipients differently/);
            await page.getByLabel("Reason for the change (for the history)").fill("Stop army.ml");
            await page.getByRole("button", { name: /^Publish/ }).click();
            await page.getByText("Policy published").waitFor();
            await page.getByText("Mail is blocked to army.ml").waitFor();

            await page.getByRole("link", { name: "History" }).click();
            await page.getByRole("link", { name: "Version 1" }).click();
            await page.getByRole("button", { name: "Restore version 1…" }).click();
            assert.equal(await page.getByLabel("Reason for the change (for the history)").inputValue(), "Back to version 1");
            await page.getByRole("button", { name: /^Publish/ }).click();
            await page.getByText("Policy published").waitFor();
            await page.waitForLoadState();
            assert.equal(await page.getByText("Mail is blocked to army.ml").count(), 0);
        },
        { path: "/admin/policy", as: "admin" },
    );
});

test("an event that is reported appears on the dashboard and in an export", async () => {
    await report(
        event({ domain: "navy.mi", address: "eve@navy.mi", action: "sent-anyway", justification: "=1+1" }),
        event({ domain: "navy.mi", address: "sam@navy.mi", action: "cancelled", reasons: ["confusable"] }),
    );
    await open(
        async (page) => {
            await page.getByRole("link", { name: "navy.mi" }).first().waitFor();
            await page.waitForSelector(".chart .column");
            await page.getByRole("link", { name: "Events", exact: true }).click();
            await page.getByLabel("Recipient").fill("NAVY");
            await page.getByRole("button", { name: "Search" }).click();
            await page.waitForURL(/q=NAVY/);
            assert.equal(await page.locator("tbody tr").count(), 2);
            await page.getByText("2 events", { exact: true }).waitFor();
            const [download] = await Promise.all([
                page.waitForEvent("download"),
                page.getByRole("link", { name: "CSV" }).click(),
            ]);
            const csv = await readFile(await download.path(), "utf8");
            assert.equal(csv.trim().split("\r\n").length, 3);
            assert.match(csv, /,'=1\+1,[\da-f-]{36},\r\n/);
        },
        { as: "analyst" },
    );
});

test("text that others wrote appears as text on every page", async () => {
    await open(
        async (page) => {
            // The test before has published the same policy, and publishing the policy in force makes no
            // version.
            await publish(page, REPORTING.replace("{", '{ "countdown": 1,'), MARKUP);
            await addressesAreReported();
            await report(event({ domain: "army.ml", address: "bob@army.ml", justification: MARKUP, action: "sent-anyway" }));
            await page.goto(`${server().origin}/admin/groups`);
            await page.getByLabel("Name").fill(MARKUP);
            await page.getByLabel("Id").fill("hostile");
            await page.getByRole("button", { name: "Create group" }).click();
            await page.getByText("Group created").waitFor();
            await page.getByLabel("Used for").fill(MARKUP);
            await page.getByRole("button", { name: "Create token" }).click();
            await page.getByText("shows it only once").waitFor();
            await page.goto(`${server().origin}/admin/tokens`);
            await page.getByLabel("Name").fill(MARKUP);
            await page.getByLabel("events:read").check();
            await page.getByRole("button", { name: "Create token" }).click();
            await page.getByText("shows it only once").waitFor();
            for (const where of [
                "",
                "/events",
                "/events?action=sent-anyway",
                "/policy",
                "/policy/default",
                "/policy/default/history",
                "/policy/default/history/1",
                "/groups",
                "/groups/hostile",
                "/deployments?group=hostile",
                "/policy/hostile/edit",
                "/tokens",
                "/audit",
                `/events?domain=${encodeURIComponent(MARKUP)}`,
                `/audit?actor=${encodeURIComponent(MARKUP)}`,
                `/events?q=${encodeURIComponent(MARKUP)}`,
                `/domains?q=${encodeURIComponent(MARKUP)}`,
            ]) {
                await page.goto(`${server().origin}/admin${where}`);
                const made = await page.locator("main img:not([src='/shared/milguard.svg']), main script, main [onerror]").count();
                assert.equal(made, 0, where);
                assert.match(await page.title(), /Milguard$/, where);
            }
            await page.goto(`${server().origin}/admin/events?action=sent-anyway`);
            await page.locator("tbody a").first().click();
            await page.getByText(MARKUP).first().waitFor();
        },
        { as: "admin" },
    );
});

test("each role sees its own pages", async () => {
    const menu = (/** @type {Page} */ page) => page.locator("nav.menu a").allTextContents();
    await open(
        async (page, problems) => {
            assert.deepEqual(await menu(page), ["Overview", "Domains", "Report", "Policies", "Deployments", "Clients", "Groups and enrolment", "Help"]);
            await page.goto(`${server().origin}/admin/events`);
            await page.getByText("You need the analyst role").waitFor();
            problems.length = 0;
        },
        { as: "viewer" },
    );
    await open(
        async (page) => {
            assert.equal((await menu(page)).length, 10);
            await page.goto(`${server().origin}/admin/policy/default/edit`);
            await page.locator("[name=countdown]").fill("9");
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByText("Only an administrator can publish this change").waitFor();
            await page.waitForLoadState();
            assert.equal(await page.getByRole("button", { name: /^Publish/ }).count(), 0);
        },
        { as: "analyst" },
    );
});

test("an invited user sets a password by the link, and works only in their group", async () => {
    let link = "";
    await open(
        async (page) => {
            const form = page.locator("form", { hasText: "Invite a user" });
            await form.getByLabel("User name").fill("gus");
            await form.getByRole("radio", { name: /^admin/ }).check();
            await form.getByLabel("The role is for").selectOption("default");
            await form.getByRole("button", { name: "Invite" }).click();
            link = await page.getByLabel("The link").inputValue();
        },
        { path: "/admin/users", as: "admin" },
    );
    await open(
        async (page) => {
            await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
            await page.getByLabel("Repeat the password").fill(PASSWORD);
            await page.getByRole("button", { name: "Set password" }).click();
            await page.getByText("Password set. Sign in with it.").waitFor();
            await signIn(page, "gus", PASSWORD);
            await page.getByText("admin for Everyone").waitFor();
            const menu = await page.locator("nav.menu a").allTextContents();
            assert.deepEqual(menu, ["Overview", "Events", "Policies", "Deployments", "Clients", "Help"]);
            await page.getByRole("link", { name: "Policies" }).click();
            assert.deepEqual(await page.locator("tbody th").allTextContents(), ["Everyone"]);
        },
        { path: new URL(link).pathname },
    );
});

// This test signs the administrator out.
test("everything works without JavaScript", async () => {
    await open(
        async (page) => {
            await page.locator(".chart svg rect").first().waitFor();
            await page.getByText("As a table").click();
            await page.locator("#chart-table tbody tr").first().waitFor();
            await page.getByLabel("Time").selectOption("7");
            await page.getByRole("button", { name: "Show" }).click();
            await page.getByRole("heading", { name: "over 7 days" }).waitFor();
            await publish(page, '{ "reporting": "address", "countdown": 3 }', "Without JavaScript");
            await page.getByRole("link", { name: "Users" }).click();
            await page.getByRole("button", { name: "Sign out" }).click();
            await page.getByText("You are signed out").waitFor();
            await signIn(page, "ann", PASSWORD);
            await page.getByRole("heading", { name: "Overview" }).waitFor();
        },
        { as: "admin", options: { javaScriptEnabled: false } },
    );
});

test("the keyboard reaches everything, the content first", async () => {
    await open(
        async (page) => {
            await page.keyboard.press("Tab");
            assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
            await page.keyboard.press("Enter");
            // Following a link within a page is a navigation as well.
            await page.waitForFunction(() => document.activeElement?.id === "main");
            await page.keyboard.press("Tab");
            assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "days");
        },
        { as: "viewer" },
    );
});
