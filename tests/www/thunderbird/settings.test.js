// @ts-check
// Tests which policy is in force, and that an invalid policy never is.

import assert from "node:assert/strict";
import { it } from "node:test";

import { serve } from "../server.js";
import { ADDIN, fakeMessenger, fetchFile } from "./messenger.js";

/** Each test loads the module anew, as after a restart. */
let restarts = 0;

const realFetch = globalThis.fetch;
globalThis.fetch = /** @type {any} */ (
    (/** @type {any} */ url, /** @type {any} */ init) => (String(url).startsWith("http") ? realFetch(url, init) : fetchFile(url))
);
let fake = fakeMessenger();
Object.defineProperty(globalThis, "messenger", { get: () => fake.messenger });

/** @returns {Promise<any>} the module */
const load = async () => import(new URL(`thunderbird/settings.js?${(restarts += 1)}`, ADDIN).href);

/** @param {object | null} managed */
function install(managed) {
    fake = fakeMessenger();
    if (managed) {
        fake.messenger.storage.managed.get = /** @type {any} */ (async () => managed);
    }
    return load();
}

const KEY = "mg_client_1";
const GOOD = { id: "unit", version: 3, countdown: 5 };
const BAD = { id: "unit", version: 4, override: { warn: "perhaps" } };

/**
 * A server whose policy and state a test can change.
 *
 * @param {import("node:test").TestContext} context
 */
async function startServer(context) {
    const state = { policy: /** @type {unknown} */ (GOOD), status: 200 };
    const { url, requests } = await serve(context, ({ headers }, response) => {
        const etag = `"${JSON.stringify(state.policy).length}"`;
        const status = state.status === 200 && headers["if-none-match"] === etag ? 304 : state.status;
        response.writeHead(status, { ETag: etag }).end(status === 200 ? JSON.stringify(state.policy) : undefined);
    }, { key: KEY });
    return { state, requests, managed: { backend: { url, token: "token" } } };
}

it("the add-in uses the built-in policy where nothing is managed", async () => {
    const { loadSettings, lastContact } = await install(null);
    const { policy, ...rest } = await loadSettings();
    assert.equal(policy.id, "default");
    assert.deepEqual(rest, { checkerPolicy: null, source: "default", backend: null, muted: [], problem: null });
    assert.equal(await lastContact(), null);
});

it("the add-in uses a managed policy, with its missing members filled in", async () => {
    const { loadSettings } = await install({ policy: GOOD });
    const { policy, checkerPolicy, source } = await loadSettings();
    assert.deepEqual([source, policy.id, policy.countdown, policy.onFailure], ["managed", "unit", 5, "ask"]);
    assert.deepEqual(checkerPolicy, GOOD);
});

it("the add-in links warnings to the lesson where the policy names no training page", async () => {
    const backend = { url: "https://milguard.example.mil", token: "abc" };
    const lesson = "https://milguard.example.mil/learn/?d=0191d3a4-0000-4000-8000-000000000001";
    for (const [managed, url] of /** @type {[object | null, string | null][]} */ ([
        [null, null],
        [{ policy: GOOD }, null],
        [{ lessonUrl: lesson, backend }, lesson],
        [{ backend }, "https://milguard.example.mil/learn/"],
        [{ lessonUrl: lesson, policy: { ...GOOD, trainingUrl: "https://own.example/" } }, "https://own.example/"],
    ])) {
        const { loadSettings } = await install(managed);
        assert.equal((await loadSettings()).policy.trainingUrl, url, JSON.stringify(managed));
    }
});

it("the add-in keeps the last valid policy if a managed one is invalid, and says what is wrong", async () => {
    for (const bad of [BAD, 7, null, [], "x"]) {
        const { loadSettings, refresh } = await install({ policy: GOOD });
        await refresh();
        fake.messenger.storage.managed.get = /** @type {any} */ (async () => ({ policy: bad }));
        const { loadSettings: loadAgain, refresh: refreshAgain } = await load();
        await refreshAgain();
        const { policy, source, problem } = await loadAgain();
        assert.deepEqual([source, policy.id, policy.version], ["last-good", "unit", 3]);
        assert.match(problem ?? "", /\w{3}/);
        assert.equal((await loadSettings()).source, "last-good");
    }
    const { loadSettings } = await install({ policy: BAD });
    assert.equal((await loadSettings()).source, "default");
});

