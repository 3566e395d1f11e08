// @ts-check
// Tests whether each part that the check at Send needs works on this computer.

import { loadChecker } from "../shared/checker.js";
import { loadSettings } from "./settings.js";
import { inTime } from "./stop-send.js";

/** @typedef {{ key: string, problem: string | null }} Result */

const TIMEOUT_MS = 12_000;

/** @returns {Promise<Result[]>} never rejects */
export async function runSelfTest() {
    const { backend } = await loadSettings();
    return Promise.all([
        attempt("optionsTestChecker", testChecker),
        attempt("optionsTestPolicy", testPolicy),
        attempt("optionsTestGuard", testGuard),
        attempt("optionsTestStorage", testStorage),
        ...(backend ? [attempt("optionsTestServer", () => testServer(backend))] : []),
    ]);
}

/**
 * @param {string} key
 * @param {() => Promise<unknown>} run
 * @returns {Promise<Result>}
 */
async function attempt(key, run) {
    try {
        await inTime(TIMEOUT_MS, run());
        return { key, problem: null };
    } catch (error) {
        return { key, problem: error instanceof Error ? error.message : String(error) };
    }
}

/** Tests the checker with the built-in policy, whose verdicts are known. */
async function testChecker() {
    const milguard = await loadChecker();
    const checker = new milguard.Checker();
    const { recipients } = checker.check({
        recipients: [{ address: "bob@army.mil" }, { address: "bob@army.ml" }],
    });
    checker.free();
    const [right, wrong] = recipients;
    expect(right?.severity === "pass", "bob@army.mil does not pass");
    expect(wrong?.severity === "warn", "bob@army.ml passes");
    expect(wrong?.suggestion === "bob@army.mil", "bob@army.ml is not corrected");
    const { version } = messenger.runtime.getManifest();
    expect(milguard.version() === version, `the checker is version ${milguard.version()}`);
}

async function testPolicy() {
    const [milguard, { checkerPolicy, problem }] = await Promise.all([loadChecker(), loadSettings()]);
    expect(problem === null, problem ?? "");
    new milguard.Checker(checkerPolicy).free();
}

/** Tests whether the event page answers, which Thunderbird asks at Send. */
async function testGuard() {
    const answer = await messenger.runtime.sendMessage({ to: "guard", type: "mode", tabId: -1 });
    expect(answer === null, "the event page gives an unexpected answer");
}

async function testStorage() {
    const probe = Date.now();
    for (const area of [messenger.storage.local, messenger.storage.session]) {
        await area.set({ selfTest: probe });
        const { selfTest } = await area.get("selfTest");
        await area.remove("selfTest");
        expect(selfTest === probe, "the storage does not return the value stored in it");
    }
}

/** @param {import("../shared/backend.js").Backend} backend */
async function testServer(backend) {
    const answer = await backend.policy(null);
    expect(answer.result === "ok" || answer.result === "unchanged", "detail" in answer ? answer.detail : answer.result);
}

/**
 * @param {boolean} isRight
 * @param {string} problem
 */
function expect(isRight, problem) {
    if (!isRight) {
        throw new Error(problem);
    }
}
