// @ts-check
// Searching on the dashboard: numbers and columns that lead to their events, times of the browser, domains that are
// added to the policy, and tables on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";

import { adminTests } from "./admin.js";

/** @typedef {import("playwright-core").Page} Page */

const { open, server } = adminTests({ demo: true });

const PHONE = { width: 390, height: 844 };

/** @param {Page} page */
const hits = async (page) => Number(((await page.locator("#hits").textContent()) ?? "").replace(/\D/g, ""));

test("each column of a chart shows its number over its whole area, and leads to its events", async () => {
    await open(
        async (page) => {
            await page.waitForSelector(".chart .column");
            const labels = await page.locator("#chart-table tbody th").allTextContents();
            const columns = page.locator(".chart .column");
            assert.equal(await columns.count(), labels.length);
            const tip = page.locator(".chart-tip");
            await page.locator(".chart svg").scrollIntoViewIfNeeded();
            for (const index of [0, 1, Math.floor(labels.length / 2), labels.length - 1]) {
                const box = await columns.nth(index).locator(".whole").boundingBox();
                assert.ok(box);
                for (const [across, down] of [
                    [0.02, 0.02],
                    [0.5, 0.5],
                    [0.75, 0.02],
                    [0.98, 0.98],
                ]) {
                    await page.mouse.move(box.x + box.width * (across ?? 0), box.y + box.height * (down ?? 0));
                    assert.match((await tip.textContent()) ?? "", new RegExp(`^${labels[index]}: Corrected \\d`), `${index} ${across}`);
                }
            }
            await page.mouse.move(0, 0);
            assert.equal(await tip.textContent(), "Each column leads to its events.");
            const row = page.locator("#chart-table tbody tr").nth(labels.length - 2);
            const total = Number(((await row.locator("td").last().textContent()) ?? "").replace(/\D/g, ""));
            await columns.nth(labels.length - 2).click({ position: { x: 2, y: 4 } });
            await page.waitForURL(new RegExp(`from=${labels[labels.length - 2]}&to=${labels[labels.length - 2]}`));
            assert.ok(total === 0 || (await hits(page)) === total);
        },
        { path: "/admin?days=30", as: "analyst" },
    );
});

test("a number on a page links to that many events", async () => {
    for (const days of ["days=1", "days=90", "days=30&group=demo-data"]) {
        await open(
            async (page) => {
                const tiles = page.locator(".tile a");
                const links = await tiles.evaluateAll((all) =>
                    all.map((link) => ({
                        href: /** @type {HTMLAnchorElement} */ (link).href,
                        number: (link.querySelector(".tile-number")?.firstChild?.textContent ?? "").replace(/\D/g, ""),
                    })),
                );
                assert.ok(links.length >= 4);
                for (const { href, number } of links) {
                    await page.goto(href);
                    const found = (await page.locator("#hits").count()) === 0 ? 0 : await hits(page);
                    assert.equal(found, Number(number), href);
                }
            },
            { path: `/admin?${days}`, as: "analyst" },
        );
    }
});

test("a period that a person typed stays in the links until they choose another", async () => {
    await open(
        async (page) => {
            await page.getByLabel("From (UTC)").fill("2026-01-01");
            await page.getByLabel("To (UTC)").fill("2026-01-03");
            await page.getByRole("button", { name: "Show" }).click();
            await page.getByRole("heading", { name: "from 2026-01-01 to 2026-01-03" }).waitFor();
            assert.equal(await page.getByLabel("Time").inputValue(), "");
            await page.locator("select[name=group]").selectOption("demo-data");
            await page.getByRole("button", { name: "Show" }).click();
            await page.getByRole("heading", { name: "from 2026-01-01 to 2026-01-03" }).waitFor();
            await page.getByLabel("Time").selectOption("7");
            await page.getByRole("button", { name: "Show" }).click();
            await page.getByRole("heading", { name: "over 7 days" }).waitFor();
            assert.equal(await page.getByLabel("From (UTC)").inputValue(), "");
            assert.equal(await page.locator("select[name=group]").inputValue(), "demo-data");
        },
        { as: "viewer" },
    );
});

