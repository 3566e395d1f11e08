// @ts-check
// Outlook for desktops and phones: Office.js has a file for each client, which makes the same calls in other ways. In
// each client the add-in loads, reads the recipients and answers its events; the pane corrects, keeps and hears of
// changes.

import assert from "node:assert/strict";

import { browserTests } from "./browser.js";
import { assertNothingLeft, controlsOf, focused, focusIn, isInPane, pressTab } from "./keyboard.js";
import {
    addressesIn,
    answer,
    enter,
    noticed,
    notifications,
    openOutlook,
    openPane,
    pressSend,
    put,
    RIGHT,
    scenario,
    settled,
    shownIn,
    WRONG,
} from "./outlook.js";

const { open } = browserTests();

/** @typedef {import("./officejs/host.js").Platform} Platform */
/** @typedef {import("./outlook.js").Frame} Frame */

/**
 * Each bridge, with the simulated client behind it and what Office.js says of it. Outlook for iOS has no simulation of its own; the two
 * phones differ in their bridge alone. The file for Outlook for Mac has three bridges, and looks which of them the page has.
 *
 * @type {readonly { platform: Platform, client: string, hostName: string, named: string }[]}
 */
const BRIDGES = [
    { platform: "Mac", client: "mac", hostName: "Outlook", named: "Mac" },
    { platform: "Mac, functions", client: "mac", hostName: "Outlook", named: "Mac" },
    { platform: "Mac, external", client: "mac", hostName: "Outlook", named: "Mac" },
    { platform: "iOS", client: "android", hostName: "OutlookIOS", named: "iOS" },
    { platform: "Android", client: "android", hostName: "OutlookAndroid", named: "Android" },
    { platform: "Windows", client: "classic-windows", hostName: "Outlook", named: "PC" },
];

const KINDS = /** @type {const} */ ([
    ["message", "to"],
    ["appointment", "requiredAttendees"],
]);
const ANN = { emailAddress: "ann@us.army.mil", displayName: "Ann", recipientType: "user" };
const JANE = { emailAddress: WRONG, displayName: "Jane Doe", recipientType: "externalUser" };

// Each bridge has only two scenarios, because opening the window takes longer than the actions in it.
for (const { platform, client, hostName, named } of BRIDGES) {
    const choices = { client };
    const hasSend = client !== "android";

    scenario("the event pages read the recipients, show the line, ask at Send, and answer each event once", async () => {
        await openOutlook(
            open,
            async ({ page }) => {
                await put(page, [ANN]);
                assert.deepEqual(await notifications(page), []);
                await enter(page, WRONG);
                const [line = ""] = await notifications(page);
                assert.ok(line.startsWith(`${WRONG}: `) && line.includes(RIGHT), line);
                for (const [kind, field] of hasSend ? KINDS : []) {
                    await page.click(`#new-${kind}`);
                    await settled(page);
                    await put(page, [ANN, JANE], field);
                    assert.match(String((await pressSend(page)).question), /us\.army\.ml/);
                    await answer(page, "dont-send");
                    await put(page, [ANN], field);
                    assert.deepEqual(await notifications(page), []);
                    assert.deepEqual((await pressSend(page)).sentTo, [ANN.emailAddress]);
                }
            },
            { choices },
        );
    }, [platform]);

    scenario("the pane knows its client, reads, hears of changes, corrects, keeps, and is used by Tab", async () => {
        await openOutlook(
            open,
            async ({ page }) => {
                let pane = await openPane(page);
                assert.deepEqual(await clientOf(pane), { hostName, platform: named });
                await pane.waitForSelector("#empty:not([hidden])");
                await put(page, [ANN, JANE]);
                await pane.waitForSelector(".mg-address");
                assert.deepEqual((await shownIn(pane)).addresses, [WRONG]);
                await focusIn(page, pane, "#title");
                for (const name of await controlsOf(pane)) {
                    await pressTab(page);
                    assert.equal(await focused(page), name);
                }
                await pressTab(page);
                assert.equal(await isInPane(page), false);
                await assertNothingLeft(page);
                await pane.click("[data-action=use-suggestion]");
                await noticed(pane, "Replaced");
                assert.deepEqual(await addressesIn(page), [ANN.emailAddress, RIGHT]);

                await put(page, [JANE]);
                await pane.waitForSelector("[data-action=keep]");
                await pane.click("[data-action=keep]");
                await pane.waitForSelector("#kept:not([hidden])");
                await saveSetting(pane, "milguard.test", "stored");
                await page.waitForFunction(() =>
                    /** @type {any} */ (globalThis).milguardSimulation.outlook.mailbox.settings.includes("milguard.test"),
                );
                // With Jane, these are as many recipients as this client reads, which may leave out others.
                const people = Array.from({ length: hasSend ? 499 : 99 }, (_, at) => `person${at}@contractor.example`);
                await put(page, [JANE, ...people.map((emailAddress) => ({ ...ANN, emailAddress }))]);
                await page.click("#close-pane");
                pane = await openPane(page);
                const { kept, partly } = await shownIn(pane);
                assert.deepEqual(kept, [`${WRONG}Ask again`]);
                assert.match(partly, /may have provided only the first recipients in: To/);
                assert.equal(await readSetting(pane, "milguard.test"), "stored");
            },
            { choices },
        );
    }, [platform]);
}

/** @param {Frame} pane */
function clientOf(pane) {
    return pane.evaluate(() => {
        const { mailbox, platform } = /** @type {any} */ (globalThis).Office.context;
        return { hostName: mailbox.diagnostics.hostName, platform };
    });
}

/** @param {Frame} pane @param {string} name @param {string} value */
function saveSetting(pane, name, value) {
    return pane.evaluate(
        ([key, text]) =>
            new Promise((resolve) => {
                const { roamingSettings } = /** @type {any} */ (globalThis).Office.context;
                roamingSettings.set(key, text);
                roamingSettings.saveAsync(() => resolve(null));
            }),
        [name, value],
    );
}

/** @param {Frame} pane @param {string} name */
function readSetting(pane, name) {
    return pane.evaluate((key) => /** @type {any} */ (globalThis).Office.context.roamingSettings.get(key), name);
}
