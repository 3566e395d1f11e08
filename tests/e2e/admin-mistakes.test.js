// @ts-check
// Administrators who are careless: a session that ends while they write a policy, a web address in place of a domain.
// What they have written stays, and each page says what to do next.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adminTests, signIn } from "./admin.js";
import { assertAccessible } from "./axe.js";

const { open, server } = adminTests();

const PHONE = { width: 390, height: 844 };

/**
 * Removes the messages in which the browser reports refused requests (status 4xx) on its console.
 *
 * @param {string[]} problems
 */
function expectRefusals(problems) {
    problems.splice(0, problems.length, ...problems.filter((problem) => !/status of 4\d\d/.test(problem)));
}

test("a policy that somebody wrote while their session ended is not lost", async () => {
    await open(
        async (page, problems) => {
            // Ann signs in anew, because this test ends her session.
            await signIn(page, "ann");
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            await page.goto(`${server().origin}/admin/policy/default/edit`);
            await page.getByLabel("Deny, one a line").fill("evil.example");
            const other = await page.context().newPage();
            await other.goto(`${server().origin}/admin`);
            await other.getByRole("button", { name: "Sign out" }).click();
            await other.getByText("You are signed out").waitFor();
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByRole("heading", { name: "You are signed out" }).waitFor();
            await assertAccessible(page, "signed-out-while-writing");

            const opened = page.waitForEvent("popup");
            await page.getByRole("link", { name: "Sign in (opens a tab)" }).click();
            const tab = await opened;
            await signIn(tab, "ann");
            await tab.getByRole("heading", { name: "Overview" }).waitFor();
            await page.reload();
            await page.getByRole("heading", { name: "Continue with this policy?" }).waitFor();
            await assertAccessible(page, "signed-in-while-writing");
            await page.getByRole("button", { name: "Continue" }).click();
            await page.getByRole("heading", { name: "Review the policy of Everyone" }).waitFor();
            await page.getByText("evil.example").first().waitFor();
            await page.getByRole("button", { name: "Back to the editor" }).click();
            assert.equal(await page.getByLabel("Deny, one a line").inputValue(), "evil.example");
            expectRefusals(problems);
        },
        { path: "/admin/sign-in", options: { viewport: PHONE } },
    );
});

test("a web address in place of a domain stays in its field, and the page says what to write", async () => {
    await open(
        async (page, problems) => {
            const field = page.getByLabel("Protected domains, one a line");
            await field.fill("https://www.ourcompany.com/contact");
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByText("did you mean ourcompany.com?").waitFor();
            assert.equal(await field.inputValue(), "https://www.ourcompany.com/contact");
            await assertAccessible(page, "policy-web-address");
            await field.fill("ourcompany.com");
            await page.getByRole("button", { name: "Review change" }).click();
            await page.getByRole("heading", { name: "Review the policy of Everyone" }).waitFor();
            expectRefusals(problems);
        },
        { as: "admin", path: "/admin/policy/default/edit", options: { viewport: PHONE, colorScheme: "dark" } },
    );
});

test("an address that accepts only forms leads to the dashboard", async () => {
    await open(
        async (page, problems) => {
            await page.getByRole("heading", { name: "There is no page here" }).waitFor();
            await page.getByRole("link", { name: "Dashboard" }).click();
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            expectRefusals(problems);
        },
        { as: "admin", path: "/admin/policy/default/review" },
    );
});

test("a second deployment gets a name that differs from the first", async () => {
    await open(
        async (page) => {
            await page.getByLabel("Used for").fill("Head office");
            await page.getByRole("button", { name: "Create deployment" }).click();
            await page.getByRole("heading", { name: "Head office", exact: true }).waitFor();
            await assertAccessible(page, "deployment-to-rotate");
            await page.getByRole("button", { name: "Create a second deployment" }).click();
            await page.getByRole("heading", { name: "Head office 2" }).waitFor();
        },
        { as: "admin", path: "/admin/deployments", options: { viewport: PHONE } },
    );
});
