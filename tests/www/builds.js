// @ts-check
// Loads both builds of the checker as their hosts do.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

/** @typedef {typeof import("../../dist/checker/web/milguard.js")} Milguard */
/** @typedef {Pick<Milguard, "Checker" | "version">} Build */

export const webFolder = new URL("../../dist/checker/web/", import.meta.url);
export const scriptFile = new URL("../../dist/checker/script/milguard.js", import.meta.url);

/**
 * A script that removes interfaces that a mail client's JavaScript-only runtime may lack: everything newer than ES2016,
 * and WebAssembly.
 */
export const ONLY_ES2016 = `
    ["WebAssembly", "TextDecoder", "TextEncoder", "URL", "FinalizationRegistry", "WeakRef", "BigInt", "BigInt64Array",
        "BigUint64Array", "SharedArrayBuffer", "Atomics", "globalThis", "AggregateError", "Iterator"].forEach((name) => {
        delete this[name];
    });
    [
        [Object, ["entries", "values", "fromEntries", "getOwnPropertyDescriptors", "hasOwn", "groupBy"]],
        [Array.prototype, ["flat", "flatMap", "at", "findLast", "findLastIndex", "toSorted", "toReversed", "with"]],
        [String.prototype, ["padStart", "padEnd", "replaceAll", "matchAll", "at", "trimStart", "trimEnd", "isWellFormed"]],
        [Promise, ["allSettled", "any", "withResolvers"]],
        [Promise.prototype, ["finally"]],
    ].forEach(([owner, names]) => names.forEach((name) => {
        delete owner[name];
    }));`;

/**
 * The ES module with WebAssembly.
 *
 * @returns {Promise<Milguard>}
 */
export async function loadWeb() {
    /** @type {Milguard} */
    const build = await import(new URL("milguard.js", webFolder).href);
    build.initSync({ module: readFileSync(new URL("milguard_bg.wasm", webFolder)) });
    return build;
}

/**
 * A bare global object in which the classic script has run: ECMAScript without features
 * newer than ES2016.
 *
 * @returns {{ build: Build, context: vm.Context, added: string[] }}
 */
export function loadScript() {
    const context = vm.createContext(Object.create(null));
    vm.runInContext(`${ONLY_ES2016}\ndelete this.console;`, context);
    const names = () => vm.runInContext("Object.getOwnPropertyNames(this)", context);
    const before = names();
    const file = fileURLToPath(scriptFile);
    vm.runInContext(readFileSync(file, "utf8"), context, { filename: file });
    return {
        build: context.milguard,
        context,
        // The list as an array of this context, not of the other one.
        added: [...names()].filter((name) => !before.includes(name)),
    };
}

/** @returns {Promise<[name: string, build: Build][]>} */
export async function loadBuilds() {
    return [
        ["WebAssembly", await loadWeb()],
        ["plain script", loadScript().build],
    ];
}
