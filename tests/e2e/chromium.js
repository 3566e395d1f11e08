// @ts-check
// The browser of the tests. The shell without a window draws and runs pages as Chromium does, in two thirds of its
// processor time.

import { existsSync } from "node:fs";

/** `scripts/install-chromium` looks in the same places. */
const PLACES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** The path of its program, which may be missing. */
export const BROWSER = process.env.CHROMIUM ?? PLACES.find((path) => existsSync(path)) ?? "/usr/bin/chromium";
