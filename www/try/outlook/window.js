// @ts-check
// The window in which a person writes a message or an invitation, and the outcome of Send.

import { element } from "../../shared/dom.js";
import { RecipientField } from "./field.js";
import { FIELDS } from "./office/item.js";
import { Question } from "./question.js";

/** @typedef {import("./office/outlook.js").Outlook} Outlook */
/** @typedef {"message" | "appointment"} Kind */

const TITLES = Object.freeze({ message: "tryCompose", appointment: "trySimAppointment" });

export class MailWindow {
    #outlook;
    #text;
    #pane;
    #question;
    /** @type {RecipientField[]} */
    #fields = [];
    #notifications = "";

    /**
     * @param {Outlook} outlook
     * @param {(key: string, value?: string) => string} text
     * @param {import("./pane.js").PaneFrame} pane
     */
    constructor(outlook, text, pane) {
        this.#outlook = outlook;
        this.#text = text;
        this.#pane = pane;
        this.#question = new Question(text);
        outlook.watch(() => this.#show());
        element("new-message").addEventListener("click", () => void this.fill("message", { to: "" }));
        element("new-appointment").addEventListener("click", () => void this.fill("appointment", { to: "" }));
        element("send").addEventListener("click", () => this.#send());
        for (const name of /** @type {const} */ (["subject", "body"])) {
            input(name).addEventListener("input", () => {
                outlook.draft[name] = input(name).value;
            });
        }
        input("attachments").addEventListener("input", () => {
            outlook.draft.attachments = namesIn(input("attachments").value);
        });
    }

    /**
     * Opens a new item with this content.
     *
     * @param {Kind} kind
     * @param {{ to: string, subject?: string, body?: string, attachments?: string }} content
     */
    async fill(kind, { to, subject = "", body = "", attachments = "" }) {
        this.#question.hide();
        // The pane belongs to the previous item.
        this.#pane.close();
        const opened = this.#outlook.open(kind);
        const { draft } = this.#outlook;
        Object.assign(draft, { subject, body, attachments: namesIn(attachments) });
        input("subject").value = subject;
        input("body").value = body;
        input("attachments").value = attachments;
        element("window-title").textContent = this.#text(TITLES[kind]);
        element("writing").hidden = false;
        element("sent").hidden = true;
        element("checking").hidden = true;
        element("announcement").textContent = "";
        this.#fields = FIELDS[kind].map((name) => new RecipientField(this.#outlook, name, this.#text));
        element("fields").replaceChildren(...this.#fields.map((field) => field.element));
        if (to === "") {
            this.#fields[0]?.focus();
        } else {
            this.#fields[0]?.add(to);
        }
        await opened;
    }

    #send() {
        const unresolved = this.#fields.filter((field) => !field.resolve());
        if (unresolved.length > 0 || !element("checking").hidden) {
            element("announcement").textContent = unresolved.length > 0 ? this.#text("trySimHint") : "";
            unresolved[0]?.focus();
            return;
        }
        const { draft } = this.#outlook;
        const send = this.#outlook.send();
        element("announcement").textContent = "";
        send.watch((state) => {
            if (draft !== this.#outlook.draft) {
                return;
            }
            element("checking").hidden = state.state !== "checking";
            if (state.state === "asking") {
                this.#question.show(state.dialog, (button) => {
                    const { opensPane, contextData } = send.press(button);
                    if (opensPane) {
                        this.#pane.open(contextData);
                    }
                });
                return;
            }
            this.#question.hide();
            if (state.state === "kept") {
                element("announcement").textContent = this.#text("trySimNotSent");
            } else if (state.state === "sent") {
                this.#showSent();
            }
        });
    }

    #showSent() {
        const { fields } = this.#outlook.draft;
        const rows = this.#fields.flatMap((field, at) => {
            const name = FIELDS[this.#outlook.draft.kind][at] ?? "";
            const entries = fields[name] ?? [];
            if (entries.length === 0) {
                return [];
            }
            const term = document.createElement("dt");
            term.textContent = field.element.querySelector("label")?.textContent ?? "";
            return [term, ...entries.map(({ emailAddress, displayName }) => definition(emailAddress || displayName))];
        });
        element("sent-to").replaceChildren(...(rows.length > 0 ? rows : [definition(this.#text("trySimSentNobody"))]));
        element("writing").hidden = true;
        element("sent").hidden = false;
        element("sent-title").focus();
    }

    #show() {
        this.#fields.forEach((field) => field.show());
        const notifications = [...this.#outlook.draft.notifications.values()];
        const state = JSON.stringify(notifications);
        if (state === this.#notifications) {
            return;
        }
        this.#notifications = state;
        element("notifications").replaceChildren(...notifications.map((one) => this.#notification(one)));
    }

    /** @param {import("./office/notifications.js").Notification} notification */
    #notification({ key, type, message, action }) {
        const line = document.createElement("li");
        line.dataset.type = type;
        const words = document.createElement("bdi");
        words.dir = "auto";
        words.textContent = message;
        line.append(words);
        if (action) {
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = action.text;
            button.addEventListener("click", () => {
                const { contextData } = action;
                this.#pane.open(typeof contextData === "string" ? contextData : JSON.stringify(contextData ?? ""));
            });
            line.append(button);
        }
        const dismiss = document.createElement("button");
        dismiss.type = "button";
        dismiss.className = "dismiss";
        dismiss.textContent = "×";
        dismiss.setAttribute("aria-label", this.#text("trySimDismiss"));
        dismiss.addEventListener("click", () => {
            this.#outlook.draft.notifications.delete(key);
            this.#outlook.changed();
            this.#fields[0]?.focus();
        });
        line.append(dismiss);
        return line;
    }
}

/** @param {string} text */
function definition(text) {
    const made = document.createElement("dd");
    const isolated = document.createElement("bdi");
    isolated.textContent = text;
    made.append(isolated);
    return made;
}

/** @param {string} text file names, separated by commas or lines */
function namesIn(text) {
    return text.split(/[,\n]/).map((name) => name.trim()).filter((name) => name !== "");
}

/** @param {string} id */
function input(id) {
    return /** @type {HTMLInputElement} */ (element(id));
}
