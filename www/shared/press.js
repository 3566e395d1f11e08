// @ts-check
// A press is lost if its button is replaced, or moves away, between going down and coming up. A page that shows news by
// itself waits for the button to come up.

const LOOK_MS = 30;
/** If a client never says that a button came up, the page shows its news after this time. */
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
