// @ts-check
// Office.js handles every Tab and Escape of a page: its Tab follows its own list, which lacks <summary>, and moves to
// Outlook if the focus is on anything else; its Escape moves to Outlook even from a dialog. This listener leaves those
// keys to the browser. It is a classic script, so that it is registered before Office.js.
(() => {
    addEventListener(
        "keydown",
        (event) => {
            const dialog = document.querySelector("dialog[open]");
            if (event.key === "Tab") {
                event.stopImmediatePropagation();
                if (dialog) {
                    stayInside(dialog, event);
                }
            } else if (event.key === "Escape" && dialog) {
                event.stopImmediatePropagation();
            }
        },
        true,
    );

    /**
     * A browser lets Tab move from a modal dialog to the page around the frame, which is Outlook; the question would then
     * stay open out of sight.
     *
     * @param {Element} dialog
     * @param {KeyboardEvent} event
     */
    function stayInside(dialog, event) {
        /** @type {NodeListOf<HTMLButtonElement | HTMLTextAreaElement>} */
        const all = dialog.querySelectorAll("textarea, button");
        const controls = [...all].filter((control) => control.getClientRects().length > 0 && !control.disabled);
        const [first, last] = [controls[0], controls.at(-1)];
        if (document.activeElement === (event.shiftKey ? first : last)) {
            event.preventDefault();
            (event.shiftKey ? last : first)?.focus();
        }
    }
})();
