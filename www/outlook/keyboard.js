// @ts-check
// Office.js takes every Tab and Escape of a page for itself: its Tab follows a list of its own, which lacks <summary>,
// and leaves for Outlook where the focus is on anything else; its Escape leaves for Outlook even from a dialog. This
// listener keeps those keys for the browser. A classic script, so that it is registered before Office.js.
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
     * A browser lets Tab leave a modal dialog for what surrounds the frame, which is Outlook: the question would stay open
     * out of sight.
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
