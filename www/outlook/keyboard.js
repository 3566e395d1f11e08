// @ts-check
// Office.js handles every Tab and Escape of a page itself: Tab follows a list of elements without <summary>, and moves the
// focus to Outlook from any element outside that list; Escape moves the focus to Outlook even from a dialog. Office.js also
// passes every key pressed with Ctrl, Alt or Shift to Outlook, where some of these send the message. This listener leaves
// those keys to the browser. As a classic script, it is registered before Office.js.
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
            } else if ((event.key === "Escape" && dialog) || sendsInOutlook(event)) {
                event.stopImmediatePropagation();
            }
        },
        true,
    );

    /**
     * Ctrl+Enter, and Alt+S in classic Outlook. A person who presses them while the focus is in the pane, as in the field
     * for a reason, does not mean the message.
     *
     * @param {KeyboardEvent} event
     */
    function sendsInOutlook({ key, code, altKey, ctrlKey, metaKey }) {
        return (key === "Enter" && (ctrlKey || metaKey)) || (code === "KeyS" && altKey);
    }

    /**
     * Keeps Tab inside a modal dialog. A browser would let Tab leave the frame for Outlook, and the question would stay open
     * unnoticed.
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
