// @ts-check
// One of the ways in background.js; the tests replace it.
Object.assign(globalThis, { WAY: "holds" });
