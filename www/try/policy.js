// @ts-check
// The policy field: makes a checker of each JSON document that the person types. An invalid document changes nothing.

/** @typedef {import("../shared/checker.js").CheckerModule} CheckerModule */
/** @typedef {import("../checker/milguard.js").Checker} Checker */

const TYPING_PAUSE_MS = 300;

/** The policies that Milguard ships: files in `policy/`. */
const PRESETS = ["default", "contractor", "agency", "dod"];

export class PolicyField {
    /**
     * @param {CheckerModule} milguard
     * @param {(key: string, value?: string) => string} message
     * @param {(checker: Checker, isAudit: boolean) => void} use called with the checker for each valid
     *     policy, and with whether that policy only reports
     */
    constructor(milguard, message, use) {
        const text = /** @type {HTMLTextAreaElement} */ (document.getElementById("policy"));
        const state = /** @type {HTMLElement} */ (document.getElementById("policy-state"));
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let typing;
        let read = text.value;

        const apply = () => {
            clearTimeout(typing);
            if (text.value === read) {
                return;
            }
            read = text.value;
            try {
                const policy = read.trim() === "" ? undefined : JSON.parse(read);
                use(new milguard.Checker(policy), policy?.mode === "audit");
                state.textContent = message(policy ? "tryPolicyUsed" : "tryPolicyDefault");
                state.dataset.valid = "true";
                text.removeAttribute("aria-invalid");
            } catch (error) {
                // Either a SyntaxError of JSON.parse or a MilguardError: both name the place and
                // the error.
                const reason = error instanceof Error ? error.message : String(error);
                state.textContent = message("tryPolicyInvalid", reason);
                state.dataset.valid = "false";
                text.setAttribute("aria-invalid", "true");
            }
        };
        text.addEventListener("input", () => {
            clearTimeout(typing);
            typing = setTimeout(apply, TYPING_PAUSE_MS);
        });
        text.addEventListener("change", apply);

        const preset = /** @type {HTMLSelectElement} */ (document.getElementById("preset"));
        preset.append(...PRESETS.map((name) => new Option(name, name)));
        preset.addEventListener("change", async () => {
            const chosen = preset.value;
            const policy = chosen === "" ? "" : await fetchPreset(chosen);
            // The person may have chosen another preset meanwhile.
            if (preset.value === chosen) {
                text.value = policy;
                apply();
            }
        });
    }
}

/**
 * The text of a preset. If it cannot be loaded, the text of the error, which the page then reports as an invalid policy.
 *
 * @param {string} name
 */
async function fetchPreset(name) {
    try {
        const response = await fetch(new URL(`../policy/${name}.json`, import.meta.url));
        return response.ok ? await response.text() : `HTTP ${response.status}`;
    } catch (error) {
        return String(error);
    }
}
