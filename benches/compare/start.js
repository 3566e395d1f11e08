// @ts-check
// Prints the milliseconds from the file's bytes to the first verdict, in a process of its own.
//
// usage: node benches/compare/start.js web|script

import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import vm from "node:vm";

const dist = new URL("../../dist/checker/", import.meta.url);
const message = { recipients: [{ address: "bob@army.ml" }] };

/** @type {() => import("../../dist/checker/web/milguard.js").Report} */
let first;
if (process.argv[2] === "web") {
    /** @type {typeof import("../../dist/checker/web/milguard.js")} */
    const milguard = await import(new URL("web/milguard.js", dist).href);
    const module = readFileSync(new URL("web/milguard_bg.wasm", dist));
    first = () => {
        milguard.initSync({ module });
        return new milguard.Checker().check(message);
    };
} else {
    const script = readFileSync(new URL("script/milguard.js", dist), "utf8");
    first = () => {
        vm.runInThisContext(script);
        return new /** @type {any} */ (globalThis).milguard.Checker().check(message);
    };
}
const start = performance.now();
const { severity } = first();
const milliseconds = performance.now() - start;
if (severity !== "warn") {
    throw new Error(`the first verdict is ${severity}`);
}
console.log(milliseconds);
