// @ts-nocheck The imports are addresses of the window that the tests serve, not files.
// The imports are addresses of the window that the tests serve, not files. This replaces www/try/outlook/addin.js in tests
// on Office.js: an event runs in the add-in's own page, in a frame of another origin.

import { Bridge } from "/officejs/bridge.js";

export { readManifest } from "/officejs/simulated-addin.js";

/** @typedef {import("../../../www/try/outlook/office/office.js").Runtime} Runtime */

const ADDIN = new URL("/outlook/", /** @type {any} */ (globalThis).officejsAddin).href;

export const PANE_URL = `${ADDIN}taskpane.html`;

/**
 * @param {Runtime} runtime
 * @param {{ isScriptOnly: boolean, config: object | null }} how
 * @returns {Promise<() => void>} which ends the runtime
 */
export async function loadScript(runtime, { config }) {
    const { outlook } = /** @type {any} */ (globalThis).milguardSimulation;
    await /** @type {any} */ (globalThis).officejsConfigure(config);
    const bridge = new Bridge(outlook, runtime, { url: `${ADDIN}commands.html`, title: "Milguard" });
    bridge.frame.hidden = true;
    document.body.append(bridge.frame);
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
