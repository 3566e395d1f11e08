// @ts-check
// Pages of the Thunderbird add-in in the browser, with a stand-in for Thunderbird's interface.

import { readFile } from "node:fs/promises";
import path from "node:path";

/** @typedef {import("playwright-core").Page} Page */

/**
 * @typedef {object} Config what the stand-in says
 * @property {string} [language] a folder of `_locales`
 * @property {any} [managed]
 * @property {any} [stored] in `storage.local`
 * @property {boolean} [isGuardGone]
 * @property {boolean} [isStorageFull]
 */

const ADDIN = "dist/thunderbird/addin";
const TYPES = /** @type {Record<string, string>} */ ({
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
});

/**
 * Serves the add-in's own folder, under its own policy for content, and puts the stand-in into its pages.
 *
 * @param {Page} page
 * @param {Config} [config]
 */
export async function prepareAddin(page, config = {}) {
    const manifest = JSON.parse(await readFile(`${ADDIN}/manifest.json`, "utf8"));
    const policy = manifest.content_security_policy.extension_pages;
    await page.route("**/thunderbird/**", async (route) => {
        const name = path.basename(new URL(route.request().url()).pathname);
        await route.fulfill({
            body: await readFile(`${ADDIN}/thunderbird/${name}`),
            contentType: TYPES[path.extname(name)] ?? "",
            headers: { "Content-Security-Policy": policy },
        });
    });
    const messages = JSON.parse(await readFile(`www/_locales/${config.language ?? "en"}/messages.json`, "utf8"));
    await page.addInitScript(pretend, { config, messages, version: manifest.version });
}

/**
 * Runs in the page, before anything else.
 *
 * @param {{ config: Config, messages: Record<string, { message: string }>, version: string }} given
 */
function pretend({ config, messages, version }) {
    const event = () => ({ addListener() {}, removeListener() {} });
    const area = (/** @type {Record<string, any>} */ values) => ({
        async get(/** @type {string | string[]} */ keys) {
            return Object.fromEntries([keys].flat().flatMap((key) => (key in values ? [[key, values[key]]] : [])));
        },
        async set(/** @type {object} */ more) {
            if (config.isStorageFull) {
                throw new Error("the storage is full");
            }
            Object.assign(values, more);
        },
        async remove(/** @type {string} */ key) {
            delete values[key];
        },
    });
    const messenger = {
        i18n: {
            getMessage: (/** @type {string} */ key, value = "") =>
                (messages[key]?.message ?? "").replaceAll("$1", () => String(value)),
            getUILanguage: () => (config.language ?? "en").replace("_", "-"),
        },
        runtime: {
            getManifest: () => ({ version }),
            async sendMessage() {
                if (config.isGuardGone) {
                    throw new Error("Could not establish connection.");
                }
                return null;
            },
            onMessage: event(),
        },
        storage: {
            local: area(config.stored ?? {}),
            session: area({}),
            managed: {
                async get() {
                    if (!config.managed) {
                        throw new Error("Managed storage manifest not found");
                    }
                    return config.managed;
                },
            },
            onChanged: event(),
        },
        alarms: { onAlarm: event(), async create() {}, async clear() {}, async get() {} },
    };
    Object.assign(globalThis, { messenger });
}
