// `Object.entries` (ES2017), with which serde-wasm-bindgen reads the members of an object that may have any names.

/** @param {Record<string, unknown>} object */
function entries(object) {
    return Object.keys(object).map((name) => [name, object[name]]);
}

export { entries as "Object.entries" };
