// @ts-check
// The dialog that stops a message.

import { Page } from "./page.js";

/** @typedef {import("./thunderbird.js").Thunderbird} Thunderbird */

export const STOP = "/thunderbird/stop.html";

/** What can be pressed in it: the warning view's buttons and its own. */
const BUTTONS = {
    use: "[data-action=use-suggestion]",
    remove: "[data-action=remove]",
    back: "#back",
    sendAnyway: "#send-anyway",
};

/** @typedef {keyof typeof BUTTONS} Button */

export class Stop extends Page {
    /**
     * @param {Thunderbird} thunderbird
     * @param {number[]} known pages that are not meant
     */
    static async appeared(thunderbird, known = []) {
        return new Stop(thunderbird, await thunderbird.windows("waitPage", STOP, 30_000, known));
    }

    /**
     * Presses a button; of several alike the first.
     *
     * @param {Button} button
     */
    async choose(button) {
        await this.press(BUTTONS[button]);
    }

    /** @param {Button} button */
    offers(button) {
        return this.isEnabled(BUTTONS[button]);
    }

    /** @param {string} reason */
    justify(reason) {
        return this.fill("#justification", reason);
    }
}
