// @ts-check
// As deployed: the files that an administrator downloads from the dashboard, in Thunderbird. The add-in is installed,
// enrols, reports and follows the policy from there, while the server dies and comes back.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { after, describe } from "node:test";

import { chromium } from "playwright-core";

import { setUp } from "../../e2e/admin.js";
import { freePort, openFolder } from "../../gateway/servers/folder.js";
import { makeCertificates } from "../driver/certificates.js";
import { waitFor } from "../driver/compose.js";
import { removeFolder, start, stop } from "../driver/processes.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

const PROGRAM = path.resolve("target/release/milguard");
const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
// Every name leads to this machine: see `network.dns.forceResolve` in the profile.
const HOST = "addins.example.mil";
const CHANGED = "Rule after the change";

const folder = await openFolder();
const port = await freePort();
const origin = `https://${HOST}:${port}`;
const { authority, certificate, key } = await makeCertificates(folder, HOST);

/** @type {import("node:child_process").ChildProcess | undefined} */
let server;
/** @type {import("playwright-core").Browser | undefined} */
let browser;
/** The administrator's browser. @type {import("playwright-core").Page} */
let admin;
/** The path of the deployment's page. */
let deployment = "";

/**
 * @param {RegExp} wanted the server's output when it can be used
 * @returns {Promise<string>} the text in the expression's brackets
 */
async function serve(wanted) {
    const started = start(
        PROGRAM,
        [
            ...["serve", "--listen", `127.0.0.1:${port}`, "--origin", origin, "--state", path.join(folder, "state")],
            ...["--tls-cert", certificate, "--tls-key", key, "--resolver", "off"],
        ],
        { stdio: ["ignore", "ignore", "pipe"] },
    );
    server = started;
    let said = "";
    started.stderr?.setEncoding("utf8").on("data", (chunk) => {
        said += chunk;
    });
    await waitFor("the server", async () => {
        assert.equal(started.exitCode, null, said);
        return wanted.test(said);
    });
    return wanted.exec(said)?.[1] ?? "";
}

/**
 * Sets the server up, creates a group and a deployment for it, and downloads its policies.
 *
 * @returns {Promise<any>} the content of `policies.json`
 */
async function deploy() {
    browser = await chromium.launch({
        executablePath: BROWSER,
        args: ["--no-sandbox", `--host-resolver-rules=MAP ${HOST} 127.0.0.1`],
    });
    const context = await browser.newContext({ locale: "en-US", ignoreHTTPSErrors: true });
    admin = await context.newPage();
    await admin.goto(origin + (await serve(/(\/admin\/setup\/\S+)/)));
    await setUp(admin);
    await admin.goto(`${origin}/admin/groups`);
    const form = admin.locator("form[action='/admin/groups']");
    await form.locator("[name=id]").fill("finance");
    await form.locator("[name=name]").fill("Finance");
    await form.getByRole("button").click();
    await admin.getByText("Group created.").waitFor();
    await publish({ reporting: "address" });
    await admin.goto(`${origin}/admin/deployments?group=finance`);
    await admin.getByLabel("Used for").fill("Thunderbird, head office");
    await admin.getByRole("button", { name: "Create deployment" }).click();
    await admin.getByText("No client has been in contact yet.").waitFor();
    deployment = new URL(admin.url()).pathname;
    const [download] = await Promise.all([
        admin.waitForEvent("download"),
        admin.getByRole("link", { name: "Download policies.json" }).click(),
    ]);
    return JSON.parse(await readFile(await download.path(), "utf8")).policies;
}

/** @param {object} policy of the group */
async function publish(policy) {
    await admin.goto(`${origin}/admin/policy/finance/edit?as=json`);
    await admin.getByLabel("The policy as JSON").fill(JSON.stringify(policy));
    await admin.getByRole("button", { name: "Review change" }).click();
    await admin.getByRole("button", { name: /^Publish/ }).click();
    await admin.getByText("Policy published.").waitFor();
}

