// @ts-check
// Draws the icons that the Outlook manifest names. Office takes no SVG. The drawing has no text, so the fonts of the
// machine do not matter, and the same tool makes the same bytes everywhere.
//
// usage: node scripts/draw-icons.js

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { initWasm, Resvg } from "@resvg/resvg-wasm";

/** 16, 32 and 80 are mandatory for buttons, 64 and 128 for lists of add-ins. */
const SIZES = [16, 32, 64, 80, 128];
const DRAWING = "www/shared/milguard.svg";
const FOLDER = "dist/outlook/icons";

const wasm = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
await initWasm(readFileSync(wasm));
const drawing = readFileSync(DRAWING, "utf8");
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const size of SIZES) {
    const image = new Resvg(drawing, { fitTo: { mode: "width", value: size } }).render();
    writeFileSync(`${FOLDER}/icon-${size}.png`, image.asPng());
}
