// @ts-check
// The parts of Microsoft's Ajax library that Office.js uses. Otherwise Office.js loads that library from
// ajax.aspnetcdn.com, in every cloud, and does not start without it. With these few members Office.js loads nothing from
// that host, which then cannot delay Send (office-js issues 4131, 5518, 5733, 6430). Written for Milguard from the calls
// that Office.js makes. This file adds nothing if the library is already loaded.
(() => {
    /** @typedef {Record<string, unknown>} Members */
    /** The globals that this file adds members to. @typedef {Members & { Function: Members & { prototype: Members }, String: Members, Error: Members }} Scope */
    const scope = /** @type {Scope} */ (/** @type {unknown} */ (window));
    if (typeof scope.Sys !== "undefined") {
        return;
    }

    // Office.js only checks whether these exist.
    scope.Sys = {
        StringBuilder: function () {},
        Debug: { trace: function () {} },
        Browser: { agent: null, InternetExplorer: "none" },
        Serialization: { JavaScriptSerializer: { serialize: JSON.stringify, deserialize: JSON.parse } },
    };
    scope.Type = { registerClass: function () {}, registerNamespace: registerNamespace };

    // Office.js checks the arguments of its own internal calls with this; `null` says that they are
    // valid.
    scope.Function._validateParams = function () {
        return null;
    };
    scope.Function.prototype.registerClass = function () {
        return this;
    };

    scope.String.format = function (/** @type {string} */ text) {
        const values = arguments;
        return String(text).replace(/\{(\d+)\}/g, function (_place, /** @type {string} */ at) {
            return String(values[Number(at) + 1]);
        });
    };

    scope.Error.create = create;
    [
        ["argument", "ArgumentException"],
        ["argumentNull", "ArgumentNullException"],
        ["argumentOutOfRange", "ArgumentOutOfRangeException"],
        ["argumentType", "ArgumentTypeException"],
        ["argumentUndefined", "ArgumentUndefinedException"],
        ["invalidOperation", "InvalidOperationException"],
        ["notImplemented", "NotImplementedException"],
        ["parameterCount", "ParameterCountException"],
    ].forEach(function (entry) {
        scope.Error[String(entry[0])] = function () {
            const words = Array.prototype.slice.call(arguments).filter(function (/** @type {unknown} */ word) {
                return typeof word === "string" && word !== "";
            });
            const name = "Sys." + entry[1];
            return create(name + ": " + words.join(": "), { name: name });
        };
    });

    /** @param {string} name such as `Microsoft.Office`: each part becomes an object in the one before it */
    function registerNamespace(name) {
        String(name)
            .split(".")
            .reduce(function (/** @type {Members} */ parent, part) {
                parent[part] = parent[part] || {};
                return /** @type {Members} */ (parent[part]);
            }, scope);
    }

    /**
     * @param {string} message
     * @param {Record<string, unknown>} [members]
     */
    function create(message, members) {
        const error = /** @type {Error & Members} */ (new Error(message));
        Object.keys(members || {}).forEach(function (key) {
            error[key] = (members || {})[key];
        });
        error.popStackFrame = function () {};
        return error;
    }
})();
