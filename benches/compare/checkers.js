// @ts-check
// The checkers under comparison, each behind the same function.

import { readFileSync } from "node:fs";
import vm from "node:vm";

import { POPULAR_DOMAINS, run as runSpellChecker } from "@zootools/email-spell-checker";
import mailcheck from "mailcheck";

import { names } from "./addresses.js";

/** @typedef {import("../../dist/checker/web/milguard.js").Checker} MilguardChecker */
/** @typedef {{ severity: string, suggestion: string | null }} Answer */
/** @typedef {{ title: string, check: (address: string) => Answer }} Checker */

const dist = new URL("../../dist/checker/", import.meta.url);

/** @returns {Promise<MilguardChecker>} */
export async function loadWebAssembly() {
    /** @type {typeof import("../../dist/checker/web/milguard.js")} */
    const module = await import(new URL("web/milguard.js", dist).href);
    module.initSync({ module: readFileSync(new URL("web/milguard_bg.wasm", dist)) });
    return new module.Checker();
}

/** @returns {MilguardChecker} */
export function loadScript() {
    // The script runs by itself, because `var milguard` must reach the global object.
    vm.runInThisContext(readFileSync(new URL("script/milguard.js", dist), "utf8"));
    return new /** @type {any} */ (globalThis).milguard.Checker();
}

/**
 * @param {string} title
 * @param {MilguardChecker} checker
 * @returns {Checker}
 */
function milguard(title, checker) {
    return {
        title,
        check(address) {
            const { severity, recipients } = checker.check({ recipients: [{ address }] });
            return { severity, suggestion: recipients[0]?.suggestion ?? null };
        },
    };
}

/** @param {{ full: string } | undefined} suggestion */
const suggests = (suggestion) => ({
    severity: suggestion ? "warn" : "pass",
    suggestion: suggestion?.full ?? null,
});

/** @returns {Promise<Checker[]>} */
export async function loadCheckers() {
    const mailcheckDomains = [...mailcheck.defaultDomains, ...names];
    const spellCheckerDomains = [...POPULAR_DOMAINS, ...names];
    return [
        milguard("Milguard, WebAssembly", await loadWebAssembly()),
        milguard("Milguard, plain JavaScript", loadScript()),
        { title: "mailcheck, as shipped", check: (email) => suggests(mailcheck.run({ email })) },
        {
            title: "mailcheck, with the .mil names",
            check: (email) => suggests(mailcheck.run({ email, domains: mailcheckDomains })),
        },
        { title: "email-spell-checker, as shipped", check: (email) => suggests(runSpellChecker({ email })) },
        {
            title: "email-spell-checker, with the .mil names",
            check: (email) => suggests(runSpellChecker({ email, domains: spellCheckerDomains })),
        },
    ];
}