test("times are those of the browser, with UTC beside them", async () => {
    const path = "/admin/events";
    const first = (/** @type {Page} */ page) => page.locator("tbody time").first();
    await open(
        async (page) => {
            const time = first(page);
            const iso = (await time.getAttribute("datetime")) ?? "";
            const utc = iso.slice(0, 16).replace("T", " ");
            assert.equal(await time.getAttribute("title"), `${utc} UTC`);
            // India is five and a half hours ahead, all year.
            const local = new Date(Date.parse(iso) + 5.5 * 3_600_000).toISOString().slice(0, 16).replace("T", " ");
            const text = (await time.textContent()) ?? "";
            assert.ok(text.startsWith(local), text);
            assert.match(text, /(ago|yesterday|just now)$/);
            assert.equal(await page.locator("thead [data-zone]").textContent(), "GMT+5:30");
            await time.click();
            await page.getByRole("heading", { name: "Event" }).waitFor();
            assert.match((await page.locator("dd time").first().textContent()) ?? "", / GMT\+5:30/);
        },
        { path, as: "analyst", options: { timezoneId: "Asia/Kolkata" } },
    );
    await open(
        async (page) => {
            const time = first(page);
            const iso = (await time.getAttribute("datetime")) ?? "";
            assert.equal(await time.textContent(), iso.slice(0, 16).replace("T", " "));
            assert.equal(await page.locator("thead [data-zone]").textContent(), "UTC");
        },
        { path, as: "analyst", options: { timezoneId: "Asia/Kolkata", javaScriptEnabled: false } },
    );
});

test("domains can be sorted, chosen and added to a policy, even without JavaScript", async () => {
    for (const javaScriptEnabled of [true, false]) {
        await open(
            async (page) => {
                await page.getByRole("link", { name: "Flagged" }).click();
                await page.waitForURL(/sort=flagged/);
                const numbers = (await page.locator("tbody td:nth-of-type(4)").allTextContents()).map((text) => Number(text.replace(",", "")));
                assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
                assert.equal(await page.locator("[aria-sort]").textContent(), "Flagged");
                const names = await page.locator("tbody th a").allTextContents();
                await page.getByLabel(`Choose ${names[0]}`, { exact: true }).check();
                await page.getByLabel(`Choose ${names[1]}`, { exact: true }).check();
                await page.getByLabel("In the policy of").selectOption("demo-data");
                await page.getByRole("button", { name: "Deny…" }).click();
                await page.getByText("2 domains were added to the list Deny").waitFor();
                const denied = await page.getByLabel("Deny, one a line").inputValue();
                assert.ok(denied.split("\n").includes(names[0] ?? "?") && denied.split("\n").includes(names[1] ?? "?"), denied);
                await page.getByRole("button", { name: "Review change" }).click();
                await page.getByRole("heading", { name: "Effect on recent events" }).waitFor();
                await page.goto(`${server().origin}/admin/domains?q=${names[0]}`);
                await page.getByRole("link", { name: names[0] ?? "?", exact: true }).click();
                await page.getByRole("button", { name: "Allow…" }).click();
                await page.getByText(`${names[0]} was added to the list Allow`).waitFor();
            },
            { path: "/admin/domains", as: "analyst", options: { javaScriptEnabled } },
        );
    }
});

test("no column is out of sight on a phone", async () => {
    await open(
        async (page) => {
            for (const path of ["/events", "/domains", "", "/clients", "/policy", "/groups", "/users", "/tokens", "/audit", "/deployments", "/groups/default"]) {
                await page.goto(`${server().origin}/admin${path}`);
                const hidden = await page.evaluate(() =>
                    [...document.querySelectorAll("table.cards")].flatMap((table) => {
                        const wide = table.parentElement !== null && table.parentElement.scrollWidth > table.parentElement.clientWidth;
                        const cells = [...table.querySelectorAll("td[data-label], tbody th, input[type=checkbox]")].filter((cell) => {
                            const { left, right } = cell.getBoundingClientRect();
                            return left < 0 || right > innerWidth;
                        });
                        return [...(wide ? [table] : []), ...cells].map((element) => element.outerHTML.slice(0, 200));
                    }),
                );
                assert.deepEqual(hidden, [], path);
                const roles = await page.locator("table.cards:not([role=table])").count();
                assert.equal(roles, 0, path);
            }
            await page.goto(`${server().origin}/admin/events`);
            const label = await page.locator("tbody td").nth(1).evaluate((cell) => getComputedStyle(cell, "::before").content);
            assert.equal(label, '"Recipient"');
        },
        { as: "admin", options: { viewport: PHONE, hasTouch: true } },
    );
});

test("a page that does not exist links to pages that do", async () => {
    await open(
        async (page, problems) => {
            await page.goto(`${server().origin}/admin/nothing`);
            await page.getByRole("heading", { name: "Page not found" }).waitFor();
            await page.getByRole("link", { name: "Dashboard" }).click();
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            await page.goto(`${server().origin}/nothing`);
            await page.getByRole("link", { name: "What this server offers" }).click();
            await page.getByRole("heading", { name: "Milguard" }).waitFor();
            await page.getByRole("link", { name: "Dashboard" }).click();
            await page.getByRole("heading", { name: "Overview" }).waitFor();
            // The browser reports both missing pages on its console.
            assert.match(problems.splice(0).join(), /status of 404/);
        },
        { as: "viewer" },
    );
});
