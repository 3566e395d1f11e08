// @ts-check
// One Thunderbird for all tests of a file, and the checks after each test.

import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { Compose, waitFor } from "./compose.js";
import { Thunderbird } from "./thunderbird.js";

/** @typedef {import("./thunderbird.js").Options} Options */

/** The add-in under test. */
export async function builtAddin() {
    const file = path.resolve("dist/thunderbird/milguard.xpi");
    await access(file).catch(() => assert.fail(`${file} is missing: run make build`));
    const manifest = JSON.parse(await readFile("www/thunderbird/manifest.json", "utf8"));
    return { id: manifest.browser_specific_settings.gecko.id, file };
}

/**
 * Starts Thunderbird before a file's tests and ends it after them.
 *
 * @param {Options | (() => Promise<Options>)} options without an add-in, the one under test is used
 */
// eslint-disable-next-line max-lines-per-function -- what the tests of a file share: one Thunderbird and its servers
export function thunderbirdTests(options) {
    /** @type {Thunderbird | undefined} */
    let started;
    let messages = 0;

    before(async () => {
        const given = typeof options === "function" ? await options() : options;
        const addin = given.addin === undefined ? await builtAddin() : given.addin;
        started = await Thunderbird.start({ ...given, addin });
    });
    after(async () => {
        await started?.stop();
        assert.deepEqual(started?.sink.takeStrays() ?? [], [], "messages that were sent without a question");
    });

    const app = () => {
        assert.ok(started, "Thunderbird is running");
        return started;
    };

    return {
        app,

        /**
         * A test that must leave no window open. If it fails, it leaves a picture of the screen.
         *
         * @param {string} name
         * @param {() => Promise<void>} run
         */
        it(name, run) {
            test(name, async () => {
                try {
                    await run();
                    assert.deepEqual(await app().windows("prompts"), [], "Thunderbird asks nothing");
                    assert.deepEqual(app().sink.takeStrays(), [], "messages that were sent without a question");
                    await waitFor(
                        "the add-in's pages to close",
                        async () => (await app().windows("pages")).length === 0,
                        60_000,
                    );
                } catch (error) {
                    const file = `FAILED-${name.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60)}.png`;
                    await app().display.picture(app().record(file));
                    // The next test must not fail for the same messages.
                    app().sink.takeStrays();
                    throw error;
                } finally {
                    await app().windows("closePrompts");
                    for (const { id } of await app().windows("pages")) {
                        await app().windows("closePage", id);
                    }
                    await app().compose("closeCompose");
                }
            });
        },

        /**
         * Opens a compose window.
         *
         * @param {import("../inside/compose.js").Draft} draft
         */
        async compose(draft) {
            messages += 1;
            const subject = draft.subject ?? `Message ${messages}`;
            const complete = { body: "See you there.", ...draft, subject };
            return new Compose(app(), await app().compose("openCompose", complete), subject);
        },

        /**
         * Opens a compose window from a message that was received.
         *
         * @param {"Reply" | "ForwardInline" | "ForwardAsAttachment" | "Redirect" | "EditAsNew"} how
         * @param {{ from: string, to?: string }} message
         */
        async composeFrom(how, { from, to = "alice@example.mil" }) {
            messages += 1;
            const subject = `Message ${messages}`;
            const source = [
                `From: ${from}`,
                `To: ${to}`,
                `Subject: ${subject}`,
                `Message-ID: <${messages}@example.mil>`,
                "Date: Mon, 23 Nov 2026 10:00:00 +0000",
                "",
                "See you there.",
                "",
            ].join("\n");
            const id = await app().compose("composeFrom", how, source);
            const prefix = how === "Reply" ? "Re: " : how.startsWith("Forward") ? "Fwd: " : "";
            return new Compose(app(), id, prefix + subject);
        },
    };
}
