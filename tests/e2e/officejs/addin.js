// @ts-nocheck The imports are addresses of the window that the tests serve, not files.
// The imports are addresses of the window that the tests serve, not files. This replaces www/try/outlook/addin.js in tests
// on Office.js: an event runs in the add-in's own page, in a frame of another origin.

import { Bridge } from "/officejs/bridge.js";
import { NativeBridge } from "/officejs/native.js";

export { readManifest } from "/officejs/simulated-addin.js";

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */

const ADDIN = new URL("/outlook/", /** @type {any} */ (globalThis).officejsAddin).href;

export const PANE_URL = `${ADDIN}taskpane.html`;

/**
 * The bridge of the client that the test has chosen.
 *
 * @param {import("../../../www/try/outlook/office/outlook.js").Outlook} outlook
 * @param {Runtime} runtime
 * @param {import("./calls.js").Frame} how
 * @returns {Bridge | NativeBridge}
 */
export function openBridge(outlook, runtime, how) {
    const platform = /** @type {any} */ (globalThis).officejsPlatform;
    return platform === "web" ? new Bridge(outlook, runtime, how) : new NativeBridge(outlook, runtime, how, platform);
}

/**
 * @param {Runtime} runtime
 * @param {{ isScriptOnly: boolean, config: object | null }} how
 * @returns {Promise<() => void>} which ends the runtime
 */
export async function loadScript(runtime, { config }) {
    if (!(/** @type {any} */ (globalThis).officejsHasEvents)) {
        throw new Error("this window starts no page for an event");
    }
    const { outlook } = /** @type {any} */ (globalThis).milguardSimulation;
    await /** @type {any} */ (globalThis).officejsConfigure(config);
    const bridge = openBridge(outlook, runtime, { url: `${ADDIN}commands.html`, title: "Milguard" });
    bridge.frame.hidden = true;
    document.body.append(bridge.frame);
    bridge.load();
    try {
        await bridge.registered("appCommandInvoked");
    } catch (error) {
        bridge.end();
        throw error;
    }
    for (const name of Object.values({ ...outlook.manifest.events, ...outlook.manifest.mobileEvents })) {
        runtime.functions.set(String(name), (event) => bridge.invoke(String(name), event));
    }
    return () => bridge.end();
}
