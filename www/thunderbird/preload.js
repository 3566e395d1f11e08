// @ts-check
// Loads all files of the event page at the same time, because a Send that has woken the page waits for them. Otherwise
// Thunderbird would load each level of imports after the one before, and the checker last.
"use strict";

(() => {
    const MODULES = [
        "/thunderbird/background.js",
        "/thunderbird/draft.js",
        "/thunderbird/key.js",
        "/thunderbird/lists.js",
        "/thunderbird/page.js",
        "/thunderbird/reporting.js",
        "/thunderbird/settings.js",
        "/thunderbird/stop-page.js",
        "/thunderbird/stops.js",
        "/thunderbird/view-tree.js",
        "/thunderbird/watch.js",
        "/checker/milguard.js",
        "/shared/backend.js",
        "/shared/events.js",
        "/shared/evidence.js",
        "/shared/follow.js",
        "/shared/i18n.js",
        "/shared/message.js",
        "/shared/policy.js",
        "/shared/reasons.js",
        "/shared/retry.js",
    ];

    // A module that fails here fails again where it is needed, and the sender learns of it there.
    import("../shared/checker.js").then(({ loadChecker }) => loadChecker()).catch(() => {});
    for (const path of MODULES) {
        const link = document.createElement("link");
        link.rel = "modulepreload";
        link.href = path;
        document.head.append(link);
    }
})();
