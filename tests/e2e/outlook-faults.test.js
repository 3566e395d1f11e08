// @ts-check
// Faults of Outlook, the network or a file: the pane explains each and is never blank, and no message leaves
// without a question.

import assert from "node:assert/strict";
import { test } from "node:test";

import { browserTests, takePicture } from "./browser.js";
import {
    addressesIn,
    answer,
    BOTH,
    choose,
    enter,
    noticed,
    notifications,
    openOutlook,
    openPane,
    paneOf,
    pressSend,
    put,
    RIGHT,
    scenario,
    shownIn,
    SIMULATED,
    violations,
    write,
    WRONG,
} from "./outlook.js";

const { open } = browserTests();

/** @typedef {import("./browser.js").Opened} Opened */
/** @typedef {NonNullable<Parameters<typeof openOutlook>[2]>} How */

/** @param {(opened: Opened) => Promise<void>} use @param {How} [how] */
const outlook = (use, how) => openOutlook(open, use, how);

const OFFICE = "https://appsforoffice.microsoft.com/**";

test("the pane says that Office.js does not arrive", async () => {
    for (const [language, wanted] of /** @type {const} */ ([
        ["en-US", /could not load the connection to Outlook \(Office\.js\)/],
        ["fr-FR", /Office\.js\) n’a pas pu être chargée/],
    ])) {
        await open(
            async ({ page, problems }) => {
                assert.match(await page.innerText("#failure"), wanted);
                assert.match(await page.innerText("#failure-detail"), /office\.js: not loaded/);
                assert.equal(await page.isVisible("#retry"), true);
                await takePicture(page, `outlook-no-office-${language}`);
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

test("the pane says that Office.js is another file, or that this is not Outlook", async () => {
    for (const [body, wanted] of /** @type {const} */ ([
        ["", /could not load the connection/],
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
            assert.equal(await page.innerText("#loading"), "Checking the recipients …");
            // The pane's time limit begins with this request.
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

scenario("the pane says that the checker does not arrive, and Send still asks", async () => {
    for (const way of ["the simulation", "the network"]) {
        await outlook(
            async ({ page, problems }) => {
                await enter(page, WRONG);
                const pane = await openPane(page, "failed");
                assert.match(await pane.innerText("#failure"), /Milguard could not check the recipients/);
                assert.match(await pane.innerText("#failure"), /Look closely at each address/);
                await takePicture(page, "outlook-no-checker");
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
        scenario(`${fault} (${client}): Send asks, and the pane tells what it does not know`, async () => {
            await outlook(
                async ({ page }) => {
                    await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
                    await choose(page, { fault });
                    const { question, buttons } = await pressSend(page);
                    assert.match(String(question), /could not (?:check|read)/);
                    assert.ok(buttons.includes("Don’t Send"));
                    await answer(page, "dont-send");
                    const pane = await openPane(page);
                    assert.match((await shownIn(pane)).partly, /Outlook did not provide the recipients in: To/);
                    assert.deepEqual(await violations(page), []);
                },
                { choices: { client } },
            );
        }, client === "web" ? BOTH : SIMULATED);
    }
}

scenario("the pane says that writing failed, and the message does not change", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, `ann@us.army.mil, ${WRONG}`);
            const pane = await openPane(page);
            await pane.click("[data-action=use-suggestion]");
            await noticed(pane, "Outlook did not change the recipient");
            assert.deepEqual(await addressesIn(page), ["ann@us.army.mil", WRONG]);
            assert.deepEqual((await shownIn(pane)).addresses, [WRONG]);
        },
        { choices: { fault: "writing recipients fails" } },
    );
});

scenario("the pane names the recipients that Outlook did not take", async () => {
    await outlook(
        async ({ page }) => {
            const people = Array.from({ length: 104 }, (_, at) => `person${at}@contractor.example`);
            await put(page, [WRONG, ...people].map((emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "user" })));
            const pane = await openPane(page);
            await pane.click("[data-action=remove]");
            await noticed(pane, "did not take all recipients");
            const { notice } = await shownIn(pane);
            const left = await addressesIn(page);
            for (const person of [WRONG, ...people]) {
                assert.ok(left.includes(person) || notice.includes(person), person);
            }
        },
        { choices: { fault: "adding more than 100 fails" } },
    );
});

scenario("the pane says that Outlook stores nothing", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            await pane.click("[data-action=keep]");
            await noticed(pane, "Outlook did not save this");
            assert.notEqual((await pressSend(page)).question, null);
            await answer(page, "send-anyway");
            await page.waitForSelector("#sent:not([hidden])");
        },
        { choices: { fault: "session data and custom properties fail" } },
    );
});

scenario("Outlook says that the add-in is unavailable if its script does not arrive", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const { question, buttons } = await pressSend(page);
            assert.deepEqual([question, buttons], ["Milguard is unavailable and could not check the message.", ["Send anyway", "Try Later"]]);
            await answer(page, "try-later");
            // The simulation logs that the script could not be loaded.
            const found = await violations(page);
            assert.ok(found.length > 0 && found.every((text) => text.includes("could not be loaded")));
            await page.evaluate(() => {
                /** @type {any} */ (globalThis).milguardSimulation.outlook.log.length = 0;
            });
        },
        { choices: { fault: "the script cannot be loaded" } },
    );
});

for (const client of ["web", "classic-windows"]) {
    scenario(`the add-in waits for an Outlook that answers slowly (${client}), and answers Send before Outlook complains`, async () => {
        await outlook(
            async ({ page }) => {
                await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
                await choose(page, { latency: "8000" });
                await page.click("#send");
                assert.equal(await page.isVisible("#checking"), true);
                await page.waitForSelector("#question[open]");
                assert.match(await page.innerText("#question .words"), /could not check/);
            },
            { choices: { client } },
        );
    }, client === "web" ? BOTH : SIMULATED);
}

scenario("the pane looks by itself if Outlook does not report changes", async () => {
    for (const choices of [{ fault: "changed recipients are not reported" }, { set: "6" }]) {
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

for (const [set, client] of /** @type {[number, string][]} */ ([
    [5, "on-premises"],
    ...Array.from({ length: 12 }, (_, at) => [at + 5, "web"]),
])) {
    scenario(`with Mailbox 1.${set} (${client}) the pane corrects, and offers only what this client can do`, async () => {
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
                // Custom properties are older than session data, which came with Mailbox 1.11.
                assert.equal(buttons.includes("Keep"), true);
                assert.equal(await pane.isVisible("#cannot-keep"), false);
                const answered = await pressSend(page);
                assert.equal(answered.question !== null, set >= 12 || client === "on-premises");
                if (answered.question === null) {
                    return;
                }
                assert.equal(answered.buttons.includes("Check recipients"), set >= 14);
                await answer(page, "dont-send");
                await pane.click("[data-action=use-suggestion]");
                await noticed(pane, "Replaced");
                assert.deepEqual((await pressSend(page)).sentTo, ["ann@us.army.mil", RIGHT]);
            },
            { choices: { client, set: String(set) } },
        );
    }, client === "web" ? BOTH : SIMULATED);
}

scenario("the add-in treats a field that Outlook may have cut off as incomplete", async () => {
    await outlook(async ({ page }) => {
        const people = Array.from({ length: 1000 }, (_, at) => `person${at}@contractor.example`);
        await put(page, people.map((emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "user" })));
        const { question, buttons } = await pressSend(page);
        assert.match(String(question), /could not read all recipients/);
        assert.ok(buttons.includes("Send anyway"));
        await answer(page, "take-action");
        const pane = await paneOf(page);
        assert.match((await shownIn(pane)).partly, /may have provided only the first recipients in: To/);
    });
});

scenario("the add-in treats a recipient without address and name as unknown", async () => {
    await outlook(async ({ page }) => {
        await put(page, [
            { emailAddress: "ann@us.army.mil", displayName: "Ann", recipientType: "user" },
            // @ts-expect-error Outlook for Mac tells this of a recipient that it has not resolved (office-js issue 2502).
            { emailAddress: null, displayName: null, recipientType: "other" },
        ]);
        assert.match(String((await pressSend(page)).question), /could not check|could not read/);
        await answer(page, "dont-send");
        const pane = await openPane(page);
        assert.match((await shownIn(pane)).partly, /Outlook did not provide the recipients in: To/);
    });
});

for (const fault of ["session data is not seen at Send", "session data fails"]) {
    scenario(`${fault}: a message to a recipient kept with a reason is sent, even if the send mode blocks`, async () => {
        await outlook(
            async ({ page }) => {
                await choose(page, { policy: "agency (asks for a reason)" });
                await enter(page, WRONG);
                await pressSend(page);
                await answer(page, "take-action");
                const pane = await paneOf(page);
                await pane.click("[data-action=keep]");
                await write(pane, "#justification", "A partner in Mali");
                await pane.waitForSelector("#keep-submit:enabled");
                await pane.click("#keep-submit");
                await pane.waitForSelector("#kept:not([hidden])");
                assert.deepEqual((await pressSend(page)).sentTo, [WRONG]);
            },
            { choices: { mode: "SoftBlock", fault } },
        );
    });
}

scenario("the pane says that it waits for an Outlook that passes on a kept recipient late", async () => {
    await outlook(
        async ({ page }) => {
            await choose(page, { fault: "session data and custom properties are not seen at Send" });
            await enter(page, WRONG);
            let pane = await openPane(page);
            await pane.click("[data-action=keep]");
            await pane.waitForSelector("#kept:not([hidden])");
            await page.click("#close-pane");
            assert.notEqual((await pressSend(page)).question, null);
            await answer(page, "take-action");
            pane = await paneOf(page);
            await pane.waitForSelector("#lead:has-text('wait a few seconds')");
        },
        { choices: { mode: "SoftBlock" } },
    );
});

scenario("the line on the message changes even in an Outlook that cannot replace a line", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, "tom@navy.ml");
            assert.match((await notifications(page)).join(), /^tom@navy\.ml/);
            await put(page, [{ emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" }]);
            const lines = await notifications(page);
            assert.equal(lines.length, 1);
            assert.ok(lines[0]?.startsWith(WRONG), lines[0]);
            await put(page, []);
            assert.deepEqual(await notifications(page), []);
        },
        { choices: { fault: "replacing a notification changes nothing" } },
    );
});
