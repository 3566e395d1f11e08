// @ts-check
// Runs inside Thunderbird's main process, with its rights: finds windows and the pages of add-ins, and
// runs code in those pages.

const { Cc, ChromeUtils, Ci, Services } = /** @type {any} */ (globalThis);
const { clearTimeout, setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const COMPOSE = "chrome://messenger/content/messengercompose/messengercompose.xhtml";

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Checks again and again until a value exists.
 *
 * @template T
 * @param {string} what the expected thing, for the error
 * @param {number} timeoutMs
 * @param {() => T | Promise<T>} look
 * @param {number} [everyMs]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, timeoutMs, look, everyMs = 20) {
    const end = Date.now() + timeoutMs;
    for (;;) {
        const found = await look();
        if (found) {
            return found;
        }
        if (Date.now() > end) {
            throw new Error(`waited ${timeoutMs} ms for ${what}`);
        }
        await sleep(everyMs);
    }
}

/** @returns {any[]} */
export const windows = () => [...Services.wm.getEnumerator(null)];

/** @param {any} window */
export const idOf = (window) => window.docShell.outerWindowID;

/** @returns {any[]} */
export const composeWindows = () =>
    windows().filter((window) => !window.closed && window.location.href.startsWith(COMPOSE));

/**
 * @param {number} id
 * @returns {any} the window, or undefined if it is closed
 */
export const byId = (id) =>
    windows().find((window) => !window.closed && window.docShell && idOf(window) === id);

/**
 * @param {number} id
 * @returns {string}
 */
export const titleOf = (id) => byId(id).document.title;

/** Returns once the main window can be used. */
export async function waitMainWindow() {
    await until("the main window", 60_000, () => {
        const main = Services.wm.getMostRecentWindow("mail:3pane");
        return main?.document.readyState === "complete" && main.document.getElementById("tabmail");
    });
}

/** Every `<browser>` that shows a page of an add-in: a window of its own, a panel, a tab. */
function browsers() {
    return windows().flatMap((window) =>
        [...window.document.querySelectorAll("browser")]
            .filter((browser) => browser.currentURI?.spec.startsWith("moz-extension://"))
            // A crashed page keeps its address but has no process.
            .filter((browser) => browser.messageManager && browser.browsingContext?.currentWindowGlobal)
            .map((browser) => ({ window, browser })),
    );
}

/** @param {number} id */
function pageById(id) {
    const found = browsers().find(({ browser }) => browser.browserId === id);
    if (!found) {
        throw new Error("the page has closed");
    }
    return found;
}

/**
 * The visible pages of add-ins.
 *
 * @returns {{ id: number, path: string, window: number }[]}
 */
export const pages = () =>
    browsers()
        .filter(({ window, browser }) => {
            const { width } = browser.getBoundingClientRect();
            return width > 1 && !window.location.href.includes("hiddenWindow");
        })
        .map(({ window, browser }) => ({
            id: browser.browserId,
            path: browser.currentURI.filePath,
            window: idOf(window),
        }));

/**
 * Waits for a page whose `<html data-state>` says that it is complete.
 *
 * @param {string} path the end of the page's address
 * @param {number} timeoutMs
 * @param {number[]} [known] pages to ignore
 * @returns {Promise<{ id: number, path: string, window: number, shown: number }>} with the time when it was painted
 */
export function waitPage(path, timeoutMs, known = []) {
    return until(
        `the page ${path}`,
        timeoutMs,
        async () => {
            const page = pages().find((one) => one.path.endsWith(path) && !known.includes(one.id));
            try {
                const shown = page && (await inPage(page.id, SHOWN));
                return shown ? { ...page, shown } : null;
            } catch {
                // The page has not loaded yet, or has closed again.
                return null;
            }
        },
        5,
    );
}

// Waits in the page itself, which is faster than asking again and again, and for a frame to be drawn.
const SHOWN = `async (document) => {
    const window = document.defaultView;
    const end = Date.now() + 8000;
    while (!["ready", "failed"].includes(document.documentElement?.dataset.state)) {
        if (Date.now() > end) return null;
        await new Promise((resolve) => window.setTimeout(resolve, 5));
    }
    await new Promise((resolve) => window.requestAnimationFrame(() => window.setTimeout(resolve, 0)));
    return Date.now();
}`;

/**
 * Runs a function in a page, whatever process that is in. With `asPage` it runs as the page's own code;
 * otherwise it has more rights, and does not see changes made by the page's code.
 *
 * @param {number} id
 * @param {string} source of a function that gets the document and the argument
 * @param {unknown} [argument]
 * @param {boolean} [asPage]
 */
export async function inPage(id, source, argument, asPage = false) {
    // A panel loads its page in one browser and then shows it in another.
    const { browser } = await until("the page", 5000, () => browsers().find((one) => one.browser.browserId === id));
    return inBrowser(browser, source, argument, asPage);
}

/**
 * @param {any} browser
 * @param {string} source
 * @param {unknown} argument
 * @param {boolean} asPage
 * @returns {Promise<any>}
 */
