// @ts-check
// The add-in for Outlook in a simulated one: the pane, the line on the message and the question at Send, together.

import assert from "node:assert/strict";
import { browserTests, picture } from "./browser.js";
import {
    addressesIn,
    answer,
    enter,
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
    SIMULATED,
    write,
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

scenario("Send asks, the pane puts the right address in, and then Send goes", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `ann@contractor.example, ${WRONG}`);
        const { question, buttons } = await pressSend(page);
        assert.ok(question?.includes(WRONG) && question.includes(RIGHT), String(question));
        assert.deepEqual(buttons, ["Check recipients", "Send anyway", "Don’t Send"]);
        await page.screenshot({ path: picture("outlook-question") });
        await answer(page, "take-action");
        const pane = await paneOf(page);
        const shown = await shownIn(pane);
        assert.equal(shown.lead, "The message has not been sent: a recipient does not look right.");
        assert.deepEqual([shown.addresses, shown.marks], [[WRONG], ["ml"]]);
        assert.deepEqual(shown.buttons, [`Use ${RIGHT}`, "Remove", "Keep"]);
        await page.screenshot({ path: picture("outlook-stopped") });
        await pane.click("[data-action=use-suggestion]");
        await pane.waitForSelector("#notice:has-text('Replaced')");
        const fixed = await shownIn(pane);
        assert.deepEqual([fixed.summary, fixed.notice], ["No recipient stands out.", `Replaced by ${RIGHT}`]);
        assert.equal(fixed.lead, "You can send this message now. Choose “Send” in Outlook.");
        assert.deepEqual(await addressesIn(page), ["ann@contractor.example", RIGHT]);
        await settled(page);
        assert.deepEqual(await notifications(page), []);
        const { sentTo } = await pressSend(page);
        assert.deepEqual(sentTo, ["ann@contractor.example", RIGHT]);
        await page.screenshot({ path: picture("outlook-sent") });
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
        await pane.waitForSelector("#notice:has-text('Removed')");
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

scenario("the pane follows what happens to the message", async () => {
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
        await pane.waitForSelector("#notice:has-text('Replaced')");
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
        await pane.waitForSelector("#notice:has-text('Milguard changed nothing')");
        assert.equal((await addressesIn(page)).length, 3);
        // No add-in sees text that is typed but not entered, which the pane always says.
        assert.match(await pane.innerText("main"), /names that Outlook has not resolved yet/);
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
        await pane.waitForSelector("#notice:has-text('Removed')");
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

// Chromium 156 does not let a page focus a frame of another origin, so these three tests cannot run on Office.js.
scenario("by keyboard alone a look-alike is corrected and the message sent", async () => {
    await outlook(async ({ page }) => {
        await page.focus("#field-to");
        await page.keyboard.type(WRONG);
        await page.keyboard.press("Enter");
        await settled(page);
        await page.focus("#window-title ~ button");
        await tabTo(page, "Send");
        await page.keyboard.press("Enter");
        await page.waitForSelector("#question[open]");
        await tabTo(page, "Check recipients");
        await page.keyboard.press("Enter");
        const pane = await paneOf(page);
        await tabTo(page, `Use ${RIGHT}`);
        await page.keyboard.press("Enter");
        await pane.waitForSelector("#lead:has-text('Choose “Send”')");
        assert.equal(await pane.evaluate(() => document.activeElement?.className), "mg-summary");
        await page.focus("#new-message");
        await tabTo(page, "Send");
        await page.keyboard.press("Enter");
        await page.waitForSelector("#sent:not([hidden])");
    });
}, SIMULATED);

scenario("every control of the pane is reached by Tab, in the order of the page, and the last one leads out", async () => {
    await outlook(async ({ page }) => {
        await enter(page, `${WRONG}, tom@navy.ml`);
        const pane = await openPane(page);
        await pane.click("[data-action=keep] >> nth=0");
        await pane.waitForSelector("#kept:not([hidden])");
        await focusIn(page, pane, "#title");
        const wanted = await pane.$$eval("a[href], button, summary", (all) =>
            all.filter((one) => one.checkVisibility()).map((one) => one.textContent?.trim() ?? ""),
        );
        assert.ok(wanted.includes("Policy and version") && wanted.length >= 5, wanted.join());
        for (const name of wanted) {
            await pressTab(page);
            assert.equal(await focused(page), name);
        }
        await pressTab(page);
        assert.equal(await page.evaluate(() => document.activeElement?.tagName === "IFRAME"), false, "out of the pane");
        await focusIn(page, pane, "#about > summary");
        await page.keyboard.press("Enter");
        await pane.waitForSelector("#about[open]");
    });
}, SIMULATED);

scenario("the question for a reason holds the focus, and Escape closes it alone", async () => {
    await outlook(
        async ({ page }) => {
            await enter(page, WRONG);
            const pane = await openPane(page);
            await focusIn(page, pane, "[data-action=keep]");
            await page.keyboard.press("Enter");
            await pane.waitForSelector("#keep[open]");
            await write(pane, "#justification", "A partner in Mali");
            await pane.waitForSelector("#keep-submit:enabled");
            const order = [];
            for (let presses = 0; presses < 4; presses += 1) {
                await pressTab(page);
                order.push(await pane.evaluate(() => document.activeElement?.id));
            }
            assert.deepEqual(order, ["keep-cancel", "keep-submit", "justification", "keep-cancel"]);
            await pressTab(page, "Shift+Tab");
            await pressTab(page, "Shift+Tab");
            assert.equal(await pane.evaluate(() => document.activeElement?.id), "keep-submit");
            await page.keyboard.press("Escape");
            await pane.waitForSelector("#keep:not([open])", { state: "attached" });
            assert.equal(await pane.evaluate(() => document.activeElement?.getAttribute("data-action")), "keep");
            assert.equal(await page.evaluate(() => document.activeElement?.tagName), "IFRAME", "still in the pane");
        },
        { choices: { policy: "agency (asks for a reason)" } },
    );
}, SIMULATED);

/** If the pane is of another origin, focus moves between processes: it has arrived when both sides say so. */
async function focusIn(/** @type {Page} */ page, /** @type {import("playwright-core").Frame} */ pane, /** @type {string} */ selector) {
    await pane.focus(selector);
    await page.waitForFunction(() => document.activeElement?.tagName === "IFRAME");
    await pane.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
}

/** Presses the key and waits until the focus is elsewhere, for the same reason. */
async function pressTab(/** @type {Page} */ page, key = "Tab") {
    const before = await place(page);
    await page.keyboard.press(key);
    for (let looks = 0; looks < 100 && (await place(page)) === before; looks += 1) {
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/**
 * The document with the focus, the pane or the window around it. `iframe:focus` matches only in some releases of Chromium.
 */
async function focusedFrame(/** @type {Page} */ page) {
    const active = (await page.evaluateHandle(() => document.activeElement)).asElement();
    return (await active?.contentFrame()) ?? page.mainFrame();
}

/** The element with the focus. */
async function place(/** @type {Page} */ page) {
    const frame = await focusedFrame(page);
    const index = await frame.evaluate(() => [...document.querySelectorAll("*")].indexOf(/** @type {Element} */ (document.activeElement)));
    return `${frame.url()} ${index}`;
}

/** The text of the focused element, in the pane too. @param {import("playwright-core").Page} page */
async function focused(page) {
    const frame = await focusedFrame(page);
    return frame.evaluate(() => document.activeElement?.textContent?.trim());
}

/** @param {import("playwright-core").Page} page @param {string} wanted */
async function tabTo(page, wanted) {
    for (let presses = 0; presses < 60; presses += 1) {
        if ((await focused(page)) === wanted) {
            return;
        }
        await pressTab(page);
    }
    assert.fail(`no way by keyboard to ${wanted}`);
}
