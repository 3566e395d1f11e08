// @ts-check
// Draws the dialog. It is a classic script at the end of the page, so that the window shows the guard's content when it
// first draws, without loading anything else.
"use strict";

// stop.js uses it.
globalThis.stopView = (() => {
    /** @typedef {import("./stop-page.js").StopPage} StopPage */
    /** @typedef {import("./view-tree.js").Tree} Tree */

    /** With this many recipients or more, each takes a line or two, and the sender can unfold the details. */
    const FOLDED_FROM = 2;

    /** The source of each entry in the page: an entry with the same source need not be built again. @type {WeakMap<Element, string>} */
    const sources = new WeakMap();

    const root = document.documentElement;
    // The dialog has the text direction of Thunderbird, even if its texts are in a language with the other direction.
    root.dir = message("@@bidi_dir") || "ltr";
    for (const one of document.querySelectorAll("[data-i18n]")) {
        one.textContent = message(one.getAttribute("data-i18n") ?? "") || one.textContent;
    }
    const first = handedOver();
    if (first) {
        show(first);
    } else {
        element("title").textContent = message("stopTitle");
    }

    /**
     * @param {string} key
     * @param {string | string[]} [values]
     */
    function message(key, values = "") {
        return messenger.i18n.getMessage(key, values);
    }

    /** @returns {StopPage | null} */
    function handedOver() {
        try {
            return JSON.parse(decodeURIComponent(location.hash.slice(1)));
        } catch {
            // stop.js asks the event page for the content.
            return null;
        }
    }

    /**
     * @param {string} id
     * @returns {HTMLElement}
     */
    function element(id) {
        const found = document.getElementById(id);
        if (!found) {
            throw new Error(`the page has no #${id}`);
        }
        return found;
    }

    /** @param {StopPage} page */
    function show(page) {
        const { findings, others, training } = page;
        const focused = focusedControl();
        element("title").textContent = page.title;
        document.title = page.title.includes(page.about) ? page.title : `${page.title} – ${page.about}`;
        element("about").textContent = page.about;
        element("about").hidden = false;
        element("lead").textContent = page.lead;
        element("notice").textContent = page.notice;
        element("all").hidden = page.useAll === 0;
        element("use-all").textContent = message("stopUseAll", String(page.useAll));
        const isFolded = findings.length + others.length >= FOLDED_FROM;
        showEntries(element("findings"), findings, isFolded);
        showEntries(element("others"), others, isFolded);
        element("also").hidden = others.length === 0;
        element("training").hidden = training === null;
        const link = /** @type {HTMLAnchorElement} */ (element("training").firstElementChild);
        link.textContent = training?.label ?? "";
        const send = element("send-anyway");
        send.hidden = page.send.rule === "never";
        send.textContent = page.send.label;
        send.classList.toggle("primary", page.state === "clear");
        element("reason").hidden = page.send.rule !== "justification";
        if (element("reason").firstElementChild) {
            /** @type {HTMLElement} */ (element("reason").firstElementChild).textContent = page.reasonLabel;
        }
        element("retry").hidden = true;
        root.dataset.content = page.state;
        focusAgain(focused, page);
    }

    /**
     * Replaces only the entries that differ, because a press is lost if its button is replaced before the release.
     *
     * @param {HTMLElement} list
     * @param {Tree[]} trees
     * @param {boolean} isFolded
     */
    function showEntries(list, trees, isFolded) {
        trees.forEach((tree, at) => {
            const source = JSON.stringify([tree, isFolded]);
            const shown = list.children[at];
            if (!shown || sources.get(shown) !== source) {
                const made = entry(tree, isFolded);
                sources.set(made, source);
                if (shown) {
                    shown.replaceWith(made);
                } else {
                    list.append(made);
                }
            }
        });
        while (list.children.length > trees.length) {
            list.lastElementChild?.remove();
        }
    }

    /**
     * @param {Tree} tree of one recipient
     * @param {boolean} isFolded
     */
    function entry(tree, isFolded) {
        const item = build(tree);
        // The page shows this note to screen readers alone: other senders see the marked characters in the address.
        const marked = item.querySelector(".mg-reasons + .mg-note:has(> .mg-text)");
        marked?.classList.add("unseen");
        const details = document.createElement("details");
        const summary = document.createElement("summary");
        summary.textContent = message("stopMore");
        details.append(summary, ...item.querySelectorAll(".mg-note, .mg-reason ~ .mg-reason"));
        if (isFolded && details.children.length > 1) {
            item.append(details);
        } else {
            item.querySelector(".mg-reasons")?.append(...details.querySelectorAll(".mg-reason"));
            item.querySelector(".mg-actions")?.before(...details.querySelectorAll(".mg-note"));
        }
        item.classList.toggle("folded", isFolded);
        return item;
    }

    /**
     * @param {Tree} tree
     * @returns {HTMLElement}
     */
    function build([name, attributes, ...children]) {
        const made = document.createElement(name);
        for (const [attribute, value] of Object.entries(attributes)) {
            made.setAttribute(attribute, value);
        }
        made.append(...children.map((child) => (typeof child === "string" ? child : build(child))));
        return made;
    }

    /** A selector of the focused control in the lists, because new content may replace that control. */
    function focusedControl() {
        const { action, index } = /** @type {HTMLElement | null} */ (document.activeElement)?.dataset ?? {};
        return action || document.activeElement?.id === "use-all" ? `[data-action="${action}"][data-index="${index}"]` : null;
    }

    /**
     * Moves the focus to the same control, else to the first button of a finding, else to the button that sends, else to the title.
     *
     * @param {string | null} selector
     * @param {StopPage} page
     */
    function focusAgain(selector, { state }) {
        if (selector !== null) {
            const same = /** @type {HTMLElement | null} */ (document.querySelector(selector));
            const next = /** @type {HTMLElement | null} */ (document.querySelector("#findings button"));
            const send = /** @type {HTMLButtonElement} */ (element("send-anyway"));
            send.disabled &&= state !== "clear";
            (same ?? next ?? (send.disabled || send.hidden ? element("title") : send)).focus();
        }
    }

    return Object.freeze({ element, first, message, show });
})();
