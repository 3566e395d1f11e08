// @ts-check
// The add-in for Outlook in a simulated one: the pane, the line on the message and the question at Send, together.

import assert from "node:assert/strict";
import { browserTests, takePicture } from "./browser.js";
import {
    addressesIn,
    answer,
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
    settled,
    shownIn,
    WRONG,
} from "./outlook.js";

/** @typedef {import("playwright-core").Page} Page */

const { open } = browserTests();

/** @typedef {import("./browser.js").Opened} Opened */
/** @typedef {NonNullable<Parameters<typeof openOutlook>[2]>} How */

/** @param {(opened: Opened) => Promise<void>} use @param {How} [how] */
const outlook = (use, how) => openOutlook(open, use, how);

scenario("a line names an added look-alike and its suggestion, and disappears with it", async () => {
    await outlook(async ({ page }) => {
        await enter(page, "ann@us.army.mil");
        assert.deepEqual(await notifications(page), []);
        await enter(page, WRONG, "cc");
        const [line = ""] = await notifications(page);
        assert.ok(line.startsWith(`${WRONG}: `) && line.includes(RIGHT), line);
        await enter(page, "eve@navy.ml", "bcc");
        assert.match((await notifications(page)).join(""), /And 1 more/);
        for (let left = 2; left > 0; left -= 1) {
            await page.click(`button[aria-label^="Take out"]:not([aria-label$="ann@us.army.mil"])`);
            await settled(page);
        }
        assert.deepEqual(await notifications(page), []);
    });
});

scenario("ordinary mail is sent without a question", async () => {
    await outlook(async ({ page }) => {
        await enter(page, "ann@us.army.mil, sam@gmail.com");
        await enter(page, '"Lee" <lee@milwaukee.gov>', "bcc");
        const { sentTo } = await pressSend(page);
        assert.deepEqual(sentTo, ["ann@us.army.mil", "sam@gmail.com", "lee@milwaukee.gov"]);
        assert.equal(await page.evaluate(() => document.activeElement?.id), "sent-title");
    });
});

scenario("Send asks, the pane puts the right address in, and then the message is sent", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `ann@contractor.example, ${WRONG}`);
        const { question, buttons } = await pressSend(page);
        assert.ok(question?.includes(WRONG) && question.includes(RIGHT), String(question));
        assert.deepEqual(buttons, ["Check recipients", "Send anyway", "Don’t Send"]);
        await takePicture(page, "outlook-question");
        await answer(page, "take-action");
        const pane = await paneOf(page);
        const shown = await shownIn(pane);
        assert.equal(shown.lead, "The message has not been sent: a recipient does not look right.");
        assert.deepEqual([shown.addresses, shown.marks], [[WRONG], ["ml"]]);
        assert.deepEqual(shown.buttons, [`Use ${RIGHT}`, "Remove", "Keep"]);
        await takePicture(page, "outlook-stopped");
        await pane.click("[data-action=use-suggestion]");
        await noticed(pane, "Replaced");
        const fixed = await shownIn(pane);
        assert.deepEqual([fixed.summary, fixed.notice], ["No recipient stands out.", `Replaced by ${RIGHT}`]);
        assert.equal(fixed.lead, "You can send this message now. Choose “Send” in Outlook.");
        assert.deepEqual(await addressesIn(page), ["ann@contractor.example", RIGHT]);
        await settled(page);
        assert.deepEqual(await notifications(page), []);
        const { sentTo } = await pressSend(page);
        assert.deepEqual(sentTo, ["ann@contractor.example", RIGHT]);
        await takePicture(page, "outlook-sent");
    });
});

scenario("the line on the message opens the pane, and Remove takes the recipient out", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `ann@us.army.mil, ${WRONG}`);
        await page.click("#notifications button:text-is('Show')");
        const pane = await paneOf(page);
        // Nothing was sent, so the pane does not mention it.
        assert.equal((await shownIn(pane)).lead, "");
        await pane.click("[data-action=remove]");
        await noticed(pane, "Removed");
        assert.deepEqual(await addressesIn(page), ["ann@us.army.mil"]);
    });
});

