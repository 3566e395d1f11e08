// @ts-check
"use strict";

(() => {
    const { document, location, messenger, window } = /** @type {any} */ (globalThis);
    for (const id of ["yes", "no"]) {
        document.getElementById(id).addEventListener("click", async () => {
            const tabId = Number(new URLSearchParams(location.search).get("tab"));
            await messenger.runtime.sendMessage({ tabId, isSent: id === "yes" });
            window.close();
        });
    }
    document.documentElement.dataset.state = "ready";
})();
