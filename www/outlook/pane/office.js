// @ts-check
// Connects the pane to Outlook. Office.js comes from Microsoft's servers or your own. The pane loads it by script, so that
// it is not blank meanwhile, and can say if the server does not answer.

/** `unreachable`: Office.js did not arrive; `outside`: it arrived, but does not run in Outlook. */
export class OfficeError extends Error {
    /**
     * @param {"unreachable" | "outside"} reason
     * @param {string} detail
     */
    constructor(reason, detail) {
        super(detail);
        this.name = "OfficeError";
        this.reason = reason;
    }
}

/** A slow connection takes a few seconds; after this time, the pane says that Office.js did not arrive. */
const LOAD_MS = 20_000;

/** Office.js answers at once in Outlook; elsewhere it sometimes never answers. */
const READY_MS = 10_000;

/**
 * Resolves to the global `Office` once that is ready.
 *
 * @returns {Promise<import("../host.js").OfficeApi>}
 * @throws {OfficeError}
 */
export async function connectOffice() {
    const simulated = simulatedOffice();
    if (simulated) {
        return simulated;
    }
    const urls = officeUrls();
    // The scripts load one after the other, because Office.js on your own server needs the script before it.
    for (const url of urls) {
        await within(LOAD_MS, loadScript(url), new OfficeError("unreachable", `${url}: no answer`));
    }
    const { Office } = globalThis;
    if (typeof Office?.onReady !== "function") {
        throw new OfficeError("unreachable", `${urls.join(" ")}: not Office.js`);
    }
    const info = await within(READY_MS, Office.onReady(), new OfficeError("outside", "Office.js is not answered"));
    // Microsoft types `host` as a number. Office.js gives the name of the host, or `null` outside Office.
    const { host } = /** @type {{ host?: string | null }} */ (/** @type {unknown} */ (info) ?? {});
    if (host !== "Outlook") {
        throw new OfficeError("outside", `the host is ${host ?? "none"}`);
    }
    return Office;
}

/** The addresses of Office.js in the page: rendering the add-in for a cloud writes that cloud's. */
function officeUrls() {
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("office"));
    return Array.from(template?.content.querySelectorAll("script") ?? [], ({ src }) => src);
}

/**
 * The simulation that `/try/outlook/` offers to the pane in its frame. Only a page of the same origin can offer one: the
 * page around the pane in Outlook has another origin, and the browser does not let the pane read it.
 */
function simulatedOffice() {
    try {
        /** @type {Window & { milguardSimulation?: { openPane(pane: Window): import("../host.js").OfficeApi } }} */
        const { milguardSimulation: simulation } = window.parent;
        return window.parent === window ? null : (simulation?.openPane(window) ?? null);
    } catch {
        return null;
    }
}

/**
 * @param {string} url
 * @returns {Promise<void>}
 */
function loadScript(url) {
    return new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = url;
        script.addEventListener("load", () => resolve());
        script.addEventListener("error", () => reject(new OfficeError("unreachable", `${url}: not loaded`)));
        document.head.append(script);
    });
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} promise
 * @param {Error} error
 * @returns {Promise<T>}
 */
function within(ms, promise, error) {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(error), ms);
        promise.then(resolve, reject).finally(() => clearTimeout(timer));
    });
}
