// @ts-check
// Puts a button beside each text that people copy. Without this script people can select the texts.

for (const text of document.querySelectorAll("[data-copy], input.copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", () => void copy(text, button));
    text.after(button);
}

/**
 * @param {Element} text
 * @param {HTMLButtonElement} button
 */
async function copy(text, button) {
    try {
        const value = text instanceof HTMLInputElement ? text.value : (text.textContent ?? "");
        await navigator.clipboard.writeText(value);
        button.textContent = "Copied";
    } catch {
        // If the page may not use the clipboard, it selects the text, and the person can copy it.
        getSelection()?.selectAllChildren(text);
    }
}
