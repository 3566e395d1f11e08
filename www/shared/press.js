// @ts-check
// A browser reports no click if the page replaces or moves a button while the user holds it down. So a page that shows
// news by itself waits until the user lets go.

const LOOK_MS = 30;
/** If the browser never reports that the user let go, the page shows its news after this time. */
const LONGEST_MS = 2000;

/**
 * Resolves when no button in the page is held down, by pointer or by key, and the browser has reported its click.
 *
 * @returns {Promise<void>} never rejects
 */
export async function released() {
    for (let waited = 0; isPressed() && waited < LONGEST_MS; waited += LOOK_MS) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
}

function isPressed() {
    return document.querySelector("button:active, summary:active, a:active") !== null;
}
