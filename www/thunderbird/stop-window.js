// @ts-check
// Place and size of the dialog's window: on the monitor of its message, and as high as what it says.

/** A difference between the window and its content that is worth a change. */
const TOLERANCE_PX = 12;

/**
 * How often the window may still be fitted because its size has changed: a window manager puts its frame around it late, and
 * what was reckoned without the frame is too small. With more, the window would not let the sender choose its size.
 */
let corrections = 2;

/**
 * Thunderbird opens every window on the first monitor, whatever place it is given. Where its message is on another one, this
 * window moves there. Nothing tells how large that one is: `screen` goes on naming the first.
 *
 * @param {number} left where it was to be
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
 * Over a message that is narrow and stands where another monitor meets the first, the window would lie on both.
 *
 * @param {number} left
 * @param {number} from the first monitor
 * @param {number} length
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

/** The window has another size. */
export function resized() {
    if (corrections > 0) {
        corrections -= 1;
        void fit();
    }
}
