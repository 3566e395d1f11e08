// @ts-check
// A person's actions in the simulated Outlook, for tests. Each scenario runs with the simulated `Office` and with
// Microsoft's own (officejs/README.md).

import assert from "node:assert/strict";
import { test } from "node:test";

import { openOfficejs } from "./officejs/host.js";
import { ADDIN } from "./officejs/hosts.js";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {import("playwright-core").Frame} Frame */
/** @typedef {import("./browser.js").ContextOptions} ContextOptions */
/** @typedef {Partial<Record<"client" | "set" | "mode" | "policy" | "latency" | "fault", string>>} Choices */
/** @typedef {{ emailAddress: string, displayName: string, recipientType: string }} Entry */

export const WRONG = "jane.doe@us.army.ml";
export const RIGHT = "jane.doe@us.army.mil";

/**
 * Which `Office` the add-in finds: the simulated one, or Microsoft's, in Outlook on the web or in the client of that name.
 *
 * @typedef {"simulated" | "Office.js" | import("./officejs/host.js").Platform} Office
 */

/** @type {readonly Office[]} */
export const BOTH = ["simulated", "Office.js"];

/** For clients that Office.js for the web cannot represent. @type {readonly Office[]} */
export const SIMULATED = ["simulated"];

/** The `Office` of the running scenario; those of a file run one after the other. @type {Office} */
let current = "simulated";

/**
 * A test for each `Office`.
 *
 * @param {string} name
 * @param {() => Promise<void>} run
 * @param {readonly Office[]} [offices]
 */
export function scenario(name, run, offices = BOTH) {
    for (const office of offices) {
        test(`${name} (${office})`, async () => {
            current = office;
            try {
                await run();
            } finally {
                current = "simulated";
            }
        });
    }
}

/**
 * The address of the add-in's own pages in this scenario.
 *
 * @param {string} server
 */
export const addinOrigin = (server) => (current === "simulated" ? server : ADDIN);

/**
 * Opens the simulated Outlook with an empty message. Fails afterwards if the add-in has done something that
 * Microsoft's documentation forbids.
 *
 * @param {ReturnType<typeof import("./browser.js").browserTests>["open"]} open
 * @param {(opened: import("./browser.js").Opened) => Promise<void>} use
 * @param {{ choices?: Choices, language?: string, options?: ContextOptions, kind?: "message" | "appointment",
 *     prepare?: (page: Page) => Promise<unknown> }} [how]
 */
export function openOutlook(open, use, { choices = {}, language = "en", options = {}, kind = "message", prepare } = {}) {
    const platform = current === "Office.js" || current === "simulated" ? "web" : current;
    return open(
        async (opened) => {
            const { page } = opened;
            await choose(page, { latency: "0", ...choices });
            await page.click(`#new-${kind}`);
            // An event for the new item comes first, and must not see later changes.
            await settled(page);
            await use(opened);
            assert.deepEqual(await violations(page), []);
        },
        {
            path: `/try/outlook/?lang=${language}`,
            options,
            ...(current === "simulated" ? {} : { site: (page, server) => openOfficejs(page, server, { platform }) }),
            ...(prepare ? { prepare } : {}),
        },
    );
}

/**
 * @param {Page} page
 * @param {Choices} choices
 */
export async function choose(page, choices) {
    await page.evaluate(() => {
        /** @type {HTMLDetailsElement} */ (document.getElementById("settings")).open = true;
    });
    for (const [id, value] of Object.entries(choices)) {
        await page.selectOption(`#${id}`, value);
    }
    await page.evaluate(() => {
        /** @type {HTMLDetailsElement} */ (document.getElementById("settings")).open = false;
    });
}

/**
 * Types a recipient and waits until the add-in has seen it.
 *
 * @param {Page} page
 * @param {string} text
 * @param {string} [field]
 */
export async function enter(page, text, field = "to") {
    await page.fill(`#field-${field}`, text);
    await page.press(`#field-${field}`, "Enter");
    await settled(page);
}

/** Resolves when the add-in has answered all events so far. @param {Page} page */
export function settled(page) {
    return page.evaluate(() => /** @type {any} */ (globalThis).milguardSimulation.outlook.settled());
}

/** @param {Page} page @returns {Promise<string[]>} */
export function violations(page) {
    return page.evaluate(() => /** @type {any} */ (globalThis).milguardSimulation.outlook.violations());
}

