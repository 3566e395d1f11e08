// @ts-nocheck The imports are addresses of the window that the tests serve, not files.
// The imports are addresses of the window that the tests serve, not files. This replaces www/try/outlook/pane.js in tests
// on Office.js: the pane is in a frame of another origin.

import { PANE_URL } from "/officejs/addin.js";
import { Bridge } from "/officejs/bridge.js";
import { PaneFrame as SimulatedFrame } from "/officejs/simulated-pane.js";

export class PaneFrame extends SimulatedFrame {
    /** @type {Bridge | null} */
    #bridge = null;

    /** @param {string} contextData */
    makeFrame(contextData) {
        this.#bridge?.end();
        const runtime = this.outlook.openPane(contextData);
        const bridge = new Bridge(this.outlook, runtime, {
            url: "about:blank",
            title: this.text("trySimPane"),
            onExit: () => this.leave(),
        });
        this.#bridge = bridge;
        const { config, missing, ready } = this.settings();
        void Promise.resolve(ready)
            .then(() => /** @type {any} */ (globalThis).officejsConfigure(this.settings().config ?? config, missing))
            .then(() => {
                bridge.frame.src = PANE_URL;
            });
        return bridge.frame;
    }

    close() {
        super.close();
        this.#bridge?.end();
        this.#bridge = null;
    }
}
