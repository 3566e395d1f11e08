// @ts-check
// What Outlook, the network or a file does wrong: the pane says so and is never blank, and nothing leaves unasked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests, picture } from "./browser.js";
import {
    addressesIn,
    answer,
    choose,
    enter,
    notifications,
    openOutlook,
    openPane,
    pressSend,
    put,
    RIGHT,
    shownIn,
    violations,
    WRONG,
} from "./outlook.js";

const { open } = browserTests();

/** @typedef {import("./browser.js").Opened} Opened */
/** @typedef {NonNullable<Parameters<typeof openOutlook>[2]>} How */

/** @param {(opened: Opened) => Promise<void>} use @param {How} [how] */
const outlook = (use, how) => openOutlook(open, use, how);

const OFFICE = "https://appsforoffice.microsoft.com/**";

test("where Office.js does not arrive, the pane says so", async () => {
    for (const [language, wanted] of /** @type {const} */ ([
        ["en-US", /Office\.js\) could not be loaded/],
        ["fr-FR", /Office\.js\) n’a pas pu être chargée/],
    ])) {
        await open(
            async ({ page, problems }) => {
                assert.match(await page.innerText("#failure"), wanted);
                assert.match(await page.innerText("#failure-detail"), /office\.js: not loaded/);
                assert.equal(await page.isVisible("#retry"), true);
                await page.screenshot({ path: picture(`outlook-no-office-${language}`) });
                problems.length = 0;
            },
            {
                path: "/outlook/taskpane.html",
                state: "failed",
                options: { viewport: { width: 320, height: 600 }, locale: language },
                prepare: (page) => page.route(OFFICE, (route) => route.abort()),
            },
        );
    }
});

test("where Office.js is another file, or says that this is no Outlook, the pane says so", async () => {
    for (const [body, wanted] of /** @type {const} */ ([
        ["", /could not be loaded/],
        ["globalThis.Office = { onReady: async () => ({ host: null }) }", /works in Outlook: .*“Check recipients”/],
        ["globalThis.Office = { onReady: async () => ({ host: 'Outlook' }), context: { mailbox: {} } }", /No message or invitation/],
    ])) {
        await open(
            async ({ page, problems }) => {
                assert.match(await page.innerText("#failure"), wanted);
                problems.length = 0;
            },
            {
                path: "/outlook/taskpane.html",
                state: "failed",
                prepare: (page) => page.route(OFFICE, (route) => route.fulfill({ body, contentType: "text/javascript" })),
            },
        );
    }
});

test("a network that swallows Office.js leaves words on the screen, not a blank pane", async () => {
    /** @type {Promise<unknown> | undefined} */
    let asked;
    await open(
        async ({ page, problems }) => {
            await page.waitForSelector("#loading");
            assert.equal(await page.innerText("#loading"), "Looking at the recipients …");
            // From then on its time is counted.
            await asked;
            await page.clock.fastForward(25_000);
            await page.waitForSelector("html[data-state=failed]");
            assert.match(await page.innerText("#failure-detail"), /no answer/);
            problems.length = 0;
        },
        {
            path: "/outlook/taskpane.html",
            state: "none",
            prepare: async (page) => {
                await page.clock.install();
                await page.route(OFFICE, () => {});
                asked = page.waitForRequest(OFFICE);
            },
        },
    );
});

test("where the checker does not arrive, the pane says so, and Send still asks", async () => {
    for (const way of ["the simulation", "the network"]) {
        await outlook(
            async ({ page, problems }) => {
                await enter(page, WRONG);
                const pane = await openPane(page, "failed");
                assert.match(await pane.innerText("#failure"), /The recipients could not be checked/);
                assert.match(await pane.innerText("#failure"), /Look closely at each address/);
                await page.screenshot({ path: picture("outlook-no-checker") });
                assert.match(String((await pressSend(page)).question), /us\.army\.ml/);
                await answer(page, "dont-send");
                problems.length = 0;
            },
            way === "the network"
                ? { prepare: (page) => page.route("**/milguard_bg.wasm", (route) => route.abort()) }
                : { choices: { fault: "the checker of the pane cannot be loaded" } },
        );
    }
});

const READING = [
    "To and required attendees: reading fails",
    "To and required attendees: reading never ends",
    "To and required attendees: reading throws",
    "all reading fails",
    "all reading never ends",
    "every call throws",
];

for (const fault of READING) {
    for (const client of ["web", "classic-windows"]) {
        test(`${fault} (${client}): Send asks, and the pane tells what it does not know`, async () => {
            await outlook(
                async ({ page }) => {
                    await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
                    await choose(page, { fault });
                    const { question, buttons } = await pressSend(page);
                    assert.match(String(question), /could not be/);
                    assert.ok(buttons.includes("Don’t Send"));
                    await answer(page, "dont-send");
                    const pane = await openPane(page);
                    assert.match((await shownIn(pane)).partly, /Outlook did not tell who is in: To/);
                    assert.deepEqual(await violations(page), []);
                },
                { choices: { client } },
            );
        });
    }
}

