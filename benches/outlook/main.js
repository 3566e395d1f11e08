// @ts-check
// The time that the script at Send costs a sender: milliseconds from its text to the first answer, each in a new
// process, in a bare context with an Office that answers at once. Prints Markdown.
//
// usage: node benches/outlook/main.js

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const ROUNDS = 9;
const SCRIPT = new URL("../../dist/outlook/launchevent.js", import.meta.url);

const ordinary = (/** @type {number} */ count) => Array.from({ length: count }, (_, index) => `ann${index}@example.com`);

/** @type {Record<string, { to: string[], goes: boolean }>} */
const KINDS = {
    "one recipient": { to: ordinary(1), goes: true },
    "500 recipients": { to: ordinary(500), goes: true },
    "a look-alike among 20": { to: [...ordinary(19), "bob@army.ml"], goes: false },
};

const [kind] = process.argv.slice(2);
if (kind === undefined) {
    report();
} else {
    console.log(JSON.stringify(await once(kind)));
}

function report() {
    console.log(`Node.js ${process.version}, ${cpus()[0]?.model ?? "unknown processor"}\n`);
    console.log(`## Milliseconds of the script at Send in Outlook (median of ${ROUNDS} new processes)\n`);
    console.log("| message | load | first answer | together | next answer | times the checker alone |");
    console.log("|---|---|---|---|---|---|");
    const self = fileURLToPath(import.meta.url);
    const alone = fileURLToPath(new URL("../compare/start.js", import.meta.url));
    for (const name of Object.keys(KINDS)) {
        // The variants run alternately, so that a busy machine slows both equally.
        const runs = Array.from({ length: ROUNDS }, () => ({
            ...JSON.parse(execFileSync(process.execPath, [self, name], { encoding: "utf8" })),
            alone: Number(execFileSync(process.execPath, [alone, "script"], { encoding: "utf8" })),
        }));
        const times = ["load", "first", "together", "next", "alone"].map((part) => median(runs.map((run) => run[part])));
        const [, , together = NaN, , checker = NaN] = times;
        const cells = times.slice(0, 4).map((time) => time.toFixed(1));
        console.log(`| ${name} | ${cells.join(" | ")} | ${(together / checker).toFixed(1)} |`);
    }
    console.log();
}

/** @param {string} name */
async function once(name) {
    const { to, goes } = KINDS[name] ?? { to: [], goes: true };
    const script = readFileSync(SCRIPT, "utf8");
    /** @type {Map<string, (event: object) => void>} */
    const handlers = new Map();
    const context = vm.createContext({ Office: office(to, handlers), console, setTimeout, clearTimeout });
    const begin = performance.now();
    vm.runInContext(script, context);
    const loaded = performance.now();
    const first = await send();
    const answered = performance.now();
    await send();
    const end = performance.now();
    if (first.allowEvent !== goes) {
        throw new Error(`${name}: ${JSON.stringify(first)}`);
    }
    return { load: loaded - begin, first: answered - loaded, together: answered - begin, next: end - answered };

    /** @returns {Promise<any>} */
    function send() {
        return new Promise((resolve) => handlers.get("onMessageSend")?.({ completed: resolve }));
    }
}

/**
 * @param {string[]} to
 * @param {Map<string, (event: object) => void>} handlers
 */
function office(to, handlers) {
    const get = (/** @type {unknown} */ value) => ({
        getAsync: (/** @type {any[]} */ ...args) => setImmediate(args.at(-1), { status: "succeeded", value }),
    });
    const person = (/** @type {string} */ address) => ({ emailAddress: address, displayName: address });
    // Half of the recipients are in each field: if a field had exactly 500, Outlook might have cut it off, and
    // Milguard would ask.
    const half = Math.ceil(to.length / 2);
    const item = {
        to: get(to.slice(0, half).map(person)),
        cc: get(to.slice(half).map(person)),
        bcc: get([]),
        from: get(person("jane.doe@example.com")),
        subject: get("Minutes"),
        body: get("Hello"),
        sessionData: get(undefined),
        getAttachmentsAsync: get([]).getAsync,
    };
    return {
        actions: { associate: (/** @type {string} */ name, /** @type {any} */ handler) => handlers.set(name, handler) },
        context: { displayLanguage: "en-US", mailbox: { item }, requirements: { isSetSupported: () => true } },
    };
}

/** @param {number[]} values */
function median(values) {
    const sorted = [...values].sort((left, right) => left - right);
    return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
