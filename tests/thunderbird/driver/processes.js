// @ts-check
// Processes that never outlive the tests: not after a failure, not after Ctrl-C, and not when the tests
// themselves are killed. Their folder is deleted too, except in the last case.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** @type {Set<string>} */
const folders = new Set();

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

process.on("exit", () => {
    for (const child of running) {
        killGroup(child);
    }
    folders.forEach(removeFolder);
});
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.once(signal, () => process.exit(130));
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} options
 */
export function start(program, args, options) {
    // The kernel ends it together with this process; its process group includes its children.
    const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args], {
        ...options,
        detached: true,
    });
    running.add(child);
    child.on("exit", () => {
        running.delete(child);
        killGroup(child);
    });
    return child;
}

/**
 * Waits for a process to end by itself, and then kills it.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @param {number} graceMs
 */
export async function stop(child, graceMs) {
    if (child.exitCode !== null || child.signalCode !== null) {
        return;
    }
    const exit = once(child, "exit");
    const timer = setTimeout(() => killGroup(child), graceMs);
    await exit;
    clearTimeout(timer);
}

/** @returns {string} a fresh folder */
export function makeFolder() {
    const folder = mkdtempSync(path.join(tmpdir(), "milguard-thunderbird-"));
    folders.add(folder);
    return folder;
}

/** @param {string} folder */
export function removeFolder(folder) {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    folders.delete(folder);
}

/** @param {import("node:child_process").ChildProcess} child */
function killGroup(child) {
    try {
        process.kill(-(child.pid ?? NaN), "SIGKILL");
    } catch {
        // No process is left.
    }
}
