// @ts-check
// The add-in as Outlook finds it: what its manifest says, and its script in a runtime of its own for each event.

/** @typedef {import("./office/outlook.js").Manifest} Manifest */
/** @typedef {import("./office/outlook.js").Runtime} Runtime */

const FOLDER = new URL("../../outlook/", import.meta.url);

export const PANE_URL = new URL("taskpane.html", FOLDER).href;

/** What the script must do without where it runs outside of a page, as far as a page can take it away. */
const NOT_IN_SCRIPTS = ["WebAssembly", "TextDecoder", "TextEncoder", "fetch", "XMLHttpRequest", "localStorage", "indexedDB"];

/** @returns {Promise<Manifest>} */
export async function readManifest() {
    const url = new URL("manifest.xml", FOLDER);
    const response = await fetch(url);
    if (!response.ok) {
        throw new Error(`${url.pathname}: HTTP ${response.status}`);
    }
    const xml = new DOMParser().parseFromString(await response.text(), "application/xml");
    const all = (/** @type {string} */ name) => [...xml.getElementsByTagNameNS("*", name)];
    const events = all("LaunchEvent");
    const controls = all("Control").filter((control) => control.getElementsByTagNameNS("*", "Action").length > 0);
    return {
        name: all("DisplayName")[0]?.getAttribute("DefaultValue") ?? "",
        sendMode: /** @type {Manifest["sendMode"]} */ (
            events.map((event) => event.getAttribute("SendMode")).find((mode) => mode !== null) ?? "SoftBlock"
        ),
        events: Object.fromEntries(
            events.map((event) => [event.getAttribute("Type") ?? "", event.getAttribute("FunctionName") ?? ""]),
        ),
        controls: controls.map((control) => control.getAttribute("id") ?? ""),
        icons: all("Image").map((image) => image.getAttribute("id") ?? "").filter((id) => id !== ""),
    };
}

/**
 * Runs the script in an empty frame.
 *
 * @param {Runtime} runtime
 * @param {{ isScriptOnly: boolean, config: object | null }} how `config` in place of the one that the script brings
 * @returns {Promise<() => void>} which ends the runtime
 */
export function loadScript(runtime, { isScriptOnly, config }) {
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.title = "Milguard";
    document.body.append(frame);
    const scope = /** @type {any} */ (frame.contentWindow);
    scope.Office = runtime.Office;
    if (isScriptOnly) {
        NOT_IN_SCRIPTS.forEach((name) => Object.defineProperty(scope, name, { value: undefined }));
    }
    const script = scope.document.createElement("script");
    script.src = new URL("launchevent.js", FOLDER).href;
    return new Promise((resolve, reject) => {
        script.addEventListener("load", () => {
            if (config !== null) {
                scope.milguardConfig = config;
            }
            resolve(() => frame.remove());
        });
        script.addEventListener("error", () => {
            frame.remove();
            reject(new Error("launchevent.js could not be loaded"));
        });
        scope.document.head.append(script);
    });
}
