// @ts-check
// The plain script is for runtimes that have ECMAScript 2016 and nothing else.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import vm from "node:vm";

import { parse } from "acorn";

import { loadScript, scriptFile } from "./builds.js";

const text = readFileSync(scriptFile, "utf8");

/**
 * @param {unknown} node
 * @param {(node: any) => void} visit
 */
function walk(node, visit) {
    if (Array.isArray(node)) {
        node.forEach((child) => walk(child, visit));
    } else if (node && typeof node === "object") {
        visit(node);
        Object.values(node).forEach((child) => walk(child, visit));
    }
}

describe("dist/checker/script/milguard.js", () => {
    const program = parse(text, { ecmaVersion: 2016, sourceType: "script" });

    it("the plain script is an ES2016 script of ASCII characters", () => {
        assert.equal(program.type, "Program");
        assert.match(text, /^[\t\n -~]*$/);
    });

    it("the plain script names nothing of a browser, a timer, a module system or a mail client", () => {
        const forbidden = new Set([
            "WebAssembly", "document", "window", "self", "navigator", "location", "fetch", "Office",
            "XMLHttpRequest", "require", "process", "setTimeout", "setInterval", "queueMicrotask",
            "importScripts", "eval", "Function", "globalThis", "console", "performance", "crypto", "URL",
            "Buffer", "atob",
        ]);
        /** @type {string[]} */
        const found = [];
        walk(program, (node) => {
            if (node.type === "MemberExpression" && !node.computed) {
                // A property with that name is not a use of the global.
                node.property.name = "";
            } else if (node.type === "Identifier" && forbidden.has(node.name)) {
                found.push(node.name);
            }
        });
        assert.deepEqual([...new Set(found)], []);
    });

    it("the plain script defines `milguard` and no other global", () => {
        const { added, build } = loadScript();
        assert.deepEqual(added, ["milguard"]);
        assert.deepEqual(Object.keys(build).sort(), ["Checker", "version"]);
    });

    it("the plain script can be part of a larger script", () => {
        const context = vm.createContext({});
        vm.runInContext(`${text}\nvar severity = new milguard.Checker().check({
            recipients: [{ address: "bob@army.ml" }],
        }).severity;`, context);
        assert.equal(context.severity, "warn");
    });

    it("the plain script can be loaded twice", () => {
        const { build, context } = loadScript();
        const first = new build.Checker();
        vm.runInContext(text, context);
        const second = new context.milguard.Checker();
        for (const checker of [first, second]) {
            assert.equal(checker.check({ recipients: [{ address: "bob@army.ml" }] }).severity, "warn");
        }
    });
});
