// @ts-check
// Of the ways in background.js; the tests put another one in its place.
Object.assign(globalThis, { WAY: "holds" });
