// @ts-check
// Runs the asynchronous methods of the simulated Office as Office does: each answers later, once, with a result or an
// error. The settings can make it answer late or never, fail, or throw.

/** @typedef {{ name: string, message: string, code: number }} OfficeError */
/** @typedef {"fails" | "hangs" | "throws"} Fault */

/**
 * @typedef {object} AsyncResult
 * @property {"succeeded" | "failed"} status
 * @property {unknown} value
 * @property {OfficeError | undefined} error
 * @property {unknown} asyncContext
 */

/** @typedef {(result: AsyncResult) => void} Callback */

/**
 * @typedef {object} CallSettings
 * @property {() => number} latencyMs
 * @property {(method: string) => Fault | null} fault the fault of a method such as `to.getAsync`
 * @property {number | null} inFlight the most calls that may wait for an answer; `null`: any number
 * @property {(work: () => void, ms: number) => unknown} schedule
 */

/** An argument that Office refuses at once, by throwing. */
export class ArgumentError extends Error {
    /**
     * @param {"type" | "range" | "count" | "value"} kind
     * @param {string} argument
     * @param {string} [detail]
     */
    constructor(kind, argument, detail = "") {
        const names = {
            type: "Sys.ArgumentTypeException",
            range: "Sys.ArgumentOutOfRangeException",
            count: "Sys.ParameterCountException",
            value: "Sys.ArgumentException",
        };
        super(`${names[kind]}: ${detail || "the value is not allowed"}: ${argument}`);
        this.name = names[kind];
    }
}

/** A call that Office takes and answers with an error. */
export class CallError extends Error {
    /**
     * @param {number} code
     * @param {string} name
     * @param {string} message
     */
    constructor(code, name, message) {
        super(message);
        this.name = name;
        this.code = code;
    }
}

/** The calls of one runtime. */
export class Calls {
    #settings;
    #waiting = 0;

    /** @param {CallSettings} settings */
    constructor(settings) {
        this.#settings = settings;
    }

    /**
     * Takes a call and answers it later. `given` holds the last arguments, after those that the method itself reads:
     * `options` and `callback`. The caller may leave out either.
     *
     * @param {string} method
     * @param {readonly unknown[]} given
     * @param {() => unknown} work gives the result, or throws a `CallError`
     * @param {{ needsCallback?: boolean, readTail?: (given: readonly unknown[]) => Tail }} [how]
     */
    take(method, given, work, { needsCallback = false, readTail = readInOrder } = {}) {
        const { options, callback } = readTail(given);
        if (needsCallback && callback === undefined) {
            throw new ArgumentError("value", "callback");
        }
        const fault = this.#settings.fault(method);
        if (fault === "throws") {
            throw new Error(`${method} throws, as the settings say`);
        }
        const { inFlight, schedule, latencyMs } = this.#settings;
        const isTooMany = inFlight !== null && this.#waiting >= inFlight;
        this.#waiting += 1;
        if (fault === "hangs") {
            return;
        }
        schedule(() => {
            this.#waiting -= 1;
            /** @type {AsyncResult} */
            const result = { status: "succeeded", value: undefined, error: undefined, asyncContext: options?.asyncContext };
            try {
                if (isTooMany) {
                    throw new CallError(5013, "TooManyIncompleteRequests", "Wait until the previous call completes.");
                }
                if (fault === "fails") {
                    throw new CallError(9020, "GenericResponseError", "An internal error has occurred.");
                }
                result.value = work();
            } catch (error) {
                if (!(error instanceof CallError)) {
                    throw error;
                }
                result.status = "failed";
                result.error = { name: error.name, message: error.message, code: error.code };
            }
            callback?.(Object.freeze(result));
        }, latencyMs());
    }
}

/**
 * The arguments after those that the method itself reads. An argument that is `undefined` counts as given.
 *
 * @typedef {{ options?: { asyncContext?: unknown } | null | undefined, callback?: Callback | undefined }} Tail
 */

/**
 * Reads options, then a callback.
 *
 * @param {readonly unknown[]} given
 * @returns {Tail}
 */
function readInOrder(given) {
    if (given.length > 2) {
        throw new ArgumentError("count", "callback");
    }
    const isCallback = given.length === 1 && typeof given[0] === "function";
    const [options, callback] = isCallback ? [undefined, given[0]] : given;
    if (given.length > 0 && !isCallback && typeof options !== "object") {
        throw new ArgumentError("type", "options");
    }
    if (given.length === 2 && typeof callback !== "function") {
        throw new ArgumentError("value", "callback");
    }
    return { options: /** @type {Tail["options"]} */ (options), callback: /** @type {Tail["callback"]} */ (callback) };
}

/**
 * Reads options and a callback in any order, as the methods for handlers accept them.
 *
 * @param {readonly unknown[]} given
 * @returns {Tail}
 */
export function readInAnyOrder(given) {
    const callbacks = given.filter((one) => typeof one === "function");
    const options = given.filter((one) => typeof one === "object");
    if (given.length > 2 || callbacks.length > 1) {
        throw new ArgumentError("count", "callback");
    }
    if (callbacks.length + options.length < given.length) {
        throw new ArgumentError("type", "options");
    }
    return { options: /** @type {Tail["options"]} */ (options[0]), callback: /** @type {Tail["callback"]} */ (callbacks[0]) };
}

/**
 * Reads the arguments of the oldest methods, which also accept a callback and then a value that the callback gets.
 *
 * @param {readonly unknown[]} given
 * @returns {Tail}
 */
export function readCallbackFirst(given) {
    const [callback, asyncContext] = given;
    return typeof callback === "function" && given.length <= 2
        ? { options: { asyncContext }, callback: /** @type {Callback} */ (callback) }
        : readInOrder(given);
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {number} [max] characters
 * @returns {string} with at least one character
 */
export function readName(value, argument, max) {
    const name = readString(value, argument, max);
    if (name === "") {
        throw new ArgumentError("value", argument);
    }
    return name;
}

/**
 * @param {unknown} value
 * @param {string} argument
 * @param {number} [max] characters
 * @returns {string}
 */
export function readString(value, argument, max = Infinity) {
    if (typeof value !== "string") {
        throw new ArgumentError("type", argument);
    }
    if (value.length > max) {
        throw new ArgumentError("range", argument, `more than ${max} characters`);
    }
    return value;
}
