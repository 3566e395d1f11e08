// @ts-check
// The page to try the checker: it reads the fields and shows the shared warning view. The checker
// makes every decision, even where one recipient ends and the next begins.

import { CheckerLoadError, loadChecker } from "../shared/checker.js";
import { element } from "../shared/dom.js";
import { LANGUAGES, loadMessages, pickLanguage, translate } from "../shared/i18n.js";
import { copyMessage } from "../shared/message.js";
import { reasonsIn } from "../shared/reasons.js";
import { formatDuration, measure } from "../shared/timing.js";
import { EXAMPLES } from "./examples.js";
import { PolicyField } from "./policy.js";

/** @typedef {import("../shared/checker.js").CheckerModule} CheckerModule */
/** @typedef {import("../checker/milguard.js").Report} Report */
/** @typedef {import("../checker/milguard.js").Message} Message */

/** The page checks after a pause of this length; a shorter one is common within a word. */
const TYPING_PAUSE_MS = 150;

/**
 * The page measures the time once the person has stopped typing, so that measuring does not slow
 * the page down.
 */
const MEASURE_PAUSE_MS = 600;

/** The add-in's behaviour at Send, by severity. */
const CONSEQUENCES = Object.freeze({
    pass: "tryConsequencePass",
    notice: "tryConsequenceNotice",
    warn: "tryConsequenceWarn",
    block: "tryConsequenceBlock",
});

const language = pickLanguage([
    new URLSearchParams(location.search).get("lang") ?? "",
    ...navigator.languages,
]);
const message = await loadMessages(language);
translate(document, language, message);
offerLanguages();

const fields = {
    to: /** @type {HTMLTextAreaElement} */ (element("to")),
    subject: /** @type {HTMLInputElement} */ (element("subject")),
    attachments: /** @type {HTMLTextAreaElement} */ (element("attachments")),
    body: /** @type {HTMLTextAreaElement} */ (element("body")),
};

// On a phone the less important fields start folded, because they stand between the recipients and the result.
const more = /** @type {HTMLDetailsElement} */ (element("more"));
more.open = matchMedia("(min-width: 52rem)").matches;

element("retry").addEventListener("click", () => void start());
await start();

/** Loads the checker and starts the page, or says why it cannot start. */
async function start() {
    element("failure").hidden = true;
    try {
        run(await loadChecker());
        document.documentElement.dataset.state = "ready";
    } catch (error) {
        showFailure(error);
        document.documentElement.dataset.state = "failed";
    }
}

