// @ts-check
// Handles the keyboard as Office.js does in a pane of Outlook on the web: Tab moves the focus along a list of elements. At
// the end of the list, and from any element outside the list, it moves the focus to Outlook; so does Escape.

const TABBABLE = [
    "a[href]",
    "area[href]",
    "button:not([disabled])",
    "input:not([disabled])",
    "select:not([disabled])",
    "textarea:not([disabled])",
    "*[tabindex]",
    "*[contenteditable]:not([disabled])",
]
    .map((selector) => `${selector}:not([tabindex='-1'])`)
    .join();

/**
 * @param {Window} scope of the pane's page
 * @param {() => void} leave lets the focus go to Outlook
 */
export function takeKeys(scope, leave) {
    scope.addEventListener("keydown", (event) => {
        if (event.key === "Escape") {
            event.preventDefault();
            leave();
        } else if (event.key === "Tab") {
            event.preventDefault();
            const all = [...scope.document.querySelectorAll(TABBABLE)];
            const at = all.indexOf(/** @type {Element} */ (event.target));
            const rest = at < 0 ? [] : event.shiftKey ? all.slice(0, at).reverse() : all.slice(at + 1);
            const isFocused = rest.some((element) => {
                /** @type {HTMLElement} */ (element).focus();
                return scope.document.activeElement === element;
            });
            if (!isFocused) {
                leave();
            }
        }
    });
}
