// @ts-check
// The event page as Thunderbird starts it: the scripts that the manifest names, with a fake checker behind them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import vm from "node:vm";

import { ADDIN, fakeMessenger } from "./messenger.js";

const IMPORT = 'loading ??= import("./background.js")';
const manifest = JSON.parse(readFileSync(new URL("manifest.json", ADDIN), "utf8"));
const sources = manifest.background.scripts.map((/** @type {string} */ path) => readFileSync(new URL(path, ADDIN), "utf8"));
assert.equal(sources.join("").split(IMPORT).length, 2);
export const DRAFT = { from: "alice@example.mil", to: ["bob@army.ml"], cc: [], bcc: [], replyTo: [], subject: "Hello" };

/** The part of the dialog's content that the guard reads. */
export const PAGE = { title: "Not sent: check bob@army.ml ✉", height: 444 };

/**
 * Starts the event page. `judge` answers for the modules behind the guard; with `null` they cannot be loaded.
 *
 * @param {object} [how]
 * @param {((...args: any[]) => unknown) | null} [how.judge]
 * @param {ReturnType<typeof fakeMessenger>} [how.fake]
 * @param {number} [how.speed] of its clock
 */
export function start({ judge = () => ({ isFree: false, page: PAGE }), fake = fakeMessenger(), speed = 100 } = {}) {
    /** @type {any[]} */
    const recorded = [];
    /** @type {any[]} */
    const told = [];
    const tell = (/** @type {string} */ name) => (/** @type {any[]} */ ...args) => void told.push([name, ...args]);
    const background = {
        judge,
        record: (/** @type {any} */ event) => recorded.push(event),
        warmUp() {},
        answerDialog: (/** @type {number} */ tabId, /** @type {any} */ question) => ({ tabId, question }),
        ...{ typed: tell("typed"), dialogClosed: tell("dialogClosed"), sendEnded: tell("sendEnded"), tabRemoved: tell("tabRemoved") },
    };
    const context = vm.createContext({
        messenger: fake.messenger,
        // The clock runs faster, so that no test waits for the deadline of five seconds.
        setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms / speed),
        clearTimeout,
        ...{ crypto, Date },
        document: { head: { append() {} }, createElement: () => ({}) },
        importBackground: async () => background.judge ? background : Promise.reject(new Error("damaged")),
    });
    for (const source of sources) {
        // Node's `import()` of such a script is experimental.
        vm.runInContext(source.replace(IMPORT, "loading ??= importBackground()"), context);
    }
    const send = async (/** @type {object} */ details = DRAFT, tabId = 1) => {
        const [answer, ...others] = fake.messenger.compose.onBeforeSend.fire({ id: tabId }, details);
        assert.deepEqual(others, []);
        assert.ok(typeof answer.then === "function", "an answer that comes later, never an exception");
        return { ...(await answer) };
    };
    const ask = (/** @type {object} */ message) =>
        fake.messenger.runtime.onMessage.fire({ to: "guard", tabId: 1, ...message })[0];
    /** The dialogs that were opened, oldest first. */
    const opened = () =>
        fake.calls
            .filter(([name]) => name === "windows.create")
            .map(([, properties]) => ({ ...properties, id: /dialog=([\w-]+)/.exec(properties.url)?.[1] ?? "" }));
    const sentToDialogs = () => structuredClone(fake.calls.filter(([name]) => name === "runtime.sendMessage").map(([, message]) => message));
    return { ...fake, send, ask, recorded, told, opened, sentToDialogs };
}

/** Waits until the work after the answer has finished. */
export const settle = () => new Promise((resolve) => setTimeout(resolve, 20));
