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
 * @property {Record<string, { message: string }>} [messages] in place of the language's own
 * @property {Stopped} [stopped] the message that the dialog asks about
 */

/**
 * @typedef {object} Stopped
 * @property {string[]} recipients
 * @property {string} subject
 */

const ADDIN = "dist/thunderbird/addin";
const TYPES = /** @type {Record<string, string>} */ ({
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
});

/**
 * Serves the add-in's own folder, under its own content security policy, and puts the stand-in into its pages.
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
    const own = async () => JSON.parse(await readFile(`www/_locales/${config.language ?? "en"}/messages.json`, "utf8"));
    const messages = config.messages ?? (await own());
    await page.addInitScript(pretend, { config, messages, version: manifest.version });
}

/**
 * Runs in the page, before anything else.
 *
 * @param {{ config: Config, messages: Record<string, { message: string }>, version: string }} given
 */
// eslint-disable-next-line max-lines-per-function -- it runs in the page, so it brings its helpers
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
            getMessage: (/** @type {string} */ key, /** @type {string | string[]} */ value = "") =>
                (messages[key]?.message ?? "").replace(/\$([1-9])/g, (_, place) => String([value].flat()[place - 1] ?? "")),
            getUILanguage: () => (config.language ?? "en").replace("_", "-"),
        },
        runtime: {
            getManifest: () => ({ version }),
            async sendMessage(/** @type {{ type?: string }} */ { type }) {
                if (config.isGuardGone) {
                    throw new Error("Could not establish connection.");
                }
                return type === "ask" && config.stopped ? { page: await askAbout(config.stopped) } : null;
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
        tabs: { onRemoved: event(), get: async () => ({ windowId: 1 }) },
        windows: { onFocusChanged: event(), async update() {} },
    };
    Object.assign(globalThis, { messenger });

    /**
     * The data that the event page hands over, made by its own modules.
     *
     * @param {Stopped} stopped
     */
    async function askAbout({ recipients, subject }) {
        // This function runs in the page, so it imports by the page's addresses.
        const load = (/** @type {string} */ module) => import(module);
        const [{ prepare }, { stopPage }] = await Promise.all(
            ["/thunderbird/draft.js", "/thunderbird/stop-page.js"].map(load),
        );
        const { milguard, checker, settings } = await prepare();
        const message = { recipients: recipients.map((address) => ({ address })), subject };
        const entries = recipients.map((address) => ({ address, field: "to", source: address, members: null, list: null }));
        const content = { subject, body: "", attachments: null };
        const verdict = { report: checker.check(message), entries, key: "key", content, settings, milguard };
        const decision = { message: "m", action: "sent-anyway", severity: "warn", recipients: [] };
        const circumstances = { subject, notice: "", typed: "", since: Date.now(), acceptsMail: () => true, decision };
        return stopPage(verdict, circumstances);
    }
}