test("where writing fails, the message is as it was and the pane says so", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, `ann@us.army.mil, ${WRONG}`);
            const pane = await openPane(page);
            await pane.click("[data-action=use-suggestion]");
            await pane.waitForSelector("#notice:has-text('Outlook did not change the recipient')");
            assert.deepEqual(await addressesIn(page), ["ann@us.army.mil", WRONG]);
            assert.deepEqual((await shownIn(pane)).addresses, [WRONG]);
        },
        { choices: { fault: "writing recipients fails" } },
    );
});

test("where Outlook takes only a part, the pane names who is missing", async () => {
    await outlook(
        async ({ page }) => {
            const people = Array.from({ length: 104 }, (_, at) => `person${at}@contractor.example`);
            await put(page, [WRONG, ...people].map((emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "user" })));
            const pane = await openPane(page);
            await pane.click("[data-action=remove]");
            await pane.waitForSelector("#notice:has-text('did not take all recipients')");
            const { notice } = await shownIn(pane);
            const left = await addressesIn(page);
            for (const person of [WRONG, ...people]) {
                assert.ok(left.includes(person) || notice.includes(person), person);
            }
        },
        { choices: { fault: "adding more than 100 fails" } },
    );
});

test("where nothing can be kept, the pane says so", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            await pane.click("[data-action=keep]");
            await pane.waitForSelector("#notice:has-text('Outlook did not store this')");
            assert.notEqual((await pressSend(page)).question, null);
            await answer(page, "send-anyway");
            await page.waitForSelector("#sent:not([hidden])");
        },
        { choices: { fault: "session data fails" } },
    );
});

test("where the script does not arrive, Outlook says that the add-in is unavailable", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const { question, buttons } = await pressSend(page);
            assert.deepEqual([question, buttons], ["Milguard is unavailable and could not check the message.", ["Send anyway", "Try Later"]]);
            await answer(page, "try-later");
            // That the script is missing is the server's fault, and stands in the log.
            const found = await violations(page);
            assert.ok(found.length > 0 && found.every((text) => text.includes("could not be loaded")));
            await page.evaluate(() => {
                /** @type {any} */ (globalThis).milguardSimulation.outlook.log.length = 0;
            });
        },
        { choices: { fault: "the script cannot be loaded" } },
    );
});

test("an Outlook that answers slowly is waited for, and Send is answered before it complains", async () => {
    await outlook(
        async ({ page }) => {
            await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
            await choose(page, { latency: "8000" });
            await page.click("#send");
            assert.equal(await page.isVisible("#checking"), true);
            await page.waitForSelector("#question[open]");
            assert.match(await page.innerText("#question .words"), /could not be checked/);
        },
        { choices: { client: "classic-windows" } },
    );
});

test("where Outlook does not tell of changes, the pane looks by itself", async () => {
    for (const choices of [{ fault: "no word of changes" }, { set: "6" }]) {
        await outlook(
            async ({ page }) => {
                const pane = await openPane(page);
                await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
                await pane.waitForSelector(".mg-address");
            },
            { choices },
        );
    }
});

for (let set = 5; set <= 16; set += 1) {
    test(`with Mailbox 1.${set} the pane corrects, and what this client cannot do is not offered`, async () => {
        const client = set === 5 ? "on-premises" : "web";
        await outlook(
            async ({ page }) => {
                await put(page, [
                    { emailAddress: "ann@us.army.mil", displayName: "Ann", recipientType: "user" },
                    { emailAddress: WRONG, displayName: "Jane Doe", recipientType: "externalUser" },
                ]);
                // Before these sets, the client has no such event.
                assert.equal((await notifications(page)).length, set >= 11 || client === "on-premises" ? 1 : 0);
                const pane = await openPane(page);
                const { buttons } = await shownIn(pane);
                assert.equal(buttons.includes("Keep"), set >= 11);
                assert.equal(await pane.isVisible("#cannot-keep"), set < 11);
                const answered = await pressSend(page);
                assert.equal(answered.question !== null, set >= 12 || client === "on-premises");
                if (answered.question === null) {
                    return;
                }
                assert.equal(answered.buttons.includes("Check recipients"), set >= 14);
                await answer(page, "dont-send");
                await pane.click("[data-action=use-suggestion]");
                await pane.waitForSelector("#notice:has-text('Replaced')");
                assert.deepEqual((await pressSend(page)).sentTo, ["ann@us.army.mil", RIGHT]);
            },
            { choices: { client, set: String(set) } },
        );
    });
}
