// @ts-check
// The settings page. It shows the policy and its source, what the add-in reports about the sender, the domains that the
// sender has muted, and a self-test. The sender can read the organisation's settings here, but not change them.

import { element } from "../shared/dom.js";
import { prepare } from "./draft.js";
import { languages, showReady, text, translatePage } from "./page.js";
import { reportingStatus } from "./reporting.js";
import { runSelfTest } from "./self-test.js";
import { lastContact, loadSettings, mute, onSettingsChanged, refresh, unmute } from "./settings.js";

/** @typedef {import("./settings.js").Settings} Settings */

const SOURCES = Object.freeze({
    managed: "optionsSourceManaged",
    server: "optionsSourceServer",
    "last-good": "optionsSourceLastGood",
    default: "optionsSourceDefault",
});

const LEVELS = Object.freeze({
    off: "optionsReportingOff",
    counts: "optionsReportingCounts",
    domain: "optionsReportingDomain",
    address: "optionsReportingAddress",
});

const CONTACTS = Object.freeze({
    ok: "optionsContactGood",
    unchanged: "optionsContactGood",
    refused: "optionsContactRefused",
    invalid: "optionsContactInvalid",
    rejected: "optionsContactFailed",
    unknown: "optionsContactFailed",
    later: "optionsContactFailed",
});

/** How often the page has begun to read the settings: only the latest reading is shown. */
let looks = 0;

translatePage();
element("refresh").addEventListener("click", () => void lookForPolicy());
element("mute").addEventListener("submit", (event) => {
    event.preventDefault();
    void muteTyped();
});
element("test").addEventListener("click", () => void test());
onSettingsChanged(() => void show());
await show();

async function show() {
    looks += 1;
    const look = looks;
    const [settings, contact, reports] = await Promise.all([
        loadSettings(),
        lastContact(),
        reportingStatus().catch(() => null),
    ]);
    if (look !== looks) {
        // A later call read newer settings, and may have finished first.
        return;
    }
    showPolicy(settings, contact, reports);
    showMuted(settings);
    element("version").textContent = text("tryVersion", messenger.runtime.getManifest().version);
    showReady("ready");
}

/**
 * @param {Settings} settings
 * @param {Awaited<ReturnType<typeof lastContact>>} contact
 * @param {{ waiting: number, dropped: number } | null} reports
 */
function showPolicy({ policy, source, backend, problem }, contact, reports) {
    const isManaged = source !== "default";
    const list = element("policy");
    list.replaceChildren();
    const row = (/** @type {string} */ key, /** @type {string} */ value, isSet = false) => {
        const term = document.createElement("dt");
        term.textContent = text(key);
        const description = document.createElement("dd");
        const shown = document.createElement("bdi");
        shown.textContent = value;
        description.append(shown);
        if (isSet) {
            const mark = document.createElement("span");
            mark.className = "managed";
            mark.textContent = text("optionsManaged");
            description.append(" ", mark);
        }
        list.append(term, description);
    };
    row("optionsName", `${policy.id} (${policy.version})`);
    row("optionsSource", text(SOURCES[source]));
    const { builtin, domains } = policy.protected;
    const suffixes = [...new Set([...(builtin ? ["mil"] : []), ...policy.protected.suffixes])];
    row("optionsProtected", [...suffixes.map((suffix) => `.${suffix}`), ...domains].slice(0, 50).join(", "), isManaged);
    row("optionsMode", text(policy.mode === "audit" ? "optionsModeAudit" : "optionsModeEnforce"), isManaged);
    row("optionsReporting", text(backend ? LEVELS[policy.reporting] : "optionsReportingNobody"), isManaged);
    if (backend) {
        row("optionsServer", backend.url, true);
        const when = contact ? new Date(contact.time).toLocaleString(languages()) : "";
        row("optionsContact", contact ? `${when}: ${text(CONTACTS[contact.result])}` : text("optionsContactNone"));
        row("optionsWaiting", String(reports?.waiting ?? 0));
        if (reports && reports.dropped > 0) {
            row("optionsDropped", String(reports.dropped));
        }
    }
    element("refresh").hidden = !backend;
    element("problem").hidden = problem === null;
    element("problem").textContent = problem === null ? "" : text("optionsProblem", problem);
}

/** @param {Settings} settings */
function showMuted({ policy, muted }) {
    const isOff = policy.mute === "off";
    element("muted-hint").textContent = text(isOff ? "optionsMutedOff" : "optionsMutedHint");
    element("muted-none").hidden = isOff || muted.length > 0;
    element("mute").hidden = isOff;
    element("muted").replaceChildren(
        ...(isOff ? [] : muted).map((domain) => {
            const name = document.createElement("bdi");
            name.textContent = domain;
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = text("optionsUnmute");
            const of = document.createElement("span");
            of.className = "unseen";
            of.textContent = ` ${domain}`;
            button.append(of);
            button.addEventListener("click", () => void warnAgain(domain));
            const item = document.createElement("li");
            item.append(name, button);
            return item;
        }),
    );
}

/** @param {string} domain */
async function warnAgain(domain) {
    try {
        await unmute(domain);
        await show();
        // The button that had the focus has disappeared.
        element("domain").focus();
    } catch {
        element("mute-answer").textContent = text("optionsNotSaved");
    }
}

async function muteTyped() {
    const field = /** @type {HTMLInputElement} */ (element("domain"));
    const answer = element("mute-answer");
    answer.textContent = "";
    let domain;
    try {
        domain = await mutable(field.value.trim());
    } catch {
        domain = null;
    }
    if (domain === null) {
        answer.textContent = text("optionsMuteRefused");
        field.focus();
        return;
    }
    try {
        await mute(domain);
        field.value = "";
        await show();
    } catch {
        answer.textContent = text("optionsNotSaved");
    }
}

/**
 * The domain as the checker writes it, if detection and policy let the sender mute it.
 *
 * @param {string} typed
 * @returns {Promise<string | null>}
 */
async function mutable(typed) {
    const { checker } = await prepare();
    const { recipients } = checker.check({ recipients: [{ address: `someone@${typed}` }] });
    const [found] = /** @type {{ domain?: string | null, mutable?: boolean }[]} */ (recipients);
    return (found?.mutable && found.domain) || null;
}

async function lookForPolicy() {
    const button = /** @type {HTMLButtonElement} */ (element("refresh"));
    button.disabled = true;
    element("notice").textContent = "";
    await refresh(true);
    await show();
    const contact = await lastContact();
    element("notice").textContent = text(contact ? CONTACTS[contact.result] : "optionsContactNone");
    button.disabled = false;
    button.focus();
}

async function test() {
    const button = /** @type {HTMLButtonElement} */ (element("test"));
    button.disabled = true;
    const results = await runSelfTest();
    element("results").replaceChildren(
        ...results.map(({ key, problem }) => {
            const item = document.createElement("li");
            item.dataset.result = problem === null ? "passed" : "failed";
            const verdict = problem === null ? text("optionsTestPassed") : text("optionsTestFailed", problem);
            item.textContent = `${text(key)}: ${verdict}`;
            return item;
        }),
    );
    button.disabled = false;
    button.focus();
}