/** @param {CheckerModule} milguard */
// eslint-disable-next-line max-lines-per-function -- its functions share the checker and the report, and there is one of each in a page
function run(milguard) {
    let checker = new milguard.Checker();
    let isAudit = false;
    /** @type {Report | undefined} */
    let report;
    const view = new milguard.WarningView(
        element("view"),
        { message: messageForMode, reason: reasonsIn(message), actions: ["use-suggestion", "remove"] },
        act,
    );
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let typing;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let measuring;

    for (const field of Object.values(fields)) {
        field.addEventListener("input", () => {
            clearTimeout(typing);
            clearTimeout(measuring);
            typing = setTimeout(check, TYPING_PAUSE_MS);
        });
    }
    element("compose").addEventListener("submit", (event) => event.preventDefault());
    element("clear").addEventListener("click", () => {
        fill({ to: "" });
        fields.to.focus();
    });
    offerExamples(fill);
    new PolicyField(milguard, message, (nextChecker, nextIsAudit) => {
        checker.free();
        checker = nextChecker;
        isAudit = nextIsAudit;
        // The view does not draw an equal report again, although the mode may change its texts; so this empties it first.
        view.render({ severity: "pass", recipients: [] });
        check();
    });
    element("version").textContent = message("tryVersion", milguard.version());
    fill(EXAMPLES[0] ?? { to: "" });

    /**
     * A text of the view. In audit mode the policy stops nothing, so no text says that it does.
     *
     * @param {string} key
     * @param {string} [value]
     */
    function messageForMode(key, value) {
        return message(isAudit && key === "viewSummaryBlock" ? "viewSummaryWarn" : key, value);
    }

    function check() {
        clearTimeout(typing);
        typing = undefined;
        clearTimeout(measuring);
        const draft = readDraft(milguard);
        const problem = element("problem");
        const consequence = element("consequence");
        try {
            report = checker.check(copyMessage(draft));
            view.render(report);
        } catch (error) {
            // For example, the text is too long. The result on the page belongs to an earlier text.
            report = undefined;
            view.render({ severity: "pass", recipients: [] });
            consequence.textContent = "";
            element("timing").textContent = "";
            problem.textContent = message("tryUnchecked", String(error));
            return;
        }
        problem.textContent = "";
        const isEmpty = report.recipients.length === 0;
        const atSend = isAudit ? "tryConsequenceAudit" : CONSEQUENCES[report.severity];
        consequence.textContent = message(isEmpty ? "tryEmpty" : atSend);
        element("timing").textContent = "";
        if (!isEmpty) {
            measuring = setTimeout(() => showTiming(draft), MEASURE_PAUSE_MS);
        }
    }

    /** @param {Message} draft */
    function showTiming(draft) {
        const { meanMs, runs } = measure(() => void checker.check(copyMessage(draft)));
        const tag = document.documentElement.lang;
        const number = new Intl.NumberFormat(tag);
        element("timing").textContent = [
            message("tryTimingRecipients", number.format(draft.recipients.length)),
            message("tryTimingMean", formatDuration(meanMs, tag)),
            message("tryTimingRuns", number.format(runs)),
        ].join(" · ");
    }

    /**
     * @param {import("../checker/milguard.js").ViewAction} action
     * @param {number | null} index
     */
    function act(action, index) {
        const clicked = index === null ? undefined : report?.recipients[index];
        if (index === null || !clicked) {
            return;
        }
        if (typing !== undefined) {
            // The text typed meanwhile may have moved or removed the recipient.
            check();
        }
        const addresses = report?.recipients.map((recipient) => recipient.address) ?? [];
        const place =
            addresses[index] === clicked.address ? index : addresses.indexOf(clicked.address);
        if (place < 0) {
            return;
        }
        const address = action === "use-suggestion" ? clicked.suggestion : null;
        fields.to.value = milguard.replaceRecipient(fields.to.value, place, address);
        check();
        element("announcement").textContent =
            address === null
                ? message("tryRemoved", clicked.address)
                : message("tryReplaced", address);
        if (fields.to.value === "") {
            fields.to.focus();
        }
    }

    /** @param {{ to: string, subject?: string, body?: string, attachments?: string }} example */
    function fill({ to, subject = "", body = "", attachments = "" }) {
        fields.to.value = to;
        fields.subject.value = subject;
        fields.body.value = body;
        fields.attachments.value = attachments;
        element("announcement").textContent = "";
        more.open ||= subject + body + attachments !== "";
        check();
    }
}

/**
 * @param {CheckerModule} milguard
 * @returns {Message}
 */
function readDraft(milguard) {
    return {
        recipients: milguard.splitRecipients(fields.to.value).map((address) => ({
            address,
            field: "to",
        })),
        subject: fields.subject.value,
        body: fields.body.value,
        attachments: fields.attachments.value.split("\n").filter((name) => name.trim() !== ""),
    };
}

/** @param {(example: import("./examples.js").Example) => void} fill */
function offerExamples(fill) {
    const items = EXAMPLES.map((example) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.example = example.id;
        // A key has a text; the name of a domain is shown as it is.
        const text = message(example.label);
        button.textContent = text || example.label;
        button.classList.toggle("domain", !text);
        button.addEventListener("click", () => fill(example));
        const item = document.createElement("li");
        item.append(button);
        return item;
    });
    element("examples").replaceChildren(...items);
}

function offerLanguages() {
    const select = /** @type {HTMLSelectElement} */ (element("language"));
    for (const [code, name] of Object.entries(LANGUAGES)) {
        const option = new Option(name, code, code === language, code === language);
        option.lang = code.replaceAll("_", "-");
        select.append(option);
    }
    select.addEventListener("change", () => {
        location.search = new URLSearchParams({ lang: select.value }).toString();
    });
}

/** @param {unknown} error */
function showFailure(error) {
    const failure = error instanceof CheckerLoadError ? error.failure : "broken";
    const keys = {
        unsupported: "tryFailedUnsupported",
        missing: "tryFailedMissing",
        broken: "tryFailedBroken",
    };
    element("failure-text").textContent = message(keys[failure]);
    element("failure-detail").textContent = error instanceof Error ? error.message : String(error);
    element("failure").hidden = false;
}
