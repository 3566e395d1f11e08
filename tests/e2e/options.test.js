// @ts-check
// The settings page of the Thunderbird add-in: its texts, the changes that a sender can make, and its
// accessibility.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LANGUAGES } from "../../www/shared/i18n.js";
import { prepareAddin } from "./addin.js";
import { assertAccessible, assertFits } from "./axe.js";
import { browserTests } from "./browser.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("./addin.js").Config} Config */

const { open } = browserTests();

const SERVER = "https://milguard.example.mil";
const backend = { url: SERVER, token: "abc" };

/**
 * Opens the settings. The organisation's server answers with `status` and a policy.
 *
 * @param {Config} config
 * @param {(page: Page, opened: import("./browser.js").Opened) => Promise<void>} use
 * @param {{ options?: object, prepare?: (page: Page) => Promise<unknown>, status?: () => number }} [how]
 */
function openOptions(config, use, { options = {}, prepare, status = () => 200 } = {}) {
    return open(
        async (opened) => {
            await use(opened.page, opened);
            const { problems } = opened;
            problems.splice(0, Infinity, ...problems.filter((one) => !one.startsWith(`request to ${SERVER}/`)));
        },
        {
            path: "/thunderbird/options.html",
            options,
            prepare: async (page) => {
                await prepareAddin(page, config);
                await page.route(`${SERVER}/**`, (route) =>
                    route.fulfill({
                        status: status(),
                        headers: { "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*" },
                        json: { id: "fetched", version: 3 },
                    }),
                );
                await prepare?.(page);
            },
        },
    );
}

/**
 * The list of settings as text.
 *
 * @param {Page} page
 * @returns {Promise<Record<string, string>>}
 */
function settings(page) {
    return page.evaluate(() =>
        Object.fromEntries(
            [...document.querySelectorAll("dt")].map((term) => [
                term.textContent,
                /** @type {HTMLElement} */ (term.nextElementSibling).innerText,
            ]),
        ),
    );
}

/** @param {Page} page */
async function selfTest(page) {
    await page.click("#test");
    await page.waitForSelector("#results li");
    return page.$$eval("#results li", (items) => items.map(({ dataset, textContent }) => [dataset.result, textContent]));
}

test("the page says that the built-in policy is in force and that the add-in reports nothing", async () => {
    await openOptions({}, async (page) => {
        const shown = await settings(page);
        assert.equal(shown["Name (version)"], "default (1)");
        assert.equal(shown["Source"], "Built into Milguard");
        assert.equal(shown["Protected"], ".mil");
        assert.match(shown["What Milguard reports about you"] ?? "", /^Nothing/);
        assert.ok(await page.isHidden("#refresh"));
        assert.match(await page.innerText("#version"), /^Version \d/);
    });
});

test("the page marks the settings of the organisation", async () => {
    const policy = { id: "example", version: 7, mode: "audit", reporting: "domain", mute: "off" };
    await openOptions({ managed: { policy, backend } }, async (page) => {
        const shown = await settings(page);
        assert.equal(shown["Name (version)"], "example (7)");
        assert.match(shown["At Send"] ?? "", /^Milguard stops nothing.*\s*Set by your organisation$/);
        assert.match(shown["What Milguard reports about you"] ?? "", /domain; no content/);
        assert.match(shown["Server"] ?? "", /^https:\/\/milguard\.example\.mil/);
        assert.equal(shown["Last contact"], "None yet");
        assert.match(await page.innerText("#muted-hint"), /does not let you mute/);
        assert.ok(await page.isHidden("#mute"));
    });
});

test("the page says what is wrong with the configuration, and what the add-in uses instead", async () => {
    await openOptions({ managed: { policy: { mode: "<b>off</b>" } } }, async (page) => {
        assert.match(await page.innerText("#problem"), /mistake.*mode/s);
        assert.equal((await settings(page))["Source"], "Built into Milguard");
        assert.equal(await page.$("#problem b"), null);
        assert.deepEqual(
            (await selfTest(page)).filter(([result]) => result === "failed").map(([, text]) => text?.split(":")[0]),
            ["Policy"],
        );
    });
});

test("the page fetches a new policy when told to, and says when it cannot", async () => {
    let status = 200;
    await openOptions(
        { managed: { backend } },
        async (page, { problems }) => {
            await page.click("#refresh");
            await page.waitForFunction(() => document.getElementById("notice")?.textContent !== "");
            assert.equal(await page.innerText("#notice"), "The policy is up to date");
            assert.equal((await settings(page))["Name (version)"], "fetched (3)");
            assert.match((await settings(page))["Source"] ?? "", /server$/);
            status = 503;
            await page.click("#refresh");
            await page.waitForFunction(() => /could not reach/.test(document.getElementById("notice")?.textContent ?? ""));
            assert.match((await settings(page))["Source"] ?? "", /last valid/);
            assert.equal((await settings(page))["Name (version)"], "fetched (3)");
            problems.length = 0;
        },
        { status: () => status },
    );
});