it("the add-in fetches a policy, keeps it over a restart, and asks only for changes", async (context) => {
    const { requests, managed } = await startServer(context);
    const { loadSettings, refresh, lastContact } = await install(managed);
    assert.equal((await loadSettings()).source, "default");
    await refresh();
    assert.equal((await loadSettings()).source, "server");
    assert.equal((await loadSettings()).policy.version, 3);
    assert.equal((await lastContact())?.result, "ok");
    const again = await load();
    assert.equal((await again.loadSettings()).policy.version, 3);
    await again.refresh();
    assert.equal(requests.length, 1, "asked twice within seconds");
    assert.equal(requests[0]?.headers.authorization, `Bearer ${KEY}`);
    await again.refresh(true);
    assert.equal(requests.length, 2);
    assert.equal((await again.lastContact())?.result, "unchanged");
});

it("the add-in takes a new policy without a restart", async (context) => {
    const { state, managed } = await startServer(context);
    const { loadSettings, onSettingsChanged, refresh } = await install(managed);
    await refresh();
    let changes = 0;
    onSettingsChanged(() => (changes += 1));
    await refresh(true);
    assert.equal(changes, 0);
    state.policy = { ...GOOD, version: 4, mode: "audit" };
    await refresh(true);
    assert.equal(changes, 1);
    assert.deepEqual([(await loadSettings()).policy.version, (await loadSettings()).policy.mode], [4, "audit"]);
});

it("the add-in never replaces a valid policy by an invalid one", async (context) => {
    const { state, managed } = await startServer(context);
    const { loadSettings, refresh, lastContact } = await install(managed);
    await refresh();
    for (const bad of [BAD, 7, null, "x", []]) {
        state.policy = bad;
        await refresh(true);
        const { policy, source } = await loadSettings();
        assert.deepEqual([policy.version, source], [3, "last-good"], JSON.stringify(bad));
        assert.equal((await lastContact())?.result, "invalid");
        assert.match((await lastContact())?.detail ?? "", /\w{3}/);
    }
});

for (const [status, result] of /** @type {[number, string][]} */ ([[403, "refused"], [500, "later"], [404, "unknown"]])) {
    it(`the add-in keeps the last valid policy after HTTP ${status}, and asks less often`, async (context) => {
        const { state, requests, managed } = await startServer(context);
        const { loadSettings, refresh, lastContact } = await install(managed);
        await refresh();
        state.status = status;
        await refresh(true);
        const contact = await lastContact();
        assert.equal(contact?.result, result);
        assert.ok((contact?.notBefore ?? 0) > Date.now());
        const count = requests.length;
        await refresh();
        assert.equal(requests.length, count);
        assert.deepEqual([(await loadSettings()).source, (await loadSettings()).policy.version], ["last-good", 3]);
        state.status = 200;
        await refresh(true);
        assert.equal((await loadSettings()).source, "server");
    });
}

it("the add-in says what is wrong with the server's address, and works without a server", async () => {
    const { loadSettings, refresh } = await install({ backend: { url: "http://mail.example", token: "x" } });
    await refresh();
    const { backend, problem, source } = await loadSettings();
    assert.deepEqual([backend, source], [null, "default"]);
    assert.match(problem ?? "", /backend\.url/);
});

it("the add-in mutes a domain and unmutes it", async () => {
    const { loadSettings, mute, unmute, onSettingsChanged } = await install(null);
    let changes = 0;
    onSettingsChanged(() => (changes += 1));
    await mute("lemmy.ml");
    await mute("lemmy.ml");
    assert.deepEqual((await loadSettings()).muted, ["lemmy.ml"]);
    await unmute("lemmy.ml");
    assert.deepEqual((await loadSettings()).muted, []);
    assert.ok(changes >= 2);
});

it("the add-in works with a storage that fails or holds invalid values", async () => {
    const { loadSettings, refresh } = await install({ policy: GOOD });
    fake.messenger.storage.local.isBroken = true;
    await refresh();
    assert.equal((await loadSettings()).source, "managed");
    const nothing = await install(null);
    fake.messenger.storage.local.values = { lastGood: "x", contact: { time: "now" }, muted: { a: 1 } };
    const { source, muted } = await nothing.loadSettings();
    assert.deepEqual([source, muted, await nothing.lastContact()], ["default", [], null]);
});

it("the add-in looks for a policy each minute where there is a server, and does not wake up where there is none", async (context) => {
    const { managed } = await startServer(context);
    for (const [config, expected] of /** @type {[object | null, number][]} */ ([[managed, 1], [null, 0]])) {
        const { startPolicyRefresh } = await install(config);
        context.mock.timers.enable({ apis: ["setTimeout"] });
        startPolicyRefresh();
        context.mock.timers.tick(1000);
        context.mock.timers.reset();
        while (fake.count("alarms.create") + fake.count("alarms.clear") === 0) {
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
        assert.equal(fake.count("alarms.create"), expected);
    }
});