/** Waits until this many of the group's events are on the dashboard. @param {number} count */
async function waitEvents(count) {
    const rows = admin.locator("tbody tr");
    await waitFor(`${count} events on the dashboard`, async () => {
        await admin.goto(`${origin}/admin/events?group=finance`);
        return (await rows.count()) >= count;
    });
    assert.equal(await rows.count(), count);
}

after(async () => {
    await browser?.close();
    if (server) {
        server.kill("SIGKILL");
        await stop(server, 3000);
    }
    removeFolder(folder);
});

// eslint-disable-next-line max-lines-per-function -- a list of tests
describe("the add-in from the dashboard", () => {
    const { app, it, compose } = thunderbirdTests(async () => {
        const policies = await deploy();
        // The authority belongs to the organisation.
        return { name: "deployed", addin: null, policies: { ...policies, Certificates: { Install: [authority] } } };
    });

    /** The data that the add-in last got from the server. @returns {Promise<any>} */
    async function policy() {
        const { id } = await builtAddin();
        const read = "async () => (await messenger.storage.local.get('lastGood')).lastGood?.policy ?? {}";
        return app().inside("addin", "inBackground", id, read);
    }

    it("the add-in from the dashboard is installed, enrols and reports under its group and client", async () => {
        const { id } = await builtAddin();
        // Thunderbird reads the authority while it already fetches the add-in; a failed fetch is repeated at the
        // next start.
        await app().restart();
        await app().inside("addin", "waitAddin", id);
        // Until the add-in has the group's policy, it reports by the built-in one, without addresses.
        await waitFor("the group's policy", async () => (await policy()).reporting === "address");
        const message = await compose({ to: ["bob@army.ml"] });
        const stopped = await message.sendAsked();
        await stopped.correct();
        await message.assertArrived("bob@army.mil");
        await waitEvents(1);
        const row = (await admin.locator("tbody tr").textContent()) ?? "";
        assert.match(row, /army\.ml/);
        await admin.goto(origin + deployment);
        assert.match((await admin.locator("#seen").textContent()) ?? "", /^seen .*: Thunderbird 1$/);
        await admin.goto(`${origin}/admin/clients`);
        assert.match((await admin.locator("#kinds").textContent()) ?? "", /Finance\s*Thunderbird/);
    });

    it("the add-in from the dashboard follows a change of the policy without a restart", async () => {
        await publish({ reporting: "address", texts: { en: { title: CHANGED } } });
        const published = Date.now();
        await waitFor("the changed policy", async () => (await policy()).texts?.en?.title === CHANGED, 180_000);
        console.log(`the running Thunderbird had the changed policy after ${Math.round((Date.now() - published) / 1000)} s`);
        const message = await compose({ to: ["bob@army.ml"] });
        const stopped = await message.sendAsked();
        assert.match(await stopped.text(), new RegExp(CHANGED));
        await stopped.choose("back");
        await stopped.waitClosed();
        await waitEvents(2);
    });

    it("the add-in from the dashboard loses nothing while the server is killed", async () => {
        server?.kill("SIGKILL");
        await waitFor("the server's end", async () => server?.signalCode === "SIGKILL");
        const message = await compose({ to: ["jane@navy.ml"] });
        const stopped = await message.sendAsked();
        await stopped.correct();
        await message.assertArrived("jane@navy.mil");
        await serve(/listening on (\S+)/);
        await waitEvents(2);
        // Events that could not be delivered go with the next report, or at the latest with the alarm a minute
        // later.
        const next = await compose({ to: ["bob@army.ml"] });
        const again = await next.sendAsked();
        await again.correct();
        await next.assertArrived("bob@army.mil");
        await waitFor("four events", async () => {
            await admin.goto(`${origin}/admin/events?group=finance`);
            return (await admin.locator("tbody tr").count()) >= 4;
        }, 180_000);
        await waitEvents(4);
        await admin.goto(origin + deployment);
        assert.match((await admin.locator("#seen").textContent()) ?? "", /: Thunderbird 1$/, "the same client");
    });
});