test("the page shows the latest state, even if an earlier look at the storage takes longer", async () => {
    await openOptions(
        { managed: { backend } },
        async (page) => {
            await page.click("#refresh");
            await page.waitForFunction(() => /** @type {any} */ (globalThis).answeredLate === true);
            assert.match((await settings(page))["Source"] ?? "", /server$/);
            assert.notEqual((await settings(page))["Last contact"], "None yet");
        },
        {
            // The page reads a new policy before the contact with the server is stored.
            prepare: (page) =>
                page.addInitScript(() => {
                    const { local } = /** @type {any} */ (globalThis).messenger.storage;
                    const { get, set } = local;
                    let isLate = false;
                    local.set = (/** @type {object} */ values) => {
                        isLate ||= "lastGood" in values;
                        return set.call(local, values);
                    };
                    local.get = async (/** @type {string[]} */ keys) => {
                        const values = await get.call(local, keys);
                        if (isLate && keys.includes("lastGood")) {
                            isLate = false;
                            await new Promise((resolve) => setTimeout(resolve, 500));
                            setTimeout(() => Object.assign(globalThis, { answeredLate: true }), 200);
                        }
                        return values;
                    };
                }),
        },
    );
});

test("a muted domain can be unmuted", async () => {
    const muted = ["mail.ml", "<i>x</i>.ml"];
    await openOptions({ stored: { muted } }, async (page) => {
        assert.deepEqual(await page.$$eval("#muted bdi", (names) => names.map((name) => name.textContent)), muted);
        await page.click("#muted li:first-child button");
        await page.waitForFunction(() => document.querySelectorAll("#muted li").length === 1);
        assert.equal(await page.evaluate(() => document.activeElement?.id), "domain");
        await page.click("#muted button");
        await page.waitForSelector("#muted-none:not([hidden])");
    });
});

test("a domain that is known to be real can be muted", async () => {
    await openOptions({}, async (page) => {
        await page.fill("#domain", "EB.mil.br");
        await page.press("#domain", "Enter");
        await page.waitForSelector("#muted li");
        assert.deepEqual(await page.$$eval("#muted bdi", (names) => names.map((name) => name.textContent)), ["eb.mil.br"]);
    });
});

test("a domain that must not be muted is refused", async () => {
    await openOptions({}, async (page) => {
        for (const typed of ["army.ml", "", "not a domain", "army.mil", "a@b.ml"]) {
            await page.fill("#domain", typed);
            await page.press("#domain", "Enter");
            await page.waitForFunction(() => document.getElementById("mute-answer")?.textContent !== "");
            assert.equal(await page.$("#muted li"), null, typed);
        }
    });
});

test("the self-test passes, and finds each fault", async () => {
    await openOptions({}, async (page) => {
        assert.deepEqual(await selfTest(page), [
            ["passed", "Checker: works"],
            ["passed", "Policy: works"],
            ["passed", "Guard at Send: works"],
            ["passed", "Storage: works"],
        ]);
    });
    await openOptions({ isGuardGone: true, isStorageFull: true }, async (page) => {
        const failed = (await selfTest(page)).filter(([result]) => result === "failed").map(([, text]) => text);
        assert.equal(failed.length, 2);
        assert.match(failed[0] ?? "", /^Guard at Send: does not work: Could not/);
        assert.match(failed[1] ?? "", /^Storage: does not work: the storage is full/);
    });
    await openOptions(
        {},
        async (page, { problems }) => {
            const failed = (await selfTest(page)).filter(([result]) => result === "failed");
            assert.equal(failed[0]?.[1]?.startsWith("Checker: does not work"), true);
            problems.length = 0;
        },
        { prepare: (page) => page.route("**/milguard_bg.wasm", (route) => route.abort()) },
    );
});

test("the page can be used by keyboard alone", async () => {
    await openOptions({ managed: { backend }, stored: { muted: ["mail.ml"] } }, async (page) => {
        const reached = [];
        for (let presses = 0; presses < 5; presses += 1) {
            await page.keyboard.press("Tab");
            reached.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent));
        }
        assert.deepEqual(reached, ["refresh", "Warn again mail.ml", "domain", "Mute", "test"]);
    });
});

test("axe finds no fault, in any language, on a phone, at 200 % and from right to left", async () => {
    const policy = { id: "example", version: 7, protected: { suffixes: ["mil"], domains: ["x".repeat(60) + ".example"] } };
    const config = { managed: { policy, backend }, stored: { muted: ["mail.ml"] } };
    for (const language of Object.keys(LANGUAGES)) {
        await openOptions({ ...config, language }, async (page) => {
            await page.click("#test");
            await page.waitForSelector("#results li");
            await assertFits(page, language);
            if (["en", "de"].includes(language)) {
                await assertAccessible(page, `options-${language}`);
            }
            await page.setViewportSize({ width: 640, height: 400 });
            await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
            await assertFits(page, `${language} at 200 %`);
            await page.evaluate(() => (document.documentElement.dir = "rtl"));
            await assertFits(page, `${language} from right to left`);
        });
    }
    for (const [name, options] of Object.entries({
        "options-dark": { colorScheme: "dark" },
        "options-phone": { viewport: { width: 320, height: 600 } },
    })) {
        const how = { options };
        await openOptions(config, (page) => assertAccessible(page, name), how);
    }
});
