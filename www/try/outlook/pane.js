// @ts-check
// The pane's frame. It shows the add-in's real page, which finds the simulated Office in the page around
// the frame.

import { element } from "../../shared/dom.js";
import { PANE_URL } from "./addin.js";
import { takeKeys } from "./keyboard.js";

/** @typedef {import("./office/outlook.js").Outlook} Outlook */

export class PaneFrame {
    outlook;
    settings;
    text;
    #contextData = "";
    /** @type {HTMLElement | null} */
    #opener = null;

    /**
     * @param {Outlook} outlook
     * @param {() => import("./settings.js").SettingsPanel} settings
     * @param {(key: string) => string} text
     */
    constructor(outlook, settings, text) {
        this.outlook = outlook;
        this.text = text;
        this.settings = settings;
        element("open-pane").addEventListener("click", () => this.open(""));
        element("close-pane").addEventListener("click", () => this.close());
    }

    /** @param {string} contextData */
    open(contextData) {
        this.#opener = /** @type {HTMLElement | null} */ (document.activeElement);
        element("frame").replaceChildren(this.makeFrame(contextData));
        element("pane").hidden = false;
        document.documentElement.dataset.pane = "open";
        // On a phone the pane is below the message.
        element("pane").scrollIntoView({ block: "nearest" });
    }

    /**
     * @param {string} contextData
     * @returns {HTMLIFrameElement}
     */
    makeFrame(contextData) {
        this.#contextData = contextData;
        const frame = document.createElement("iframe");
        frame.title = this.text("trySimPane");
        frame.src = PANE_URL;
        return frame;
    }

    /** Moves the focus out of the pane, to the button that closes the pane. */
    leave() {
        element("close-pane").focus();
    }

    close() {
        if (element("pane").hidden) {
            return;
        }
        element("frame").replaceChildren();
        element("pane").hidden = true;
        delete document.documentElement.dataset.pane;
        this.outlook.closePane();
        const opener = this.#opener?.isConnected && this.#opener.getClientRects().length > 0 ? this.#opener : null;
        (opener ?? element("open-pane")).focus();
    }

    /**
     * Called by the pane's page when it starts.
     *
     * @param {Window} scope
     * @returns {import("../../outlook/host.js").OfficeApi} the `Office` object for that page
     */
    connect(scope) {
        this.settings().preparePane(scope);
        takeKeys(scope, () => this.leave());
        return this.outlook.openPane(this.#contextData).Office;
    }
}
