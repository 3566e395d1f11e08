// @ts-check
// The size of a client's downloads, as a server sends them. A change that exceeds a budget has to
// save bytes elsewhere.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";

import { scriptFile, webFolder } from "./builds.js";

const KB = 1_000;
// The goals were 150 KB for the module and 165 KB for the plain script (docs/decisions/javascript-builds.md). These budgets
// are the sizes that were reached, plus at most 2 %.
const BUDGETS = [
    { name: "WebAssembly", files: [new URL("milguard_bg.wasm", webFolder)], budget: 142 * KB },
    { name: "its glue", files: [new URL("milguard.js", webFolder)], budget: 8 * KB },
    { name: "the plain script", files: [scriptFile], budget: 161 * KB },
];

for (const { name, files, budget } of BUDGETS) {
    it(`${name} takes at most ${budget / KB} KB after brotli`, (context) => {
        const sizes = files.map((file) => {
            const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
            return brotliCompressSync(readFileSync(file), { params }).length;
        });
        const size = sizes.reduce((sum, next) => sum + next, 0);
        context.diagnostic(`${size} bytes`);
        assert.ok(size <= budget, `${size} bytes are ${size - budget} over the budget`);
    });
}