/**
 * Puts recipients into a field in the form that Outlook would return, even if nobody could type
 * them.
 *
 * @param {Page} page
 * @param {Entry[]} entries
 * @param {string} [field]
 */
export async function put(page, entries, field = "to") {
    await page.evaluate(
        ([name, list]) => /** @type {any} */ (globalThis).milguardSimulation.outlook.setField(name, list),
        /** @type {const} */ ([field, entries]),
    );
    await settled(page);
}

/** @param {Page} page @param {string} [field] @returns {Promise<string[]>} addresses */
export function addressesIn(page, field = "to") {
    return page.evaluate(
        (name) =>
            /** @type {any} */ (globalThis).milguardSimulation.outlook.draft.fields[name].map(
                (/** @type {Entry} */ entry) => entry.emailAddress,
            ),
        field,
    );
}

/** @param {Page} page @returns {Promise<string[]>} the lines above the message */
export function notifications(page) {
    return page.$$eval("#notifications bdi", (lines) => lines.map((line) => line.textContent ?? ""));
}

/**
 * The pane's page, once it is complete.
 *
 * @param {Page} page
 * @param {"ready" | "failed"} [state]
 * @returns {Promise<Frame>}
 */
export async function paneOf(page, state = "ready") {
    const handle = await page.waitForSelector("#frame > iframe");
    const frame = await handle.contentFrame();
    assert.ok(frame);
    await frame.waitForSelector(`html[data-state=${state}]`);
    return frame;
}

/** @param {Page} page @param {"ready" | "failed"} [state] */
export async function openPane(page, state) {
    await page.click("#open-pane");
    return paneOf(page, state);
}

/**
 * Presses Send and returns the outcome: Outlook's dialog, or the recipients of the message.
 *
 * @param {Page} page
 */
export async function pressSend(page) {
    await page.click("#send");
    // Outlook's message after five seconds is not an answer yet, because a busy machine may need
    // longer.
    await page.waitForSelector("#question[open]:not([data-kind=slow]), #sent:not([hidden])");
    return page.evaluate(() => {
        const texts = (/** @type {string} */ selector) =>
            [...document.querySelectorAll(selector)].map((element) => element.textContent ?? "");
        const isAsking = document.querySelector("#question[open]") !== null;
        return {
            question: isAsking ? texts("#question .words").join("") : null,
            buttons: isAsking ? texts("#question button") : [],
            sentTo: isAsking ? null : texts("#sent-to dd"),
        };
    });
}

/** @param {Page} page @param {string} button its purpose: `take-action` … */
export function answer(page, button) {
    return page.click(`#question [data-button=${button}]`);
}

/**
 * Waits for the line that says what a press has done. Fails at once if it says something else.
 *
 * @param {Frame} pane
 * @param {string} words
 */
export async function noticed(pane, words) {
    const notice = await pane.waitForSelector("#notice:not(:empty)");
    const text = await notice.innerText();
    assert.ok(text.includes(words), text);
}

/** The content of the pane, as data. @param {Frame} pane */
export function shownIn(pane) {
    return pane.evaluate(() => {
        const texts = (/** @type {string} */ selector) =>
            [...document.querySelectorAll(selector)]
                .filter((element) => element.getClientRects().length > 0)
                .map((element) => element.textContent ?? "");
        return {
            lead: texts("#lead").join(""),
            summary: texts(".mg-summary").join(""),
            addresses: texts(".mg-address"),
            marks: texts(".mg-address mark"),
            notes: texts(".mg-note"),
            buttons: texts("#view button"),
            notice: texts("#notice").join(""),
            kept: texts("#kept-list > li"),
            partly: texts("#partly").join(""),
        };
    });
}

/**
 * Writes into a field of the pane. Keys go to the frame with the focus, and Chromium focuses a frame of another origin
 * late or not at all.
 *
 * @param {Frame} pane
 * @param {string} selector
 * @param {string} text
 */
export async function write(pane, selector, text) {
    const field = await pane.waitForSelector(selector);
    await field.evaluate((element, value) => {
        /** @type {HTMLTextAreaElement} */ (element).value = value;
        element.dispatchEvent(new Event("input", { bubbles: true }));
    }, text);
}
