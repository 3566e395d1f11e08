// @ts-check
// Beside the handlers, in runtimes that are a page and have a network: sends the events that wait for the organisation's
// server. Nothing waits for this, and nothing that Outlook waits for is here.

import { Backend } from "../shared/backend.js";
import { Calls } from "./calls.js";
import { loadConfig } from "./config.js";
import { openSpool } from "./spool.js";

/** After what the page was opened for: at Send, each file more is time that the sender waits. */
const START_MS = 1500;

/** Nobody waits, so it may take what a slow connection takes. */
const SAVE_MS = 10_000;

Office.onReady(() => {
    setTimeout(() => void send().catch(() => {}), START_MS);
});

async function send() {
    const { backend } = await loadConfig(null);
    if (backend) {
        const server = new Backend(backend);
        await openSpool(Office.context.roamingSettings, new Calls(), () => server, SAVE_MS).flush();
    }
}
