// @ts-check
// Places the dialog's window on the monitor of its message, and makes it as high as its content.

/** The smallest difference in height, in pixels, for which the window is resized. */
const TOLERANCE_PX = 12;

/**
 * How often the window may still be fitted after its size has changed. A window manager adds its frame late, so the size
 * set before is too small. With a larger number, the dialog would undo the sender's own changes of its size.
 */
let corrections = 2;

/**
 * Thunderbird opens every window on the first monitor, even if the caller gives another place. If the message is on another
 * monitor, the dialog moves there. It cannot learn how large that monitor is: `screen` still describes the first one.
 *
 * @param {number} left the place that `dialogs.js` asked for
 * @param {number} top
 */
export async function settle(left, top) {
    const { availLeft, availTop, availWidth, availHeight } = /** @type {Screen & { availLeft: number, availTop: number }} */ (screen);
    const isAcross = isWithin(left + outerWidth / 2, availLeft, availWidth);
    if (!isAcross || !isWithin(top, availTop, availHeight)) {
        const place = { left: isAcross ? left : beside(left, availLeft, availWidth), top };
        await messenger.windows.update(messenger.windows.WINDOW_ID_CURRENT, place).catch(() => {});
    }
}

/**
 * The place from the left for a window on another monitor. A dialog over a narrow message near the first monitor's edge would
 * lie on both monitors, so it moves away from the first one.
 *
 * @param {number} left
 * @param {number} from the left edge of the first monitor
 * @param {number} length its width
 */
function beside(left, from, length) {
    const end = from + length;
    return left < from ? Math.min(left, from - outerWidth) : Math.max(left, end);
}

/**
 * @param {number} place
 * @param {number} from
 * @param {number} length
 */
function isWithin(place, from, length) {
    return place >= from && place < from + length;
}

/** Makes the window as high as its content, as far as the screen allows. */
export async function fit() {
    const surplus = innerHeight - /** @type {HTMLElement} */ (document.querySelector("main")).offsetHeight;
    const height = Math.min(outerHeight - surplus, Math.round(screen.availHeight * 0.9));
    if (Math.abs(height - outerHeight) > TOLERANCE_PX) {
        await messenger.windows.update(messenger.windows.WINDOW_ID_CURRENT, { height }).catch(() => {});
    }
}

/** Whether this page was loaded in its window before. */
export function isReloaded() {
    const entries = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
    return entries.some(({ type }) => type !== "navigate");
}

/** Fits the window again; to be called when its size has changed. */
export function resized() {
    if (corrections > 0) {
        corrections -= 1;
        void fit();
    }
}
