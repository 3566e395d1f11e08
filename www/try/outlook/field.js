// @ts-check
// A recipient field of the window: finished recipients as pills, and the text being typed.

/** @typedef {import("./office/outlook.js").Outlook} Outlook */
/** @typedef {import("./office/outlook.js").Entry} Entry */

const LABELS = /** @type {Readonly<Record<string, string>>} */ ({
    to: "tryTo",
    cc: "outlookCc",
    bcc: "outlookBcc",
    requiredAttendees: "outlookRequired",
    optionalAttendees: "outlookOptional",
});

export class RecipientField {
    element = document.createElement("div");
    #pills = document.createElement("ul");
    #input = document.createElement("input");
    #outlook;
    #name;
    #text;
    #shown = "";

    /**
     * @param {Outlook} outlook
     * @param {string} name
     * @param {(key: string, value?: string) => string} text
     */
    constructor(outlook, name, text) {
        this.#outlook = outlook;
        this.#name = name;
        this.#text = text;
        const label = document.createElement("label");
        label.htmlFor = this.#input.id = `field-${name}`;
        label.textContent = text(LABELS[name] ?? "");
        Object.assign(this.#input, { type: "text", autocomplete: "off", spellcheck: false, dir: "auto" });
        this.#input.autocapitalize = "off";
        this.#input.setAttribute("aria-describedby", "recipients-hint");
        this.#pills.setAttribute("role", "list");
        this.#pills.className = "pills";
        const box = document.createElement("div");
        box.className = "box";
        box.append(this.#pills, this.#input);
        this.element.className = "row";
        this.element.append(label, box);
        this.#input.addEventListener("keydown", (event) => this.#key(event));
        this.#input.addEventListener("blur", () => this.resolve());
        this.#input.addEventListener("input", () => {
            this.#outlook.draft.unresolved[name] = this.#input.value;
            if (/[,;\n]/.test(this.#input.value)) {
                this.resolve();
            }
        });
        this.#input.addEventListener("paste", (event) => {
            const pasted = event.clipboardData?.getData("text/plain") ?? "";
            if (/[\n\t]/.test(pasted)) {
                event.preventDefault();
                this.add(pasted);
            }
        });
        this.show();
    }

    /** Shows the field as it is now. */
    show() {
        const entries = this.#entries();
        const state = JSON.stringify(entries);
        if (state === this.#shown) {
            return;
        }
        this.#shown = state;
        this.#pills.hidden = entries.length === 0;
        this.#pills.replaceChildren(...entries.map((entry, index) => this.#pill(entry, index)));
    }

    focus() {
        this.#input.focus();
    }

    /**
     * Makes recipients of the typed addresses.
     *
     * @returns {boolean} whether no text is left
     */
    resolve() {
        const rest = this.add(this.#input.value);
        this.#input.value = rest;
        this.#outlook.draft.unresolved[this.#name] = rest;
        this.#input.classList.toggle("unresolved", rest.trim() !== "");
        return rest.trim() === "";
    }

    /**
     * @param {string} text recipients
     * @returns {string} the texts that are not addresses
     */
    add(text) {
        const parts = (text.match(/(?:"[^"]*"|[^,;"\n\t])+/g) ?? []).map((part) => part.trim()).filter((part) => part !== "");
        const found = parts.filter((part) => part.includes("@"));
        if (found.length > 0) {
            this.#outlook.setField(this.#name, this.#entries().concat(found.map(toEntry)));
        }
        return parts.filter((part) => !part.includes("@")).join("; ");
    }

    #entries() {
        return this.#outlook.draft.fields[this.#name] ?? [];
    }

    /**
     * @param {Entry} entry
     * @param {number} index
     */
    #pill({ emailAddress, displayName }, index) {
        const pill = document.createElement("li");
        const name = document.createElement("bdi");
        name.textContent = displayName || emailAddress;
        name.title = emailAddress;
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = "×";
        button.setAttribute("aria-label", `${this.#text("trySimTakeOut")} ${displayName || emailAddress}`);
        button.addEventListener("click", () => {
            this.#outlook.setField(this.#name, this.#entries().filter((_, at) => at !== index));
            this.focus();
        });
        pill.append(name, button);
        return pill;
    }

    /** @param {KeyboardEvent} event */
    #key(event) {
        if (event.key === "Enter") {
            event.preventDefault();
            this.resolve();
        } else if (event.key === "Backspace" && this.#input.value === "" && this.#entries().length > 0) {
            this.#outlook.setField(this.#name, this.#entries().slice(0, -1));
        }
    }
}

/**
 * @param {string} text
 * @returns {Entry}
 */
export function toEntry(text) {
    const [, name = "", address] = /^(.*?)<([^<>]*)>$/.exec(text) ?? [];
    const emailAddress = (address ?? text).trim();
    const displayName = address === undefined ? "" : name.trim().replace(/^"(.*)"$/, "$1");
    return { emailAddress, displayName: displayName || emailAddress, recipientType: "externalUser" };
}