scenario("Send does not ask about a kept recipient of this message again, until the sender wants it", async () => {
    await outlook(async ({ page }) => {
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#kept:not([hidden])");
        const shown = await shownIn(pane);
        assert.deepEqual([shown.addresses, shown.kept], [[], [`${WRONG}Ask again`]]);
        await pane.click("#kept button");
        await pane.waitForSelector(".mg-address");
        assert.notEqual((await pressSend(page)).question, null);
        await answer(page, "dont-send");
        assert.equal(await page.innerText("#announcement"), "Not sent. The message is still here.");
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#kept:not([hidden])");
        assert.deepEqual((await pressSend(page)).sentTo, [WRONG]);
    });
});

scenario("the pane follows changes of the message", async () => {
    await outlook(async ({ page }) => {
        const pane = await openPane(page);
        assert.equal(await pane.innerText("#empty"), "This message has no recipients yet.");
        await enter(page, "ann@us.army.mil");
        await pane.waitForSelector(".mg-summary:has-text('No recipient stands out.')");
        await enter(page, WRONG);
        await pane.waitForSelector(".mg-address");
        assert.equal(await pane.isVisible("#empty"), false);
        await put(page, []);
        await pane.waitForSelector("#empty:not([hidden])");
    });
});

scenario("invitations are checked like messages, required and optional attendees", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, RIGHT, "requiredAttendees");
            await enter(page, `kim@gmail.com, ${WRONG}`, "optionalAttendees");
            assert.match((await notifications(page)).join(""), /us\.army\.ml/);
            assert.match(String((await pressSend(page)).question), /us\.army\.ml/);
            await answer(page, "take-action");
            const pane = await paneOf(page);
            assert.ok((await shownIn(pane)).notes.includes("In the field Optional"));
            await pane.click("[data-action=use-suggestion]");
            await pane.waitForSelector("#lead:has-text('Choose “Send”')");
            assert.deepEqual((await pressSend(page)).sentTo, [RIGHT, "kim@gmail.com", RIGHT]);
        },
        { kind: "appointment" },
    );
});

scenario("a recipient among more than a hundred is corrected, and none is lost", async () => {
    await outlook(async ({ page }) => {
        const people = Array.from({ length: 230 }, (_, at) => `person${at}@contractor.example`);
        const all = [...people.slice(0, 150), WRONG, ...people.slice(150)];
        await put(page, all.map((emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "user" })));
        const pane = await openPane(page);
        await pane.click("[data-action=use-suggestion]");
        await noticed(pane, "Replaced");
        assert.deepEqual(await addressesIn(page), all.map((address) => (address === WRONG ? RIGHT : address)));
    });
});

scenario("the pane names recipients that it cannot judge, and leaves their field alone", async () => {
    await outlook(async ({ page }) => {
        await put(page, [
            { emailAddress: "", displayName: "Project team", recipientType: "distributionList" },
            { emailAddress: "/o=ExchangeLabs/cn=joe", displayName: "Joe", recipientType: "user" },
            { emailAddress: WRONG, displayName: WRONG, recipientType: "externalUser" },
        ]);
        const pane = await openPane(page);
        const { addresses, notes } = await shownIn(pane);
        assert.deepEqual(addresses.sort(), ["/o=ExchangeLabs/cn=joe", "Project team", WRONG].sort());
        assert.equal(notes.filter((note) => note.startsWith("Outlook did not provide this address")).length, 2);
        await pane.click("[data-action=use-suggestion]");
        await noticed(pane, "Milguard changed nothing");
        assert.equal((await addressesIn(page)).length, 3);
        // An add-in cannot see text that is typed but not entered. The pane always says so.
        assert.match(await pane.innerText("main"), /names that Outlook has not resolved yet/);
    });
});

