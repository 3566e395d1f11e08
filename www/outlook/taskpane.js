// @ts-check
// The pane beside a message or an appointment: each recipient that stands out, and what the sender
// can do about it. The checker decides which recipient is suspicious.

import { CheckerLoadError, loadChecker } from "../shared/checker.js";
import { element } from "../shared/dom.js";
import { loadMessages, pickLanguage, translate } from "../shared/i18n.js";
import { Calls } from "./calls.js";
import { enrolmentOf } from "./enrolment.js";
import { languagesOf } from "./host.js";
import { connectOffice, OfficeError } from "./pane/office.js";
import { showReady } from "./pane/page.js";
import { Pane } from "./pane/pane.js";
import { PaneSettingsSource } from "./pane/settings.js";

let text = await speak(navigator.languages);
element("retry").addEventListener("click", () => location.reload());
await start();

/** Starts the pane, or says why it cannot start. */
async function start() {
    try {
        const [office, milguard] = await Promise.all([connectOffice(), loadChecker()]);
        text = await speak(languagesOf(office));
        const item = office.context.mailbox?.item;
        if (!item) {
            fail("outlookNoItem", "");
            return;
        }
        // The pane asks the server only once it is visible.
        const enrolment = enrolmentOf(office.context.roamingSettings, new Calls(), milguard.version());
        const source = new PaneSettingsSource(milguard.Checker, enrolment, (settings) => pane.use(settings));
        const pane = new Pane({ office, item, milguard, text, settings: await source.load() });
        await pane.open();
    } catch (error) {
        const [key, value] = reasonOf(error);
        fail(key, error instanceof Error ? error.message : String(error), value);
    }
}

/**
 * @param {unknown} error
 * @returns {[key: string, value?: string]}
 */
function reasonOf(error) {
    if (error instanceof OfficeError) {
        return error.reason === "outside" ? ["outlookOutside", text("outlookManifestButton")] : ["outlookNoOffice"];
    }
    if (error instanceof CheckerLoadError) {
        const keys = { unsupported: "tryFailedUnsupported", missing: "tryFailedMissing", broken: "tryFailedBroken" };
        return [keys[error.failure]];
    }
    return [""];
}

/**
 * @param {string} key
 * @param {string} detail in English, for the administrator
 * @param {string} [value]
 */
function fail(key, detail, value) {
    element("failure-text").textContent = text(key, value);
    element("failure-detail").textContent = detail;
    showReady("failed");
}

/** @param {readonly string[]} wanted */
async function speak(wanted) {
    const language = pickLanguage(wanted);
    const messages = await loadMessages(language);
    translate(document, language, messages);
    return messages;
}
