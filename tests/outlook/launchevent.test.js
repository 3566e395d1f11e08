// @ts-check
// The script that Outlook runs by itself, as a file: it must run in classic Outlook on Windows, and mail depends on it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import vm from "node:vm";
import { brotliCompressSync, constants } from "node:zlib";

import { parse } from "acorn";

import { ONLY_ES2016 } from "../www/builds.js";
import { SCRIPT } from "./outlook.js";

const KB = 1_000;
// Reporting where the runtime has `fetch` takes 2 KB of it.
const BUDGET = 180 * KB;

const HANDLERS = [
    "onAppointmentAttendeesChanged",
    "onAppointmentOrganizer",
    "onAppointmentSend",
    "onMessageCompose",
    "onMessageRecipientsChanged",
    "onMessageSend",
    "onNewMessageCompose",
];

/** Only the handlers: without the first line, the banner and the checker. */
const own = SCRIPT.slice(SCRIPT.indexOf("catch (milguardError)"));

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

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("dist/outlook/launchevent.js", () => {
    const program = parse(SCRIPT, { ecmaVersion: 2016, sourceType: "script" });

    it("the script is one ES2016 script of ASCII characters", () => {
        assert.equal(program.type, "Program");
        assert.match(SCRIPT, /^[\t\n -~]*$/);
    });

    it("the script begins with the line that rendering replaces", () => {
        assert.equal(SCRIPT.split("\n", 1)[0], "var milguardConfig = {};");
    });

    it(`the script takes at most ${BUDGET / KB} KB after brotli`, (context) => {
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
        const size = brotliCompressSync(SCRIPT, { params }).length;
        context.diagnostic(`${size} bytes`);
        assert.ok(size <= BUDGET, `${size} bytes are ${size - BUDGET} over the budget`);
    });

    it("the script uses no interface of browsers or module systems, and of the network only what reports need", () => {
        const forbidden = new Set([
            "WebAssembly", "document", "window", "self", "navigator", "location", "fetch", "XMLHttpRequest",
            "WebSocket", "localStorage", "sessionStorage", "require", "process", "setInterval", "queueMicrotask",
            "importScripts", "eval", "Function", "globalThis", "performance", "URL", "URLSearchParams", "AbortController",
            "Buffer", "atob", "TextDecoder", "TextEncoder", "OfficeRuntime", "structuredClone", "console",
        ]);
        /** @type {string[]} */
        const found = [];
        walk(parse(own.replace(/^.*\n/, ""), { ecmaVersion: 2016 }), (node) => {
            if (node.type === "MemberExpression" && !node.computed) {
                node.property.name = "";
            } else if (node.type === "Property" && !node.computed && !node.shorthand) {
                node.key = null;
            } else if (node.type === "Identifier" && forbidden.has(node.name)) {
                found.push(node.name);
            }
        });
        // Interfaces that reports use if they exist: delivery.test.js runs the script with and
        // without them.
        assert.deepEqual([...new Set(found)].sort(), ["AbortController", "TextDecoder", "fetch"]);
    });

    it("the script changes no recipient, waits for no start of Office, and opens no dialog", () => {
        const calls = /\.(?:setAsync|addAsync|sendAsync|closeAsync|onReady|initialize|displayDialogAsync|getAccessToken)\b/g;
        assert.deepEqual(own.match(calls) ?? [], []);
    });

    it("the script calls nothing that came after ES2016", () => {
        // esbuild's replacements for newer syntax may be newer themselves: `{ ...a, b }` asks for descriptors.
        const newer =
            /\.(?:entries|fromEntries|getOwnPropertyDescriptors|padStart|padEnd|replaceAll|flatMap|flat|matchAll|trimStart|trimEnd|allSettled|hasOwn|at)\(/g;
        assert.deepEqual(own.match(newer) ?? [], []);
    });

    it("the script adds two names to a bare runtime, and registers its handlers at once", () => {
        /** @type {string[]} */
        const associated = [];
        const actions = {
            associate: (/** @type {string} */ name, /** @type {unknown} */ handler) => {
                assert.equal(typeof handler, "function");
                associated.push(name);
            },
        };
        const context = vm.createContext({ Office: { actions } });
        vm.runInContext(`${ONLY_ES2016}\ndelete this.console;`, context);
        const names = () => vm.runInContext("Object.getOwnPropertyNames(this)", context);
        const before = names();
        vm.runInContext(SCRIPT, context);
        const added = names().filter((/** @type {string} */ name) => !before.includes(name));
        assert.deepEqual([...added].sort(), ["milguard", "milguardConfig"]);
        assert.deepEqual(associated.sort(), HANDLERS);
        // A web runtime may load the script once more.
        vm.runInContext(SCRIPT, context);
    });

    it("the script registers its handlers where the checker does not start", () => {
        /** @type {string[]} */
        const associated = [];
        const actions = { associate: (/** @type {string} */ name) => associated.push(name) };
        const broken = SCRIPT.replace("var milguard=", "throw new Error('broken');var milguard=");
        assert.notEqual(broken, SCRIPT);
        vm.runInContext(broken, vm.createContext({ Office: { actions } }));
        assert.deepEqual(associated.sort(), HANDLERS);
    });
});
