// @ts-check
// Makes the lesson interactive: hides each answer until the reader has judged the address. The page contains all addresses,
// verdicts and texts; without this script it shows all of them.

import { element } from "../shared/dom.js";
import { pickLanguage } from "../shared/i18n.js";
import { countLesson, deploymentIn } from "./count.js";

const query = new URLSearchParams(location.search);
const wanted = pickLanguage(navigator.languages).replaceAll("_", "-");
// Warnings link to the English page, which opens the page in the reader's language. A reader who has chosen English
// (`lang`) stays.
if (document.documentElement.hasAttribute("data-entry") && wanted !== "en" && !query.has("lang")) {
    location.replace(new URL(`${wanted}.html${location.search}`, location.href));
} else {
    start();
}

function start() {
    const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#addresses > li")]);
    const deployment = deploymentIn(query);
    let isCounted = false;
    let judged = 0;
    let correct = 0;

    keepDeployment(deployment);
    element("how").hidden = false;
    element("again").addEventListener("click", () => {
        reset();
        element("addresses").focus();
    });
    for (const item of items) {
        for (const button of buttonsIn(item)) {
            button.addEventListener("click", () => judge(item, button));
        }
    }
    reset();
    document.documentElement.dataset.state = "ready";

    function reset() {
        [judged, correct] = [0, 0];
        items.forEach(ask);
        element("done").hidden = true;
        element("progress").hidden = true;
    }

    /**
     * @param {HTMLElement} item
     * @param {HTMLButtonElement} chosen
     */
    function judge(item, chosen) {
        const said = chosen.value === item.dataset.verdict ? "correct" : "wrong";
        judged += 1;
        correct += said === "correct" ? 1 : 0;
        item.dataset.judged = said;
        part(item, `[data-said=${said}]`).hidden = false;
        const answer = part(item, ".answer");
        answer.hidden = false;
        // Focus moves before the buttons are disabled: a screen reader reads the focused element, and Tab continues
        // from there.
        answer.focus();
        buttonsIn(item).forEach((button) => {
            button.disabled = true;
            button.setAttribute("aria-pressed", String(button === chosen));
        });
        const progress = element("progress");
        progress.hidden = false;
        progress.textContent = (progress.dataset.text ?? "").replace("$1", String(judged)).replace("$2", String(correct));
        if (judged === items.length) {
            element("done").hidden = false;
            if (!isCounted && deployment !== null) {
                isCounted = true;
                void countLesson(deployment).then((outcome) => {
                    document.documentElement.dataset.counted = outcome;
                });
            }
        }
    }
}

/**
 * Hides the answer, and offers the buttons with which the reader judges.
 *
 * @param {HTMLElement} item
 */
function ask(item) {
    delete item.dataset.judged;
    part(item, ".choices").hidden = false;
    part(item, ".answer").hidden = true;
    part(item, "[data-said=correct]").hidden = true;
    part(item, "[data-said=wrong]").hidden = true;
    buttonsIn(item).forEach((button) => {
        button.disabled = false;
        button.removeAttribute("aria-pressed");
    });
}

/**
 * Adds the deployment to the links to the other languages.
 *
 * @param {string | null} deployment
 */
function keepDeployment(deployment) {
    for (const link of document.querySelectorAll("#languages a")) {
        if (deployment !== null && link instanceof HTMLAnchorElement) {
            const url = new URL(link.href);
            url.searchParams.set("d", deployment);
            link.href = url.href;
        }
    }
}

/**
 * @param {HTMLElement} item
 * @returns {HTMLButtonElement[]}
 */
function buttonsIn(item) {
    return [...item.querySelectorAll("button")];
}

/**
 * @param {HTMLElement} item
 * @param {string} selector
 */
function part(item, selector) {
    const found = item.querySelector(selector);
    if (!(found instanceof HTMLElement)) {
        throw new Error(`an address has no ${selector}`);
    }
    return found;
}
