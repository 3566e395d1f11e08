// @ts-check
// A WebAssembly instance never gives memory back, so a long-lived page must not need more of it
// with every check.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

import { loadScript, loadWeb, webFolder } from "./builds.js";

const web = await loadWeb();
const { memory } = web.initSync({ module: readFileSync(new URL("milguard_bg.wasm", webFolder)) });

describe("WebAssembly memory", () => {
    it("WebAssembly memory does not grow over 10,000 checks, refusals and new checkers", () => {
        const checker = new web.Checker();
        const recipients = ["bob@army.ml", "\u{430}nn@\u{430}rmy.mil", '"x@army.mil" <e@evil.example>']
            .map((address) => ({ address, name: "Bob" }));
        const round = () => {
            checker.check({ recipients, subject: "CUI", body: "Hello" });
            assert.throws(() => checker.check({ recipients: [{ address: /** @type {any} */ (1) }] }));
            assert.throws(() => new web.Checker({ mode: "stop" }));
        };
        const rebuild = () => new web.Checker({ deny: ["*.ml"] }).free();
        for (let count = 0; count < 100; count += 1) {
            round();
            rebuild();
        }
        const before = memory.buffer.byteLength;
        for (let count = 0; count < 10_000; count += 1) {
            round();
            if (count % 100 === 0) {
                rebuild();
            }
        }
        assert.equal(memory.buffer.byteLength, before);
    });
});

describe("the plain script's memory", () => {
    it("the plain script's memory does not grow over 10,000 checks", () => {
        const { build } = loadScript();
        const checker = new build.Checker();
        const message = { recipients: [{ address: "bob@army.ml" }, { address: "ann@gmail.com" }] };
        const used = () => process.memoryUsage().arrayBuffers;
        for (let count = 0; count < 100; count += 1) {
            checker.check(message);
        }
        const before = used();
        for (let count = 0; count < 10_000; count += 1) {
            checker.check(message);
        }
        // One growth would add a whole copy of the memory, which is more than 1 MiB.
        assert.ok(used() - before < 1 << 20, `${used() - before} more bytes`);
    });
});
