// @ts-check
// The browsers of the tests, as scripts/install-chromium installs them. The shell without a window draws and runs pages as
// Chromium does, in two thirds of its processor time. It is unfit for frames of other sites: it gives them storage
// that a browser would refuse, and keeps scripts in memory from frame to frame.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

/** The whole browser. */
const WHOLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
/** For pages of a single site. A system without it opens them in the whole browser. */
const SHELL = process.env.CHROMIUM ?? [`/usr/bin/chromium-headless-shell`, WHOLE].find(existsSync) ?? WHOLE;

/** Whether a page has frames of other sites. @typedef {"one site" | "several sites"} Sites */

/**
 * @param {Sites} sites
 * @param {readonly string[]} [flags]
 */
export function launch(sites, flags = []) {
    const executablePath = sites === "one site" ? SHELL : WHOLE;
    assert.ok(existsSync(executablePath), `${executablePath} is missing: run make e2e`);
    return chromium.launch({ executablePath, args: ["--no-sandbox", ...flags] });
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
        // A browser that failed to start must not prevent the rest of the clean-up.
        for (const started of await Promise.allSettled(this.#started.values())) {
            if (started.status === "fulfilled") {
                await started.value.close();
            }
        }
    }

    /** @param {Sites} sites */
    async #start(sites) {
        return launch(sites, sites === "several sites" ? await this.#flags() : []);
    }
}
