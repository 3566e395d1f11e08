// @ts-nocheck The imports are addresses of the window that the tests serve, not files.
// The imports are addresses of the window that the tests serve, not files. This replaces www/try/outlook/pane.js in tests
// on Office.js: the pane is in a frame of another origin.

import { openBridge, PANE_URL } from "/officejs/addin.js";
import { PaneFrame as SimulatedFrame } from "/officejs/simulated-pane.js";

export class PaneFrame extends SimulatedFrame {
    /** @type {ReturnType<typeof openBridge> | null} */
    #bridge = null;

    /** @param {string} contextData */
    makeFrame(contextData) {
        this.#bridge?.end();
        const runtime = this.outlook.openPane(contextData);
        const bridge = openBridge(this.outlook, runtime, {
            url: PANE_URL,
            title: this.text("trySimPane"),
            onExit: () => this.leave(),
        });
        this.#bridge = bridge;
        // For tests of what the host and the pane tell each other.
        Object.assign(globalThis, { officejsPane: bridge });
        const { config, missing, ready } = this.settings();
        void Promise.resolve(ready)
            .then(() => /** @type {any} */ (globalThis).officejsConfigure(this.settings().config ?? config, missing))
            .then(() => bridge.load());
        return bridge.frame;
    }

    close() {
        super.close();
        this.#bridge?.end();
        this.#bridge = null;
    }
}
