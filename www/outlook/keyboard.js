// @ts-check
// Office.js takes every Tab and Escape of a page for itself: its Tab follows a list of its own, which lacks <summary>,
// and leaves for Outlook where the focus is on anything else; its Escape leaves for Outlook even from a dialog. It also tells Outlook
// of every key pressed with Ctrl, Alt or Shift, of which some send the message. This listener keeps those keys for the
// browser. A classic script, so that it is registered before Office.js.
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
