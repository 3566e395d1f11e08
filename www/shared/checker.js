// @ts-check
// Loads the checker once, or says why it cannot be loaded.

/** @typedef {typeof import("../checker/milguard.js")} CheckerModule */

/**
 * Why the checker is missing: the browser has no WebAssembly, its files did not arrive, or they
 * arrived and could not be started.
 *
 * @typedef {"unsupported" | "missing" | "broken"} LoadFailure
 */

export class CheckerLoadError extends Error {
    /**
     * @param {LoadFailure} failure
     * @param {string} message
     * @param {unknown} [cause]
     */
    constructor(failure, message, cause) {
        super(message, { cause });
        this.name = "CheckerLoadError";
        this.failure = failure;
    }
}

const CHECKER_URL = new URL("../checker/milguard.js", import.meta.url);
const WASM_URL = new URL("../checker/milguard_bg.wasm", import.meta.url);

/** @type {Promise<CheckerModule> | undefined} */
let loading;

/**
 * Resolves to the checker's module once it has started. Later calls get the same one; after a failure the next
 * call tries again.
 *
 * @returns {Promise<CheckerModule>}
 * @throws {CheckerLoadError}
 */
export function loadChecker() {
    loading ??= load().catch((error) => {
        loading = undefined;
        throw error;
    });
    return loading;
}

/** @returns {Promise<CheckerModule>} */
async function load() {
    if (typeof WebAssembly !== "object") {
        throw new CheckerLoadError("unsupported", "this browser has no WebAssembly");
    }
    const [checker, response] = await Promise.all([importChecker(), fetchWasm()]);
    try {
        // `instantiateStreaming` would refuse a file that a proxy has given another content type.
        const bytes = await response.arrayBuffer();
        await checker.default({ module_or_path: bytes });
    } catch (error) {
        throw new CheckerLoadError("broken", `the checker does not start: ${error}`, error);
    }
    return checker;
}

/** @returns {Promise<CheckerModule>} */
async function importChecker() {
    try {
        return await import("../checker/milguard.js");
    } catch (error) {
        throw new CheckerLoadError("missing", `${CHECKER_URL.pathname}: ${error}`, error);
    }
}

/** @returns {Promise<Response>} */
async function fetchWasm() {
    let response;
    try {
        response = await fetch(WASM_URL);
    } catch (error) {
        throw new CheckerLoadError("missing", `${WASM_URL.pathname}: ${error}`, error);
    }
    if (!response.ok) {
        throw new CheckerLoadError("missing", `${WASM_URL.pathname}: HTTP ${response.status}`);
    }
    return response;
}
