// @ts-check
// The page's message if something that it needs is missing or wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests, shown, typeRecipients } from "./browser.js";

const { open } = browserTests();

test("the page names a checker that is missing on the server, and can try again", async () => {
    let isThere = false;
    await open(
        async ({ page, problems }) => {
            assert.equal(await page.innerText("#failure h2"), "Milguard could not load the checker");
            assert.match(await page.innerText("#failure-text"), /connection to the server/);
            assert.equal(
                await page.innerText("#failure-detail"),
                "/checker/milguard_bg.wasm: HTTP 404",
            );
            assert.deepEqual(problems.splice(0), [
                "console error: Failed to load resource: the server responded with a status of 404 (Not Found)",
            ]);
            isThere = true;
            await page.click("#retry");
            await page.waitForSelector("html[data-state=ready]");
            assert.ok(await page.isHidden("#failure"));
            assert.equal((await shown(page)).severity, "warn");
        },
        {
            state: "failed",
            prepare: (page) =>
                page.route("**/milguard_bg.wasm", (route) =>
                    isThere ? route.continue() : route.fulfill({ status: 404, body: "Not found." }),
                ),
        },
    );
});

test("the page names a module that does not arrive", async () => {
    await open(
        async ({ page, problems }) => {
            assert.match(await page.innerText("#failure-detail"), /^\/checker\/milguard\.js: /);
            assert.deepEqual(problems.splice(0), [
                "console error: Failed to load resource: net::ERR_FAILED",
            ]);
        },
        {
            state: "failed",
            prepare: (page) => page.route("**/checker/milguard.js", (route) => route.abort()),
        },
    );
});

test("the page says that a file which is not the checker is broken", async () => {
    await open(
        async ({ page }) => {
            assert.match(await page.innerText("#failure-text"), /damaged/);
            assert.match(await page.innerText("#failure-detail"), /^the checker does not start: /);
        },
        {
            state: "failed",
            prepare: (page) =>
                page.route("**/milguard_bg.wasm", (route) =>
                    route.fulfill({ contentType: "application/wasm", body: "<html>login</html>" }),
                ),
        },
    );
});

test("the page accepts a checker with another content type", async () => {
    await open(async ({ page }) => assert.equal((await shown(page)).severity, "warn"), {
        prepare: (page) =>
            page.route("**/milguard_bg.wasm", async (route) => {
                const response = await route.fetch();
                const headers = { ...response.headers(), "content-type": "application/octet-stream" };
                await route.fulfill({ response, headers });
            }),
    });
});

test("the page says that a browser has no WebAssembly", async () => {
    await open(
        async ({ page }) => {
            assert.match(await page.innerText("#failure-text"), /^This browser has no WebAssembly/);
        },
        {
            state: "failed",
            prepare: (page) =>
                page.addInitScript(() => {
                    // @ts-expect-error The types say that every browser has WebAssembly.
                    delete globalThis.WebAssembly;
                }),
        },
    );
});

test("without the texts of any language the page keeps its English texts and still warns", async () => {
    await open(
        async ({ page, problems }) => {
            assert.equal(await page.innerText("label[for=to]"), "To");
            const view = await shown(page);
            assert.equal(view.severity, "warn");
            assert.equal(view.entries[0]?.label, "severityWarn");
            assert.ok(problems.splice(0).length > 0);
        },
        {
            options: { locale: "de-DE" },
            prepare: (page) => page.route("**/messages.json", (route) => route.abort()),
        },
    );
});

test("the page says why a policy is not valid, and keeps the policy in force", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "jane@us.army.ml");
        await page.click("summary:text-is('Policy')");
        const cases = [
            ["{", /JSON/],
            ["[]", /must be an object/],
            ['{"id":"x","version":1,"protected":{"suffixes":7}}', /protected\.suffixes/],
        ];
        for (const [policy, reason] of /** @type {[string, RegExp][]} */ (cases)) {
            await page.fill("#policy", policy);
            await page.waitForSelector("#policy-state[data-valid=false]");
            await page.waitForFunction(
                (pattern) =>
                    new RegExp(pattern).test(
                        document.getElementById("policy-state")?.textContent ?? "",
                    ),
                reason.source,
            );
            assert.match(
                await page.innerText("#policy-state"),
                /^Milguard does not use this policy and keeps the last valid one: /,
            );
            assert.equal(await page.getAttribute("#policy", "aria-invalid"), "true");
            assert.equal((await shown(page)).severity, "warn");
        }
    });
});

test("the page uses a valid policy at once, and the default if there is no policy", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "jane@contractor.exampel");
        assert.equal((await shown(page)).entries.length, 0);
        await page.click("summary:text-is('Policy')");
        await page.fill(
            "#policy",
            '{"id":"x","version":1,"protected":{"domains":["contractor.example"]},"deny":["*@gmail.com"]}',
        );
        await page.waitForSelector("#policy-state[data-valid=true]");
        assert.equal(await page.innerText("#policy-state"), "This policy is in use.");
        assert.equal((await shown(page)).entries.length, 1);
        await typeRecipients(page, "sam@gmail.com");
        const view = await shown(page);
        assert.equal(view.severity, "block");
        assert.equal(view.entries[0]?.label, "Blocked");
        assert.equal(
            await page.innerText("#consequence"),
            "At Send, the add-in stops the mail, because the policy does not allow it.",
        );
        await page.fill("#policy", "");
        await page.waitForFunction(
            () =>
                document.getElementById("policy-state")?.textContent ===
                "The built-in policy is in use.",
        );
        assert.equal((await shown(page)).severity, "pass");
    });
});

test("a ready-made policy can be chosen", async () => {
    await open(async ({ page }) => {
        await typeRecipients(page, "sam@lemmy.ml");
        assert.equal((await shown(page)).severity, "pass");
        await page.click("summary:text-is('Policy')");
        await page.selectOption("#preset", "dod");
        await page.waitForSelector("#policy-state[data-valid=true]");
        assert.equal(JSON.parse(await page.inputValue("#policy")).id, "dod");
        assert.equal((await shown(page)).severity, "block");
        for (const name of ["contractor", "agency", "default"]) {
            await page.selectOption("#preset", name);
            await page.waitForFunction(
                (id) =>
                    /** @type {HTMLTextAreaElement} */ (
                        document.getElementById("policy")
                    ).value.includes(`"${id}"`),
                name,
            );
            assert.equal(await page.getAttribute("#policy-state", "data-valid"), "true", name);
            assert.equal((await shown(page)).severity, "pass", name);
        }
    });
});
