// @ts-check
// The page with a simulated Outlook: the window, the pane in its frame, the settings of the simulation.

import { LANGUAGES, loadMessages, pickLanguage, translate } from "../../shared/i18n.js";
import { EXAMPLES } from "../examples.js";
import { loadScript, readManifest } from "./addin.js";
import { Outlook } from "./office/outlook.js";
import { PaneFrame } from "./pane.js";
import { SettingsPanel } from "./settings.js";
import { MailWindow } from "./window.js";

const language = pickLanguage([new URLSearchParams(location.search).get("lang") ?? "", ...navigator.languages]);
const text = await loadMessages(language);
translate(document, language, text);
offerLanguages();
try {
    await start();
    document.documentElement.dataset.state = "ready";
} catch (error) {
    const failure = /** @type {HTMLElement} */ (document.getElementById("failure"));
    failure.textContent = text("trySimFailed", String(error));
    failure.hidden = false;
    document.documentElement.dataset.state = "failed";
}

async function start() {
    const manifest = await readManifest();
    const outlook = new Outlook({
        manifest,
        language: language.replaceAll("_", "-"),
        load: (runtime) => {
            const { isScriptOnly } = outlook.client;
            return settings.loadScript(() => loadScript(runtime, { isScriptOnly, config: settings.config }));
        },
    });
    const pane = new PaneFrame(outlook, () => settings, text);
    const mail = new MailWindow(outlook, text, pane);
    const settings = new SettingsPanel(outlook, manifest.sendMode, () => pane.close());
    // The pane looks for this object in the page around it; tests read it too.
    Object.assign(globalThis, { milguardSimulation: { outlook, openPane: pane.connect.bind(pane) } });
    offerExamples(mail);
    await settings.ready;
    const first = EXAMPLES[0];
    if (first) {
        await mail.fill("message", first);
    }
}

/** @param {MailWindow} mail */
function offerExamples(mail) {
    const meeting = { id: "meeting", label: "exampleMeeting", to: "jane.doe@us.army.mil, eve@us.army.ml" };
    const items = [...EXAMPLES, meeting].map((example) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.example = example.id;
        // A key has a text; the name of a domain is shown as it is.
        const label = text(example.label);
        button.textContent = label || example.label;
        button.classList.toggle("domain", !label);
        const kind = example === meeting ? "appointment" : "message";
        button.addEventListener("click", () => void mail.fill(kind, example));
        const item = document.createElement("li");
        item.append(button);
        return item;
    });
    document.getElementById("examples")?.replaceChildren(...items);
}

function offerLanguages() {
    const select = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
    for (const [code, name] of Object.entries(LANGUAGES)) {
        const option = new Option(name, code, code === language, code === language);
        option.lang = code.replaceAll("_", "-");
        select.append(option);
    }
    select.addEventListener("change", () => {
        location.search = new URLSearchParams({ lang: select.value }).toString();
    });
}
