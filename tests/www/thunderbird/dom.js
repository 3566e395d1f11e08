// @ts-check
// The part of a document that the warning view needs to render without a page.

class FakeNode extends EventTarget {
    static ELEMENT_NODE = 1;
    nodeType = 3;
    /** @type {FakeNode[]} */
    childNodes = [];
    /** @type {FakeNode | null} */
    parentNode = null;
    #text = "";

    /** @param {string} [text] */
    constructor(text = "") {
        super();
        this.#text = text;
    }

    /** @returns {string} */
    get textContent() {
        return this.#text + this.childNodes.map((node) => node.textContent).join("");
    }

    set textContent(text) {
        this.#text = "";
        this.childNodes = [new FakeNode(text)];
    }

    /**
     * @template {FakeNode} Child
     * @param {Child} child
     */
    appendChild(child) {
        child.remove();
        child.parentNode = this;
        this.childNodes.push(child);
        return child;
    }

    /**
     * @param {FakeNode} next
     * @param {FakeNode} child
     */
    replaceChild(next, child) {
        this.childNodes[this.childNodes.indexOf(child)] = next;
        next.parentNode = this;
        child.parentNode = null;
        return child;
    }

    remove() {
        const siblings = this.parentNode?.childNodes ?? [];
        if (siblings.includes(this)) {
            siblings.splice(siblings.indexOf(this), 1);
        }
        this.parentNode = null;
    }
}

class FakeElement extends FakeNode {
    ownerDocument = fakeDocument;
    /** @type {{ name: string, value: string }[]} */
    attributes = [];

    /** @param {string} localName */
    constructor(localName) {
        super();
        this.nodeType = FakeNode.ELEMENT_NODE;
        this.localName = localName;
    }

    /**
     * @param {string} name
     * @param {string} value
     */
    setAttribute(name, value) {
        this.attributes = [...this.attributes.filter((one) => one.name !== name), { name, value }];
    }

    /** @param {string} name */
    getAttribute(name) {
        return this.attributes.find((one) => one.name === name)?.value ?? null;
    }

    /**
     * @param {string} selector the only kind that it understands: children of a class
     * @returns {FakeElement[]}
     */
    querySelectorAll(selector) {
        const [, parent = "", child = ""] = /^\.([\w-]+) > (\w+)$/.exec(selector) ?? [];
        if (parent === "") {
            throw new Error(`not understood: ${selector}`);
        }
        const elements = this.childNodes.filter((node) => node instanceof FakeElement);
        const own = this.getAttribute("class") === parent ? elements.filter(({ localName }) => localName === child) : [];
        return [...own, ...elements.flatMap((element) => element.querySelectorAll(selector))];
    }
}

const fakeDocument = {
    activeElement: null,
    createElement: (/** @type {string} */ name) => new FakeElement(name),
    createTextNode: (/** @type {string} */ text) => new FakeNode(text),
};

/** Gives every script a document. */
export function installDocument() {
    Object.assign(globalThis, { document: fakeDocument, Node: FakeNode });
}
