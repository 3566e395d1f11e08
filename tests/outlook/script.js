// @ts-check
// The associations that the script at Send makes when Outlook loads it.

import vm from "node:vm";

/**
 * Loads the script as classic Outlook does, with only `Office` and `console`.
 *
 * @param {string} script
 * @returns {{ functions: Set<string>, commands: Set<string> }} the functions it associates with events, and the ids of
 *     buttons that it names
 */
export function runScript(script) {
    /** @type {Set<string>} */
    const functions = new Set();
    const actions = {
        associate: (/** @type {string} */ name, /** @type {unknown} */ handler) => {
            if (typeof handler === "function") {
                functions.add(name);
            }
        },
    };
    vm.runInContext(script, vm.createContext({ Office: { actions }, console }));
    return { functions, commands: new Set(script.match(/\bmilguardPane[A-Z]\w*/g)) };
}
