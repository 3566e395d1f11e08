// @ts-check
// Several monitors: the dialog opens on the monitor of its message, and is completely on it.

import { waitFor } from "../driver/compose.js";
import { thunderbirdTests } from "../driver/suite.js";

const MONITORS = [
    { left: 0, top: 0, width: 1280, height: 900 },
    { left: 1280, top: 0, width: 1280, height: 900 },
];

/** The frame that a window manager may put around a window. */
const FRAME_PX = 12;

const { app, it, compose } = thunderbirdTests({ name: "monitors", screen: "2560x900", monitors: MONITORS });

for (const [where, left, width, monitor] of /** @type {const} */ ([
    ["a message in the middle of the first", 200, 800, 0],
    ["a message in the middle of the second", 1500, 800, 1],
    ["a narrow message on the first, at the edge between both", 760, 500, 0],
    ["a narrow message at the left edge of the first", 0, 500, 0],
    ["a narrow message on the second, at the edge between both", 1280, 500, 1],
    ["a narrow message at the far edge of the second", 2040, 500, 1],
    ["a message over both, mostly on the second", 1180, 900, 1],
])) {
    it(`the dialog opens on the monitor of its message: ${where}`, async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await app().windows("place", message.id, { left, top: 80, width, height: 560 });
        const stop = await message.sendAsked();
        const { left: from = 0, width: across = 0 } = MONITORS[monitor] ?? {};
        await waitFor(`the dialog to lie from ${from} to ${from + across}`, async () => {
            const place = await app().windows("placeOf", stop.window);
            const isAcross = place.left >= from - FRAME_PX && place.left + place.width <= from + across + FRAME_PX;
            return isAcross && place.top >= 0 && place.top + place.height <= 900 + FRAME_PX;
        });
        await stop.choose("back");
        await stop.waitClosed();
        await message.close();
    });
}
