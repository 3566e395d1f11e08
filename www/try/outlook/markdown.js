// @ts-check
// The few kinds of Markdown that Outlook shows in its question at Send: bold, italic, lists, links, escapes. Text becomes
// text; only a link to an `https:` address becomes a link.

/**
 * @param {string} source
 * @returns {DocumentFragment}
 */
export function renderMarkdown(source) {
    const fragment = document.createDocumentFragment();
    for (const block of source.split(/\n{2,}|\r/)) {
        if (block.trim() === "") {
            continue;
        }
        const isItem = /^\s*[-*] /.test(block);
        const paragraph = document.createElement("p");
        paragraph.classList.toggle("item", isItem);
        paragraph.append(...inline(isItem ? block.replace(/^\s*[-*] /, "") : block));
        fragment.append(paragraph);
    }
    return fragment;
}

/** Escapes come first, so that an escaped character does not act as markup. */
const TOKEN = /\\([\\`*_{}[\]()#+\-.!~|>])|\*\*((?:\\.|[^\\])+?)\*\*|[*_]((?:\\.|[^\\*_])+?)[*_]|\[((?:\\.|[^\\\]])+?)\]\((https:[^\s)]+)\)/g;

/**
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function inline(text) {
    /** @type {(Node | string)[]} */
    const nodes = [];
    let end = 0;
    for (const match of text.matchAll(TOKEN)) {
        const [all, escaped, strong, emphasis, label, url] = match;
        nodes.push(text.slice(end, match.index));
        end = match.index + all.length;
        if (escaped !== undefined) {
            nodes.push(escaped);
        } else if (strong !== undefined) {
            nodes.push(wrap("strong", strong));
        } else if (emphasis !== undefined) {
            nodes.push(wrap("em", emphasis));
        } else {
            const link = /** @type {HTMLAnchorElement} */ (wrap("a", label ?? ""));
            link.href = url ?? "";
            link.target = "_blank";
            link.rel = "noopener noreferrer";
            nodes.push(link);
        }
    }
    nodes.push(text.slice(end));
    return nodes.filter((node) => node !== "");
}

/**
 * @param {"strong" | "em" | "a"} name
 * @param {string} text
 */
function wrap(name, text) {
    const element = document.createElement(name);
    element.append(...inline(text));
    return element;
}
