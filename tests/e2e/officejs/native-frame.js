// @ts-check
// The objects and functions that Outlook for desktops and phones puts into the add-in's page before anything else runs
// there. They have the form of each client, and pass each call on to native.js in the window around the frame, which
// answers it.

/**
 * The data that the window hands to the page: the client, and its immediate answers.
 *
 * @typedef {object} Native
 * @property {string} id
 * @property {import("./native.js").Platform} platform
 * @property {unknown[]} context as the web views give it, in their order
 * @property {string} hostInfo
 */

/** @typedef {(payload: any) => void} Answered */
/** A call: of a method, to hear of an event, or to save. @typedef {{ kind: "execute" | "register" | "unregister" | "save", number?: number, given: unknown }} Ask */

/**
 * Runs in every frame of the page, and acts in those that native.js has opened.
 *
 * @param {string} addin the origin of the add-in's pages
 */
// eslint-disable-next-line max-lines-per-function -- the browser gets its text, so all of it is in one function
export function provideNative(addin) {
    if (location.origin !== addin || window === window.parent) {
        return;
    }
    /** @type {Native | undefined} */
    const native = JSON.parse(window.name || "{}").native;
    if (!native) {
        return;
    }
    const { id, platform, context, hostInfo } = native;
    /** @type {Map<number, (data: any) => void>} */
    const waiting = new Map();
    /** @type {Map<number, (data: any) => void>} */
    const handlers = new Map();
    addEventListener("message", ({ data }) => {
        if (data?.native === id) {
            waiting.get(data.serial)?.(data.answer);
            waiting.delete(data.serial);
            handlers.get(data.event)?.(data.payload);
        }
    });
    let serial = 0;
    /**
     * @param {Ask} call
     * @param {(data: any) => void} answered
     */
    function ask(call, answered) {
        serial += 1;
        waiting.set(serial, answered);
        window.parent.postMessage({ native: id, serial, ...call }, "*");
    }

    if (platform === "Windows" || platform === "Mac, external") {
        Object.defineProperty(window, "external", { value: makeExternal(), configurable: true });
    } else if (platform === "Android") {
        Object.assign(window, { agaveHost: { postMessage: takeText } });
    } else {
        Object.assign(window, { webkit: { messageHandlers: { Agave: { postMessage: takeText } } } });
        if (platform === "Mac, functions") {
            provideFunctions();
        }
    }

    /** The object of classic Windows, and of Outlook for Mac before its web view: its arrays are not JavaScript's. */
    function makeExternal() {
        const array = (/** @type {unknown[]} */ list) => ({ toArray: () => list });
        const [keys, values] = /** @type {[string[], string[]]} */ (context[0]);
        const settings = {
            Read(/** @type {string[]} */ names, /** @type {string[]} */ texts) {
                names.push(...keys);
                texts.push(...values);
            },
            Write(/** @type {string[]} */ names, /** @type {string[]} */ texts) {
                ask({ kind: "save", given: { keys: names, values: texts } }, () => {});
            },
        };
        const members = {
            GetSolutionRef: context[1],
            GetAppType: context[2],
            GetAppVersionMajor: context[3],
            GetAppVersionMinor: context[4],
            GetAppCapabilities: context[7],
            GetAppUILocale: context[8],
            GetAppDataLocale: context[9],
            GetDocUrl: context[11],
            GetActivationMode: context[12],
            GetControlIntegrationLevel: context[13],
            GetSolutionToken: context[14],
            GetSupportedMatrix: context[20],
            GetHostFullVersion: context[22],
            GetSettings: settings,
        };
        const contextObject = Object.fromEntries(Object.entries(members).map(([name, value]) => [name, () => value]));
        return {
            GetHostInfo: () => hostInfo,
            GetContext: () => contextObject,
            Execute(/** @type {number} */ number, /** @type {unknown[]} */ given, /** @type {Function} */ callback) {
                ask({ kind: "execute", number, given }, (answer) => callback(array(answer), 0));
            },
            RegisterEvent(
                /** @type {number} */ number,
                /** @type {string} */ target,
                /** @type {Function} */ handler,
                /** @type {Function} */ callback,
            ) {
                handlers.set(number, (payload) => handler(number, array(payload)));
                ask({ kind: "register", number, given: target }, (status) => callback(status));
            },
            UnregisterEvent(/** @type {number} */ number, /** @type {string} */ target, /** @type {Function} */ callback) {
                handlers.delete(number);
                ask({ kind: "unregister", number, given: target }, (status) => callback(status));
            },
        };
    }

    /** The one function of the web views: text goes in, and the answer calls a function of the page by its name. */
    function takeText(/** @type {string} */ text) {
        const { methodId, params, callbackId, callbackFunction, eventCallbackFunction } = JSON.parse(text);
        const call = (/** @type {string} */ name, /** @type {unknown} */ payload) => {
            const path = name.split(".");
            const last = path.pop() ?? "";
            const owner = path.reduce((value, member) => value[member], /** @type {any} */ (window));
            owner[last](callbackId, payload);
        };
        take(
            methodId,
            params,
            (payload) => callbackFunction && call(callbackFunction, payload),
            (payload) => call(eventCallbackFunction, payload),
        );
    }

    /** Further functions that Outlook for Mac may have: they take objects and callbacks. */
    function provideFunctions() {
        Object.assign(window, {
            _osfHostAPI: (/** @type {string} */ _, /** @type {any} */ { methodId, params }, /** @type {Answered} */ callback) =>
                take(methodId, params, callback, () => {}),
            _osfHostRegisterEvent(
                /** @type {string} */ _,
                /** @type {any} */ { methodId, params },
                /** @type {Answered} */ handler,
                /** @type {Answered} */ callback,
            ) {
                take(methodId, params, callback, handler);
                return { eventCallbackId: String(params.id) };
            },
            _osfHostUnregisterCallback(/** @type {string} */ number) {
                handlers.delete(Number(number));
            },
        });
    }

    /**
     * A message of a web view.
     *
     * @param {number} methodId
     * @param {any} params
     * @param {Answered} answer
     * @param {Answered} tell of an event
     */
    function take(methodId, params, answer, tell) {
        switch (methodId) {
            case 1:
                ask({ kind: "execute", number: params.id, given: params.apiArgs }, (data) => answer([0, data]));
                return;
            case 2:
                handlers.set(params.id, (payload) => tell(platform === "Android" ? [params.id, payload] : [payload, params.id]));
                ask({ kind: "register", number: params.id, given: params.targetId }, (status) => answer([status]));
                return;
            case 3:
                handlers.delete(params.id);
                ask({ kind: "unregister", number: params.id, given: params.targetId }, (status) => answer([status]));
                return;
            case 4:
                ask({ kind: "save", given: params }, () => answer([0]));
                return;
            case 5:
                // The answer comes later, as from another process.
                setTimeout(() => answer(context), 0);
                return;
            default:
        }
    }
}
