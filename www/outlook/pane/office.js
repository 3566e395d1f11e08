// @ts-check
// The way to Outlook. Office.js comes from Microsoft's servers or your own, which may be out of reach; the pane loads
// it itself, so that it can say so and is never blank while a network waits.

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

/** A slow line takes a few seconds; after this long, the pane tells the sender. */
const LOAD_MS = 20_000;

/** Office.js answers at once in Outlook; elsewhere it sometimes never answers. */
const READY_MS = 10_000;

/**
 * The global `Office`, when it is ready.
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
    // Microsoft's type has a number and no `null` here; Office.js gives the name of the host, and outside of one `null`.
    const { host } = /** @type {{ host?: string | null }} */ (/** @type {unknown} */ (info) ?? {});
    if (host !== "Outlook") {
        throw new OfficeError("outside", `the host is ${host ?? "none"}`);
    }
    return Office;
}

/** Where Office.js comes from, as rendered for the cloud. */
function officeUrls() {
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("office"));
    return Array.from(template?.content.querySelectorAll("script") ?? [], ({ src }) => src);
}

/**
 * The simulation that `/try/outlook/` offers to the pane in its frame. Only a page of the same origin can:
 * Outlook's own frame has another origin, and the browser does not let this page look into it.
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
