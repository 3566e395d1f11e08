// @ts-check
// A page of the add-in in Thunderbird: the dialog at Send, the popup of its button, its options.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";

/** @typedef {import("./thunderbird.js").Thunderbird} Thunderbird */

export class Page {
    /**
     * @param {Thunderbird} thunderbird
     * @param {{ id: number, path: string, window: number, shown: number }} found
     */
    constructor(thunderbird, { id, path, window, shown }) {
        this.thunderbird = thunderbird;
        this.id = id;
        this.path = path;
        this.window = window;
        /** The time when the page was painted completely. */
        this.shown = shown;
    }

    /**
     * Waits for a page to be on screen.
     *
     * @param {Thunderbird} thunderbird
     * @param {string} path
     * @param {{ timeoutMs?: number, known?: Page[] }} [how]
     */
    static async wait(thunderbird, path, { timeoutMs = 60_000, known = [] } = {}) {
        const ids = known.map(({ id }) => id);
        return new Page(thunderbird, await thunderbird.windows("waitPage", path, timeoutMs, ids));
    }

    /**
     * Runs a function in the page, with rights that the page's policy does not restrict.
     *
     * @template A, R
     * @param {(document: Document, argument: A) => R} run must use nothing from its surroundings
     * @param {A} [argument]
     * @returns {Promise<Awaited<R>>}
     */
    run(run, argument) {
        return this.thunderbird.windows("inPage", this.id, String(run), argument);
    }

    /** @returns {Promise<string>} the visible text */
    text() {
        return this.run((document) => document.body.innerText);
    }

    /**
     * Presses a control as a person does who sees it and finds it enabled.
     *
     * @param {string} selector
     */
    async press(selector) {
        const problem = await this.run((document, wanted) => {
            const found = /** @type {HTMLButtonElement | null} */ (document.querySelector(wanted));
            if (!found || found.getClientRects().length === 0) {
                return `nothing to press is at ${wanted}`;
            }
            if (found.disabled) {
                return `${wanted} is disabled`;
            }
            found.focus();
            // The press comes after the answer, because the page may close at once.
            document.defaultView?.setTimeout(() => found.click(), 0);
            return null;
        }, selector);
        assert.equal(problem, null);
    }

    /**
     * Presses a real key, with the page's window in front.
     *
     * @param {string} key as xdotool names it
     */
    async key(key) {
        const title = await this.thunderbird.windows("titleOf", this.window);
        await this.thunderbird.display.press(key, title);
    }

    /**
     * @param {string} selector
     * @param {string} text
     */
    fill(selector, text) {
        return this.run(
            (document, [where = "", value = ""]) => {
                const field = /** @type {HTMLTextAreaElement} */ (document.querySelector(where));
                field.focus();
                field.value = value;
                const { Event } = /** @type {any} */ (document.defaultView);
                field.dispatchEvent(new Event("input", { bubbles: true }));
            },
            [selector, text],
        );
    }

    /** @param {string} selector */
    isEnabled(selector) {
        return this.run((document, wanted) => {
            const found = /** @type {HTMLButtonElement | null} */ (document.querySelector(wanted));
            return Boolean(found && found.getClientRects().length > 0 && !found.disabled);
        }, selector);
    }

    /** Presses the X of its title bar. */
    close() {
        return this.thunderbird.windows("closePage", this.id);
    }

    async isOpen() {
        const pages = await this.thunderbird.windows("pages");
        return pages.some((/** @type {{ id: number }} */ page) => page.id === this.id);
    }

    async waitClosed() {
        const end = Date.now() + 60_000;
        while (await this.isOpen()) {
            assert.ok(Date.now() < end, `${this.path} stays open`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
    }

    /**
     * The content of the warning view.
     *
     * @returns {Promise<{ address: string, severity: string, text: string, actions: string[] }[]>}
     */
    entries() {
        return this.run((document) =>
            [...document.querySelectorAll(".mg-entry")].map((entry) => ({
                address: entry.querySelector(".mg-address")?.textContent ?? "",
                severity: entry.getAttribute("data-severity") ?? "",
                text: /** @type {HTMLElement} */ (entry).innerText,
                actions: [...entry.querySelectorAll("button")].map((one) => one.dataset.action ?? ""),
            })),
        );
    }

    /** Checks that axe-core finds nothing, and that nothing is wider than the window. */
    async assertAccessible() {
        const surplus = await this.run(
            (document) => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.ok(surplus <= 0, `${this.path} is ${surplus} px too wide`);
        const axe = await readFile("node_modules/axe-core/axe.min.js", "utf8");
        const run = `async (document) => {
            ${axe};
            const { violations } = await axe.run(document, { resultTypes: ["violations"] });
            return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html));
        }`;
        const found = await this.thunderbird.windows("inPage", this.id, run, null, true);
        assert.deepEqual(found, [], this.path);
    }

    /** @param {string} name */
    async picture(name) {
        const data = await this.thunderbird.windows("drawPage", this.id);
        await writeFile(this.thunderbird.record(`${name}.png`), Buffer.from(data, "base64"));
    }
}
