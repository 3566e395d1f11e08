// @ts-check
// Signing in at a provider as people do: through its pages, in a browser that sends strict cookies only within their
// site. The provider is on 127.0.0.1 and the dashboard on localhost, which are two sites.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { PASSWORD, adminTests } from "./admin.js";
import { assertAccessible } from "./axe.js";
import { CLIENT, SECRET, startProvider } from "./provider.js";

/** @typedef {import("playwright-core").Page} Page */

// Milguard's server needs the provider's address when it starts.
const provider = await startProvider();
const { open, server } = adminTests({
    sites: "several sites",
    options: () => [
        ...["--oidc-issuer", provider.issuer, "--oidc-client-id", CLIENT, "--oidc-client-secret", SECRET],
        ...["--oidc-name", "the test provider", "--oidc-scopes", "openid,profile,groups"],
        ...["--admin-groups", "mail-admins", "--viewer-groups", "staff"],
        ...["--group-roles", "navy-admins=admin:navy"],
    ],
});
after(() => provider.stop());

/**
 * Opens the sign-in page, and expects requests to the provider.
 *
 * @param {(page: Page) => Promise<void>} use
 * @param {{ options?: import("playwright-core").BrowserContextOptions, refusals?: boolean }} [how] with pages whose
 *     status is 403, which the browser reports on its console
 */
async function visit(use, { options = {}, refusals = false } = {}) {
    provider.begin(server().origin);
    await open(
        async (page, problems) => {
            // The provider's pages load a font from elsewhere.
            await page.route("https://fonts.googleapis.com/**", (route) =>
                route.fulfill({ contentType: "text/css", body: "" }),
            );
            await use(page);
            const isExpected = (/** @type {string} */ problem) =>
                problem.startsWith(`request to ${provider.issuer}/`) ||
                problem.startsWith("request to https://fonts.googleapis.com/") ||
                // The message is about the provider's password field.
                problem.includes("Input elements should have autocomplete attributes") ||
                (refusals && /status of 403/.test(problem));
            problems.splice(0, problems.length, ...problems.filter((problem) => !isExpected(problem)));
        },
        { path: "/admin/sign-in", options },
    );
}

/**
 * Signs in on the provider's pages.
 *
 * @param {Page} page
 * @param {string} name
 */
async function atProvider(page, name) {
    await page.getByPlaceholder("Enter any login").fill(name);
    await page.getByPlaceholder("and password").fill("any");
    await page.getByRole("button", { name: "Sign-in" }).click();
}

/**
 * @param {Page} page that shows the sign-in page
 * @param {string} name
 */
async function signIn(page, name) {
    await page.getByRole("link", { name: "Sign in with the test provider" }).click();
    await atProvider(page, name);
    await page.getByRole("button", { name: "Continue" }).click();
}

/** @param {Page} page */
async function signOut(page) {
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("button", { name: "Yes, sign me out" }).click();
    await page.getByText("You are signed out").waitFor();
    assert.equal(new URL(page.url()).origin, server().origin);
}

test("a person signs in at the provider, and signs out there as well", async () => {
    await visit(async (page) => {
        await assertAccessible(page, "sign-in-provider");
        await signIn(page, "sam");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.getByRole("link", { name: "sam" }).click();
        await page.getByText("sam, viewer").waitFor();
        await signOut(page);
        // The provider has ended its session, too.
        await page.getByRole("link", { name: "Sign in with the test provider" }).click();
        await page.getByPlaceholder("Enter any login").waitFor();
    });
});

test("people can still sign in after the provider has changed its key", async () => {
    await visit(async (page) => {
        await signIn(page, "sam");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await signOut(page);
        provider.serve(server().origin);
        await signIn(page, "sam");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
    });
});

test("the page that a person wanted opens after sign-in, without any script", async () => {
    await visit(
        async (page) => {
            await page.goto(`${server().origin}/admin/policy`);
            await signIn(page, "sam");
            await page.getByRole("heading", { name: "Policies" }).waitFor();
            await signOut(page);
        },
        { options: { javaScriptEnabled: false } },
    );
});

test("the server tells a person without a role why there is no page for them", async () => {
    await visit(
        async (page) => {
            await signIn(page, "nobody");
            await page.getByRole("heading", { name: "You have no role on this server" }).waitFor();
            await page.getByText("as nobody").waitFor();
        },
        { refusals: true },
    );
});

test("a group at the provider gives a role for one group of the server", async () => {
    await visit(
        async (page) => {
            await signIn(page, "nora");
            await page.getByRole("heading", { name: "The group of your role does not exist" }).waitFor();
            await page.getByText("for the group navy").waitFor();
        },
        { refusals: true },
    );
    await visit(async (page) => {
        await signIn(page, "olga");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.goto(`${server().origin}/admin/groups`);
        const form = page.locator("form", { hasText: "Create a group" });
        await form.getByLabel("Name").fill("The Navy");
        await form.getByLabel("Id").fill("navy");
        await form.getByRole("button").click();
        await page.getByText("Group created.").waitFor();
    });
    await visit(async (page) => {
        await signIn(page, "nora");
        await page.getByRole("heading", { name: "Overview" }).waitFor();
        await page.getByText("admin for The Navy").first().waitFor();
        assert.equal(await page.getByRole("link", { name: "Users" }).count(), 0);
        await assertAccessible(page, "overview-of-a-group");
        await signOut(page);
    });
});

test("an administrator signs in again in another tab before a change, and continues", async () => {
    await visit(
        async (page) => {
            await signIn(page, "olga");
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            await page.goto(`${server().origin}/admin/users`);
            const form = page.locator("form", { hasText: "Add a user" });
            await form.getByLabel("User name").fill("carol");
            await form.getByLabel("Password", { exact: true }).fill(PASSWORD);
            await form.getByLabel("Repeat the password").fill(PASSWORD);
            await form.getByRole("button").click();
            await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
            const opens = page.context().waitForEvent("page");
            await page.getByRole("link", { name: /^Sign in again with the test provider/ }).click();
            const tab = await opens;
            await tab.route("https://fonts.googleapis.com/**", (route) => route.fulfill({ body: "" }));
            await atProvider(tab, "olga");
            await tab.getByRole("heading", { name: "Confirmed" }).waitFor();
            await tab.close();
            await page.getByRole("button", { name: "Continue" }).click();
            await page.getByText("User created.").waitFor();
        },
        { refusals: true },
    );
});
