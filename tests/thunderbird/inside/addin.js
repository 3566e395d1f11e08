// @ts-check
// Runs inside Thunderbird's main process: functions for the add-in as a whole.

import { byId, inBrowser, until } from "./windows.js";

const { ChromeUtils, Services, WebExtensionPolicy } = /** @type {any} */ (globalThis);

/** @param {string} id */
const extension = (id) => WebExtensionPolicy.getByID(id).extension;

/**
 * Returns once the policy has installed the add-in and its background page has run.
 *
 * @param {string} id
 */
export async function waitAddin(id) {
    const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
    const addon = await until(`the add-in ${id}`, 30_000, async () => {
        const found = await AddonManager.getAddonByID(id);
        return found?.isActive && WebExtensionPolicy.getByID(id)?.active ? found : null;
    });
    await WebExtensionPolicy.getByID(id).readyPromise;
    await until("the background page", 30_000, () => backgroundState(id) !== "starting");
    return {
        version: addon.version,
        uuid: WebExtensionPolicy.getByID(id).mozExtensionHostname,
        canBeRemoved: Boolean(addon.permissions & AddonManager.PERM_CAN_UNINSTALL),
        canBeDisabled: Boolean(addon.permissions & AddonManager.PERM_CAN_DISABLE),
    };
}

/**
 * Looks for updates of all add-ins as Thunderbird does by itself once a day, and waits for one that an add-in holds back.
 *
 * @param {string} id
 * @param {string} version
 */
export async function offerUpdate(id, version) {
    const { AddonManager, AddonManagerPrivate } = ChromeUtils.importESModule(
        "resource://gre/modules/AddonManager.sys.mjs",
    );
    // The promise of this call ends only once the update is installed.
    void AddonManagerPrivate.backgroundUpdateCheck();
    await until(`version ${version} of ${id} to be ready`, 60_000, async () => {
        const installs = await AddonManager.getAllInstalls();
        return installs.some((/** @type {any} */ one) => one.version === version && one.state === AddonManager.STATE_POSTPONED);
    });
}

/**
 * @param {string} id
 * @param {string} version that is installed and guards
 */
export async function waitVersion(id, version) {
    const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
    await until(`version ${version} of ${id}`, 30_000, async () => {
        const found = await AddonManager.getAddonByID(id);
        return found?.version === version && found.isActive && WebExtensionPolicy.getByID(id)?.extension?.version === version;
    });
    // The new version is "stopped" until its page exists, and guards nothing before that page has
    // run.
    await until("the guard of the new version", 30_000, () =>
        extension(id).persistentListeners?.get("compose")?.has("onBeforeSend"),
    );
}

/**
 * Restarts an add-in, so that it is the last of all to start.
 *
 * @param {string} id
 */
export async function reload(id) {
    const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
    await (await AddonManager.getAddonByID(id)).reload();
    await waitAddin(id);
}

/**
 * @param {string} id
 * @returns {string} `running`, `suspended`, `stopped` …
 */
export const backgroundState = (id) => extension(id).backgroundState ?? "none";

/**
 * Ends an event page as Thunderbird does after it was idle.
 *
 * @param {string} id
 */
export async function suspend(id) {
    await extension(id).terminateBackground({ ignoreDevToolsAttached: true });
    return backgroundState(id);
}

/**
 * Runs a function with the add-in's own rights in its background page, which wakes for it.
 *
 * @param {string} id
 * @param {string} source of a function that gets the document and the argument
 * @param {unknown} argument
 */
export async function inBackground(id, source, argument) {
    // The page may be starting at this moment; its view then appears later than its state.
    const view = await until("the background page", 30_000, async () => {
        if (["suspended", "stopped"].includes(backgroundState(id))) {
            await extension(id).wakeupBackground();
        }
        return [...extension(id).views].find((one) => one.viewType === "background" && one.xulBrowser);
    });
    return inBrowser(view.xulBrowser, source, argument, true);
}

/**
 * The add-in's process.
 *
 * @param {string} id
 * @returns {number} 0 if it has none
 */
export const processId = (id) =>
    [...extension(id).views].map((view) => view.xulBrowser?.frameLoader?.remoteTab?.osPid).find(Boolean) ?? 0;

/** @param {string} id */
const widget = (id) => id.toLowerCase().replace(/[^a-z0-9_-]/g, "_");

/**
 * @param {string} id of the add-in
 * @param {number} composeId
 * @returns {any}
 */
const button = (id, composeId) =>
    byId(composeId)?.document.getElementById(`${widget(id)}-composeAction-toolbarbutton`);

/**
 * What the add-in's button in the toolbar of a compose window shows.
 *
 * @param {string} id
 * @param {number} composeId
 */
export function badge(id, composeId) {
    const found = button(id, composeId);
    return (
        found && {
            text: found.getAttribute("badge") ?? "",
            title: found.getAttribute("tooltiptext") || found.getAttribute("label") || "",
            colour: found.getAttribute("badgeStyle") ?? found.badgeLabel?.style.backgroundColor ?? "",
        }
    );
}

/**
 * @param {string} id
 * @param {number} composeId
 */
export function pressButton(id, composeId) {
    button(id, composeId).click();
}

/**
 * @param {string} id
 * @param {number} composeId
 */
export const isButtonDisabled = (id, composeId) => Boolean(button(id, composeId)?.disabled);

/**
 * Opens a page of the add-in in a tab of the main window.
 *
 * @param {string} id
 * @param {string} path
 */
export function openTab(id, path) {
    const main = Services.wm.getMostRecentWindow("mail:3pane");
    main.focus();
    main.document.getElementById("tabmail").openTab("contentTab", {
        url: `moz-extension://${WebExtensionPolicy.getByID(id).mozExtensionHostname}/${path}`,
        linkHandler: "single-page",
        triggeringPrincipal: extension(id).principal,
    });
}

/**
 * @param {string} name
 * @param {string | number | boolean} value
 */
export function setPref(name, value) {
    const kinds = new Map([
        ["string", "setStringPref"],
        ["number", "setIntPref"],
        ["boolean", "setBoolPref"],
    ]);
    Services.prefs[kinds.get(typeof value) ?? ""](name, value);
}

/** Quits the application as its menu does. */
export function quit() {
    Services.startup.quit(Services.startup.eForceQuit);
}