export function inBrowser(browser, source, argument = null, asPage = false) {
    return new Promise((resolve, reject) => {
        const name = `milguard-tests:${Date.now()}:${Math.random()}`;
        const manager = browser.messageManager;
        const timer = setTimeout(() => done({ error: "the page did not answer in 30 s" }), 30_000);
        /** @param {{ value?: any, error?: string }} answer */
        const done = ({ value, error }) => {
            clearTimeout(timer);
            manager.removeMessageListener(name, listener);
            if (error === undefined) {
                resolve(value);
            } else {
                reject(new Error(error));
            }
        };
        const listener = (/** @type {any} */ message) => done(message.data);
        manager.addMessageListener(name, listener);
        const call = `(${source})(${asPage ? "document" : "content.document"}, ${JSON.stringify(argument)})`;
        const run = asPage
            ? `JSON.parse(await Cu.evalInSandbox(${JSON.stringify(
                  `(async () => JSON.stringify(await ${call} ?? null))()`,
              )}, Cu.Sandbox(content, { sandboxPrototype: content, wantXrays: false, sameZoneAs: content })))`
            : `await ${call}`;
        const script = `(async () => ${run})().then(
            (value) => sendAsyncMessage("${name}", { value: value ?? null }),
            (error) => sendAsyncMessage("${name}", { error: String(error) }));`;
        manager.loadFrameScript(`data:text/javascript;charset=utf-8,${encodeURIComponent(script)}`, false);
    });
}

/**
 * Closes the window of a page as the X of its title bar does, or its panel or tab.
 *
 * @param {number} id
 */
export function closePage(id) {
    const found = browsers().find(({ browser }) => browser.browserId === id);
    if (!found) {
        return;
    }
    const { window, browser } = found;
    const panel = browser.closest("panel");
    if (panel) {
        panel.hidePopup();
    } else if (window.location.href.includes("extensionPopup")) {
        window.close();
    } else {
        const tabmail = window.document.getElementById("tabmail");
        tabmail.closeTab(tabmail.tabInfo.find((/** @type {any} */ tab) => tab.browser === browser));
    }
}

/** The texts of Thunderbird's own open dialogs, which no test expects. */
export const prompts = () =>
    windows()
        .filter((window) => window.location.href.includes("commonDialog"))
        .map((window) => window.document.getElementById("infoBody")?.textContent ?? "?");

/** Closes Thunderbird's own dialogs. */
export function closePrompts() {
    for (const window of windows().filter((one) => one.location.href.includes("commonDialog"))) {
        window.close();
    }
}

/** Answers Thunderbird's own dialogs with their button to cancel. */
export function cancelPrompts() {
    for (const window of windows().filter((one) => one.location.href.includes("commonDialog"))) {
        window.document.getElementById("commonDialog").cancelDialog();
    }
}

/** Answers Thunderbird's own dialogs with their first button, once it is enabled. */
export async function acceptPrompts() {
    const open = () => windows().filter((one) => one.location.href.includes("commonDialog"));
    await until("the answer", 60_000, () => {
        for (const { document } of open()) {
            const dialog = document.getElementById("commonDialog");
            // Thunderbird adds the buttons after the window has opened.
            if (dialog?._buttons) {
                dialog.getButton("accept").click();
            }
        }
        return open().length === 0;
    });
}

/** @param {number} id */
export function placeOf(id) {
    const { screenX: left, screenY: top, outerWidth: width, outerHeight: height } = byId(id);
    return { left, top, width, height };
}

/** @param {string} part of the address of the dialog's page */
export const countWindows = (part) =>
    windows().filter((window) => !window.closed && window.location.href.includes(part)).length;

/** How windows reach the screen: "wayland" or "x11". */
export const windowProtocol = () => Cc["@mozilla.org/gfx/info;1"].getService(Ci.nsIGfxInfo).windowProtocol;

/** @param {number} id */
export async function maximise(id) {
    byId(id).maximize();
    await until("the window to be maximised", 30_000, () => byId(id).windowState === byId(id).STATE_MAXIMIZED);
}

/**
 * A picture of a page as Thunderbird draws it, even if another window covers it.
 *
 * @param {number} id
 * @returns {Promise<string>} a PNG in base64
 */
export async function drawPage(id) {
    const { window, browser } = pageById(id);
    const bitmap = await browser.browsingContext.currentWindowGlobal.drawSnapshot(null, 1, "white");
    return png(window, bitmap);
}

/**
 * @param {any} window
 * @param {any} bitmap
 * @returns {string}
 */
function png(window, bitmap) {
    const canvas = window.document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}

/**
 * Moves a window to its place in a picture.
 *
 * @param {number} id
 * @param {{ left: number, top: number, width?: number, height?: number }} place
 */
export async function place(id, { left, top, width, height }) {
    const window = byId(id);
    if (width && height) {
        window.resizeTo(width, height);
    }
    window.moveTo(left, top);
    await sleep(300);
}
