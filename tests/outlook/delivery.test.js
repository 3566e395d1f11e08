// @ts-check
// The script runtime of classic Outlook sends events by itself if it has `fetch`: it tries once while it
// answers.

import assert from "node:assert/strict";
import { describe, it } from "node:test";

import { KEY_KEY } from "../../www/outlook/enrolment.js";
import { SPOOL_KEY } from "../../www/outlook/spool.js";
import { Outlook, person, waitUntil } from "./outlook.js";

const backend = { url: "https://milguard.example.mil", token: "t0ken" };
const parts = { to: [person("bob@army.ml", "Bob")] };

/** A response as in React Native, which has no stream to read from. @param {number} status @param {unknown} value */
const response = (status, value) => ({ status, headers: { get: () => null }, text: async () => JSON.stringify(value) });

/**
 * A server, and its requests.
 *
 * @param {(path: string) => unknown} [answer] in place of the usual one
 */
function serve(answer = () => undefined) {
    /** @type {{ path: string, secret: string, body: any }[]} */
    const asked = [];
    const fetch = async (/** @type {string} */ url, /** @type {any} */ { headers, body }) => {
        const path = url.replace(backend.url, "");
        asked.push({ path, secret: headers.Authorization, body: JSON.parse(body) });
        const usual = path === "/v1/enrol" ? response(200, { key: "k3y" }) : response(200, { stored: 1 });
        return (await answer(path)) ?? usual;
    };
    return { asked, fetch };
}

/** @param {Outlook} outlook */
const waiting = (outlook) => JSON.parse(String(outlook.roaming.get(SPOOL_KEY) ?? '{"events":[]}')).events;

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("a script runtime that has fetch", () => {
    for (const hasTimers of [true, false]) {
        it(`a script runtime that has fetch enrols, reports and forgets what the server took, ${hasTimers ? "with" : "without"} timers`, async () => {
            const { asked, fetch } = serve();
            const outlook = new Outlook({ parts, hasTimers, fetch, config: { backend } });
            assert.match((await outlook.answer()).errorMessage, /^bob@army\.ml/);
            await waitUntil(() => asked.length === 2 && waiting(outlook).length === 0);
            assert.deepEqual(asked.map(({ path, secret }) => [path, secret]), [
                ["/v1/enrol", "Bearer t0ken"],
                ["/v1/events", "Bearer k3y"],
            ]);
            assert.equal(asked[0]?.body.host, "outlook");
            assert.equal(asked[1]?.body.events[0].action, "asked");
            // The next Send uses the key.
            await outlook.answer();
            await waitUntil(() => asked.length === 3 && waiting(outlook).length === 0);
            assert.deepEqual([asked[2]?.path, asked[2]?.secret], ["/v1/events", "Bearer k3y"]);
            const kept = JSON.parse(String(outlook.roaming.get(KEY_KEY)));
            assert.deepEqual({ ...kept, version: "" }, { ...backend, version: "", key: "k3y" });
        });
    }

    it("a script runtime that has fetch tries once for each runtime while a message is written", async () => {
        const { asked, fetch } = serve();
        const outlook = new Outlook({ parts, fetch, config: { backend } });
        await outlook.answer("onNewMessageCompose");
        await outlook.answer("onMessageRecipientsChanged");
        await waitUntil(() => asked.length === 1);
        assert.equal(asked[0]?.path, "/v1/enrol");
    });

    for (const [what, answer] of /** @type {[string, () => any][]} */ ([
        ["fails, as where Office blocks it", () => Promise.reject(new TypeError("Network request failed"))],
        ["never answers", () => new Promise(() => {})],
        ["says that it is busy", () => response(503, {})],
        ["does not know the token", () => response(401, {})],
        ["answers with HTML", () => ({ status: 200, headers: { get: () => null }, text: async () => "<html>" })],
        ["answers without status and headers", () => ({})],
    ])) {
        for (const hasTimers of [true, false]) {
            it(`a script runtime that has fetch gives the same answer and keeps the event where the network ${what}${hasTimers ? "" : ", without timers"}`, async () => {
                const { asked, fetch } = serve(answer);
                const outlook = new Outlook({ parts, hasTimers, fetch, config: { backend } });
                assert.match((await outlook.answer()).errorMessage, /^bob@army\.ml/);
                await waitUntil(() => asked.length > 0);
                assert.equal(waiting(outlook).length, 1);
                assert.equal((await outlook.answer("onMessageRecipientsChanged")), undefined);
            });
        }
    }

    it("a script runtime that has fetch gives the same answer where fetch itself throws", async () => {
        const fetch = () => {
            throw new Error("not here");
        };
        const outlook = new Outlook({ parts, fetch, config: { backend } });
        assert.match((await outlook.answer()).errorMessage, /^bob@army\.ml/);
        assert.equal(waiting(outlook).length, 1);
    });

    it("a script runtime that has fetch sends nothing where the configuration names no server", async () => {
        const { asked, fetch } = serve();
        const outlook = new Outlook({ parts, fetch, config: {} });
        await outlook.answer();
        assert.deepEqual(asked, []);
    });
});
