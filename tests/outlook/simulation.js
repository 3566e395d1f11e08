// @ts-check
// The simulated Outlook of `/try/outlook/` without its page: the script at Send in a bare engine, the pane's modules as
// they are.

import { readFileSync } from "node:fs";
import vm from "node:vm";

import { Calls } from "../../www/outlook/calls.js";
import { Outlook } from "../../www/try/outlook/office/outlook.js";

/** @typedef {import("../../www/try/outlook/office/outlook.js").Settings} Settings */
/** @typedef {import("../../www/try/outlook/office/outlook.js").Entry} Entry */

export const MANIFEST = Object.freeze({
    name: "Milguard",
    sendMode: /** @type {const} */ ("PromptUser"),
    events: {
        OnMessageSend: "onMessageSend",
        OnAppointmentSend: "onAppointmentSend",
        OnMessageRecipientsChanged: "onMessageRecipientsChanged",
        OnAppointmentAttendeesChanged: "onAppointmentAttendeesChanged",
        OnMessageCompose: "onMessageCompose",
        OnAppointmentOrganizer: "onAppointmentOrganizer",
    },
    mobileEvents: {
        OnMessageRecipientsChanged: "onMessageRecipientsChanged",
        OnNewMessageCompose: "onNewMessageCompose",
    },
    controls: ["milguardPaneCompose", "milguardPaneAppointment"],
    icons: ["Icon.16", "Icon.32", "Icon.80"],
});

/** @type {vm.Script | undefined} */
let script;

/**
 * @param {Partial<Settings>} [settings]
 * @param {{ kind?: "message" | "appointment", policy?: object, manifest?: object, source?: string }} [how]
 */
export function makeOutlook(settings = {}, { kind = "message", policy, manifest = {}, source } = {}) {
    return new Outlook({
        manifest: { ...MANIFEST, ...manifest },
        kind,
        settings: {
            schedule: (work, ms) => {
                const timer = setTimeout(work, ms);
                // No test waits for the five minutes after which Outlook gives up.
                if (ms > 1000) {
                    timer.unref();
                }
            },
            ...settings,
        },
        load: async (runtime) => {
            const context = vm.createContext({ Office: runtime.Office, console, setTimeout, clearTimeout });
            if (source === undefined) {
                script ??= new vm.Script(readFileSync("dist/outlook/launchevent.js", "utf8"));
                script.runInContext(context);
            } else {
                vm.runInContext(source, context);
            }
            if (policy) {
                context.milguardConfig = { policy };
            }
            return () => {};
        },
    });
}

/**
 * @param {...string} addresses
 * @returns {Entry[]}
 */
export function entries(...addresses) {
    return addresses.map((emailAddress) => ({ emailAddress, displayName: emailAddress, recipientType: "externalUser" }));
}

/**
 * Waits for a call's answer.
 *
 * @param {(callback: (result: any) => void) => void} start
 * @returns {Promise<any>}
 */
export function answer(start) {
    return new Promise((resolve) => start(resolve));
}

/**
 * Presses Send and waits for the outcome.
 *
 * @param {Outlook} outlook
 * @returns {Promise<{ send: import("../../www/try/outlook/office/send.js").Send,
 *     state: import("../../www/try/outlook/office/send.js").State }>}
 */
export function pressSend(outlook) {
    const send = outlook.send();
    return new Promise((resolve) => {
        send.watch((state) => {
            if (state.state !== "checking") {
                resolve({ send, state });
            }
        });
    });
}

/** The calls of the pane, in a separate runtime. @param {Outlook} outlook */
export function openPane(outlook) {
    const { Office } = outlook.openPane();
    return { office: Office, item: Office.context.mailbox.item, calls: new Calls(), kind: outlook.draft.kind };
}
