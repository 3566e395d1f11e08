// @ts-check
// The add-in as Outlook loads it: its manifest, and its script in a new runtime for each event.

/** @typedef {import("./office/outlook.js").Manifest} Manifest */
/** @typedef {import("./office/outlook.js").Runtime} Runtime */

const FOLDER = new URL("../../outlook/", import.meta.url);

export const PANE_URL = new URL("taskpane.html", FOLDER).href;

/** Interfaces that a script-only client lacks and that a page can remove from a frame. */
const NOT_IN_SCRIPTS = ["WebAssembly", "TextDecoder", "TextEncoder", "fetch", "XMLHttpRequest", "localStorage", "indexedDB"];

/** @returns {Promise<Manifest>} */
export async function readManifest() {
    // This manifest is for this page alone; administrators install the manifest of a deployment.
    const url = new URL("./manifest.xml", location.href);
    const response = await fetch(url);
    if (!response.ok) {
        throw new Error(`${url.pathname}: HTTP ${response.status}`);
    }
    const xml = new DOMParser().parseFromString(await response.text(), "application/xml");
    const all = (/** @type {string} */ name) => [...xml.getElementsByTagNameNS("*", name)];
    const eventsOf = (/** @type {string} */ factor) =>
        all(factor).flatMap((form) => [...form.getElementsByTagNameNS("*", "LaunchEvent")]);
    const functions = (/** @type {Element[]} */ events) =>
        Object.fromEntries(events.map((event) => [event.getAttribute("Type") ?? "", event.getAttribute("FunctionName") ?? ""]));
    const events = eventsOf("DesktopFormFactor");
    const controls = all("Control").filter((control) => control.getElementsByTagNameNS("*", "Action").length > 0);
    return {
        name: all("DisplayName")[0]?.getAttribute("DefaultValue") ?? "",
        sendMode: /** @type {Manifest["sendMode"]} */ (
            events.map((event) => event.getAttribute("SendMode")).find((mode) => mode !== null) ?? "SoftBlock"
        ),
        events: functions(events),
        mobileEvents: functions(eventsOf("MobileFormFactor")),
        controls: controls.map((control) => control.getAttribute("id") ?? ""),
        icons: all("Image").map((image) => image.getAttribute("id") ?? "").filter((id) => id !== ""),
    };
}

/**
 * Runs the add-in's script in an empty frame.
 *
 * @param {Runtime} runtime
 * @param {{ isScriptOnly: boolean, config: object | null }} how `config` replaces the script's own configuration
 * @returns {Promise<() => void>} a function that ends the runtime
 */
export function loadScript(runtime, { isScriptOnly, config }) {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Milguard";
    document.body.append(frame);
    const scope = /** @type {Window & { Office?: unknown, milguardConfig?: unknown }} */ (frame.contentWindow);
    scope.Office = runtime.Office;
    if (isScriptOnly) {
        NOT_IN_SCRIPTS.forEach((name) => Object.defineProperty(scope, name, { value: undefined }));
    }
    // Runtimes that are a page load delivery.js first.
    const files = isScriptOnly ? ["launchevent.js"] : ["delivery.js", "launchevent.js"];
    return files
        .reduce(
            (before, file) => before.then(() => append(scope.document, new URL(file, FOLDER).href)),
            Promise.resolve(),
        )
        .then(
            () => {
                if (config !== null) {
                    scope.milguardConfig = config;
                }
                return () => frame.remove();
            },
            (error) => {
                frame.remove();
                throw error;
            },
        );
}

/**
 * @param {Document} document
 * @param {string} url
 * @returns {Promise<void>}
 */
function append(document, url) {
    const script = document.createElement("script");
    script.src = url;
    return new Promise((resolve, reject) => {
        script.addEventListener("load", () => resolve());
        script.addEventListener("error", () => reject(new Error(`${url} could not be loaded`)));
        document.head.append(script);
    });
}
