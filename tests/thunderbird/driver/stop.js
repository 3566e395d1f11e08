// @ts-check
// The dialog that stops a message.

import { Page } from "./page.js";
import { waitFor } from "./wait.js";

/** @typedef {import("./thunderbird.js").Thunderbird} Thunderbird */

export const STOP = "/thunderbird/stop.html";

/** The buttons of the dialog: the warning view's and its own. */
const BUTTONS = {
    use: "[data-action=use-suggestion]",
    useAll: "#use-all",
    remove: "[data-action=remove]",
    back: "#back",
    sendAnyway: "#send-anyway",
    /** The same button when no finding stops the message any more. */
    send: "[data-content=clear] #send-anyway",
};

/** @typedef {keyof typeof BUTTONS} Button */

export class Stop extends Page {
    /**
     * @param {Thunderbird} thunderbird
     * @param {number[]} known pages to ignore
     */
    static async appeared(thunderbird, known = []) {
        return new Stop(thunderbird, await thunderbird.windows("waitPage", STOP, 90_000, known));
    }

    /**
     * Presses a button; if there are several, the first.
     *
     * @param {Button} button
     */
    async choose(button) {
        await this.press(BUTTONS[button]);
    }

    /** Corrects the only recipient that stops the message, and sends it. */
    async correct() {
        await this.choose("use");
        await this.waitClear();
        await this.choose("send");
    }

    /** Waits until no finding stops the message. */
    waitClear() {
        return waitFor("nothing to stop the message", () => this.offers("send"));
    }

    /** @param {Button} button */
    offers(button) {
        return this.isEnabled(BUTTONS[button]);
    }

    /**
     * The middle of a button on the screen.
     *
     * @param {Button} button
     */
    placeOf(button) {
        return this.run((document, selector) => {
            const { left = 0, top = 0, width = 0, height = 0 } = document.querySelector(selector)?.getBoundingClientRect() ?? {};
            const { mozInnerScreenX, mozInnerScreenY } = /** @type {any} */ (document.defaultView);
            return { x: mozInnerScreenX + left + width / 2, y: mozInnerScreenY + top + height / 2 };
        }, BUTTONS[button]);
    }

    /** The title of its window, without the application's name. */
    async title() {
        return (await this.thunderbird.windows("titleOf", this.window)).replace(/ [-–—] Mozilla Thunderbird$/, "");
    }

    /** Waits until the dialog has the focus, so that typed keys go to it. */
    waitFocused() {
        return waitFor("the focus", () => this.run((document) => document.hasFocus()));
    }

    /** @param {string} reason */
    justify(reason) {
        return this.fill("#justification", reason);
    }
}
