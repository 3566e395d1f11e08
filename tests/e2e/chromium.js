// @ts-check
// The browsers of the tests, as scripts/install-chromium installs them.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const WHOLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What a page needs: frames of other sites, or nothing of the kind. @typedef {"one site" | "several sites"} Sites */

/**
 * @param {Sites} _sites
 * @param {readonly string[]} [flags]
 */
export function launch(_sites, flags = []) {
    assert.ok(existsSync(WHOLE), `${WHOLE} is missing: run make e2e`);
    return chromium.launch({ executablePath: WHOLE, args: ["--no-sandbox", ...flags] });
}

/** The browsers of a file's tests, each started when the first test needs it. */
export class Browsers {
    /** @type {Map<Sites, Promise<import("playwright-core").Browser>>} */
    #started = new Map();
    #flags;

    /** @param {() => Promise<readonly string[]>} flags for several sites */
    constructor(flags) {
        this.#flags = flags;
    }

    /** @param {Sites} sites */
    for(sites) {
        const started = this.#started.get(sites) ?? this.#start(sites);
        this.#started.set(sites, started);
        return started;
    }

    async close() {
        for (const browser of this.#started.values()) {
            await (await browser).close();
        }
    }

    /** @param {Sites} sites */
    async #start(sites) {
        return launch(sites, sites === "several sites" ? await this.#flags() : []);
    }
}