scenario("a press of a button is not lost when the list changes at that moment", async () => {
    await outlook(async ({ page }) => {
        const entry = (/** @type {string} */ emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "user" });
        await put(page, [entry(WRONG)]);
        const pane = await openPane(page);
        await pane.hover("[data-action=remove]");
        await page.mouse.down();
        // A recipient with a graver finding appears above, which would move the button away.
        await put(page, [entry("bob@army.ml"), entry(WRONG)], "cc");
        await put(page, [entry("bob@army.ml"), entry(WRONG)]);
        // The pane reads the message meanwhile.
        await pane.evaluate(async () => {
            for (let frame = 0; frame < 30; frame += 1) {
                await new Promise((resolve) => requestAnimationFrame(resolve));
            }
        });
        await page.mouse.up();
        await noticed(pane, "Removed");
        assert.deepEqual(await addressesIn(page), ["bob@army.ml"]);
    });
});

scenario("text of strangers appears as text, and nothing in it acts", async () => {
    await outlook(async ({ page }) => {
        const hostile = [
            ["<img src=x onerror=alert(1)>@army.ml", "<script>alert(1)</script>"],
            ["bob@army.ml", "\u202Elim.ymra@bob"],
            ["eve@us.army.ml", "[click](https://evil.example) **bold** _it_ `code`"],
            ["x\u0000y@us.navy.ml", "a".repeat(255)],
        ].map(([emailAddress = "", displayName = ""]) => ({ emailAddress, displayName, recipientType: "externalUser" }));
        await put(page, hostile);
        const pane = await openPane(page);
        assert.equal((await shownIn(pane)).addresses.length, 4);
        const { question } = await pressSend(page);
        assert.ok(question?.includes("army.ml"));
        const made = "img:not([src*='milguard.svg']), main script, #question a:not([href*='/learn/']), [onerror]";
        assert.equal(await page.locator(made).count(), 0);
        assert.equal(await pane.locator(made).count(), 0);
        await answer(page, "dont-send");
        await pane.click("[data-action=remove] >> nth=0");
        await noticed(pane, "Removed");
        assert.equal((await addressesIn(page)).length, 3);
    });
});

scenario("the language is that of Outlook", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            assert.match((await notifications(page)).join(""), /meinten Sie/i);
            const { buttons } = await pressSend(page);
            assert.deepEqual(buttons, ["Empfänger prüfen", "Trotzdem senden", "Nicht senden"]);
            await answer(page, "take-action");
            const pane = await paneOf(page);
            assert.equal(await pane.getAttribute("html", "lang"), "de");
            assert.equal(await pane.innerText("h1"), "Empfänger");
        },
        { language: "de", options: { locale: "en-US" } },
    );
});

scenario("a draft and a meeting that open with recipients have the line at once", async () => {
    for (const [kind, field] of /** @type {const} */ ([
        ["message", "to"],
        ["appointment", "requiredAttendees"],
    ])) {
        await outlook(
            async ({ page }) => {
                await page.evaluate(
                    ([what, fields]) => /** @type {any} */ (globalThis).milguardSimulation.outlook.open(what, fields),
                    /** @type {const} */ ([
                        kind,
                        { [field]: [{ emailAddress: WRONG, displayName: "Jane Doe", recipientType: "externalUser" }] },
                    ]),
                );
                await settled(page);
                assert.match((await notifications(page)).join(""), /us\.army\.ml/);
            },
            { kind },
        );
    }
});

scenario("the check of this Outlook tells what the client does, and nothing of the message", async () => {
    await outlook(async ({ page }) => {
        await enter(page, WRONG);
        const pane = await openPane(page);
        await pane.click("#about > summary");
        await pane.click("#check");
        await pane.waitForSelector("#check-next:not([hidden])");
        await enter(page, "tom@navy.ml");
        const written = () => pane.$eval("#check-text", (text) => /** @type {HTMLTextAreaElement} */ (text).value);
        await pane.waitForFunction(() =>
            /** @type {HTMLTextAreaElement} */ (document.getElementById("check-text")).value.includes("marks: taken away"),
        );
        const text = await written();
        for (const line of ["client: ", "requirement sets: Mailbox 1.1", "timer of 10 ms: ", "to.getAsync: ", "server: none", "event: "]) {
            assert.ok(text.includes(line), `${line}: ${text}`);
        }
        assert.ok(!text.includes("event: none") && !text.includes("@") && !text.includes("army"), text);
    });
});
