// @ts-check
// Shows the policy in force, its source, what it reports, and the add-in's version.

import { element } from "../../shared/dom.js";

/** @typedef {import("./settings.js").PaneSettings} PaneSettings */
/** @typedef {(key: string, value?: string) => string} Text */

const SOURCES = {
    server: "optionsSourceServer",
    "last-good": "optionsSourceLastGood",
    baked: "outlookSourceBaked",
    default: "optionsSourceDefault",
};

const REPORTING = {
    off: "optionsReportingOff",
    counts: "optionsReportingCounts",
    domain: "optionsReportingDomain",
    address: "optionsReportingAddress",
};

/**
 * @param {PaneSettings} settings
 * @param {{ version: string, waiting: number }} state
 * @param {Text} text
 */
export function showAbout({ policy, source, server, problem }, { version, waiting }, text) {
    element("policy-name").textContent = `${policy.id} (${policy.version})`;
    element("policy-source").textContent = text(SOURCES[source]);
    element("policy-mode").textContent = text(policy.mode === "audit" ? "optionsModeAudit" : "optionsModeEnforce");
    element("policy-reporting").textContent = text(
        server === null ? "optionsReportingNobody" : REPORTING[policy.reporting],
    );
    element("waiting-label").hidden = element("waiting").hidden = server === null;
    element("waiting").textContent = new Intl.NumberFormat(document.documentElement.lang).format(waiting);
    element("version").textContent = text("tryVersion", version);
    element("policy-problem").textContent = problem === null ? "" : text("optionsProblem", problem);
}
