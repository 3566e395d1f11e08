// @ts-check
// As deployed: clients load the files that a person creates on the dashboard; from there they enrol, report and
// follow the policy. The event page and Microsoft's Office.js come from the addresses in the manifest.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";

import { send, setUp } from "./admin.js";
import { launch } from "./chromium.js";
import { openOfficejs } from "./officejs/host.js";
import { ADDIN, Hosts } from "./officejs/hosts.js";
import { answer, choose, openPane, pressSend, put, settled } from "./outlook.js";

const PROGRAM = process.env.MILGUARD ?? "target/release/milguard";

/** A changed policy reaches running clients within a minute. */
const PROMISED_MS = 60_000;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {string} state
 * @param {string} listen
 */
async function start(state, listen) {
    const options = ["--listen", listen, "--assets", "dist/www", "--state", state, "--resolver", "off", "--origin", ADDIN];
    const server = spawn(PROGRAM, ["serve", ...options, "--allowed-hosts", "localhost,127.0.0.1"], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    server.stderr.on("data", (chunk) => {
        said += chunk;
    });
    for (let waited = 0; waited < 15_000 && server.exitCode === null; waited += 50) {
        const port = /listening on https:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
        if (port && (await send(`https://127.0.0.1:${port}/readyz`).catch(() => null))?.status === 200) {
            return { server, port, setupPath: /(\/admin\/setup\/\S+)/.exec(said)?.[1] ?? "" };
        }
        await pause(50);
    }
    server.kill("SIGKILL");
    return assert.fail(`the server did not start: ${said}`);
}

// eslint-disable-next-line max-lines-per-function -- one story, from the dashboard to the restart
test("the add-in from the dashboard enrols, reports, follows policy within a minute and outlives kill -9", async (t) => {
    const state = mkdtempSync(path.join(tmpdir(), "milguard-"));
    const started = await start(state, "127.0.0.1:0");
    const { port, setupPath } = started;
    let { server } = started;
    const direct = `https://127.0.0.1:${port}`;
    /** @type {Hosts | undefined} */
    let hosts;
    /** @type {import("playwright-core").Browser | undefined} */
    let browser;
    try {
        hosts = await Hosts.start(direct);
        browser = await launch("several sites", hosts.flags);
        const context = await browser.newContext({ locale: "en-US" });
        const admin = await context.newPage();
        admin.setDefaultTimeout(10_000);
        await admin.goto(ADDIN + setupPath);
        await setUp(admin);
        await admin.goto(`${ADDIN}/admin/groups`);
        const form = admin.locator("form[action='/admin/groups']");
        await form.locator("[name=id]").fill("finance");
        await form.locator("[name=name]").fill("Finance");
        await form.getByRole("button").click();
        await admin.getByText("Group created.").waitFor();

        await admin.goto(`${ADDIN}/admin/deployments?group=finance`);
        await admin.getByLabel("Used for").fill("Outlook, head office");
        await admin.getByRole("button", { name: "Create deployment" }).click();
        await admin.getByText("No client has been in contact yet.").waitFor();
        const deployment = new URL(admin.url()).pathname;
        const offered = await admin.getByRole("link", { name: "Download manifest.xml" }).getAttribute("href");
        const below = new URL(offered ?? "").pathname.replace(/\/manifest\.xml$/, "");
        const manifest = (await send(`${direct}${below}/manifest.xml`)).text;
        for (const file of ["outlook/commands.html", "outlook/launchevent.js", "outlook/taskpane.html"]) {
            assert.ok(manifest.includes(`${ADDIN}${below}/${file}`), file);
        }
        const policies = (await send(`${direct}${below}/thunderbird/policies.json`)).text;
        assert.equal(policies.includes("mg_enrol_"), true);

        // Outlook, on Microsoft's Office.js; the add-in's pages are those below the deployment's address.
        hosts.below = below;
        const mailbox = await browser.newContext({ locale: "en-US" });
        const outlook = await mailbox.newPage();
        outlook.setDefaultTimeout(15_000);
        const site = await openOfficejs(outlook, direct);
        await outlook.goto(`${site.origin}/try/outlook/?lang=en`);
        await outlook.waitForSelector("html[data-state=ready]");
        await choose(outlook, { latency: "0" });
        await outlook.click("#new-message");
        await settled(outlook);
        const bob = { emailAddress: "bob@army.ml", displayName: "Bob", recipientType: "externalUser" };
        await put(outlook, [bob]);
        assert.ok((await pressSend(outlook)).question, "the message is stopped");
        await answer(outlook, "dont-send");

        // The event is on the dashboard, under the client and its group.
        const counted = async () => {
            await admin.goto(`${ADDIN}/admin/events?group=finance`);
            return await admin.locator("tbody tr").count();
        };
        /** @param {number} wanted */
        const countedFrom = async (wanted) => {
            for (let waited = 0; (await counted()) < wanted && waited < 20_000; waited += 500) {
                await pause(500);
            }
            const count = await counted();
            assert.ok(count >= wanted, `${count} events arrived, not ${wanted}`);
            return count;
        };
        const first = await countedFrom(1);
        await admin.goto(ADDIN + deployment);
        assert.match((await admin.locator("#seen").textContent()) ?? "", /^seen .*: Outlook 1$/);
        await admin.goto(`${ADDIN}/admin/clients`);
        assert.match((await admin.locator("#kinds").textContent()) ?? "", /Finance\s*Outlook/);

        // An open pane asks for the policy by itself. The change comes right after a request, which makes the wait as
        // long as possible.
        const asked = outlook.waitForResponse((response) => new URL(response.url()).pathname === "/v1/policy");
        const pane = await openPane(outlook);
        await asked;
        await pane.waitForSelector("#policy-source:has-text('server')", { state: "attached" });
        const known = await pane.textContent("#policy-name");
        await admin.goto(`${ADDIN}/admin/policy/finance/edit?as=json`);
        const changed = { countdown: 7, override: { warn: "justification" } };
        await admin.getByLabel("The policy as JSON").fill(JSON.stringify(changed));
        await admin.getByRole("button", { name: "Review change" }).click();
        const published = Date.now();
        await admin.getByRole("button", { name: /Publish/ }).click();
        await admin.getByText("Policy published.").waitFor();

        // The page of the next event has the policy at once; the pane, which nobody touches, within a minute.
        let sends = 0;
        for (let question = ""; !question.includes("give a reason"); sends += 1) {
            assert.ok(Date.now() - published < PROMISED_MS, `the question at Send follows the policy: ${question}`);
            question = (await pressSend(outlook)).question ?? "";
            await answer(outlook, "dont-send");
        }
        const atSendMs = Date.now() - published;
        await pane.waitForFunction(
            (name) => document.getElementById("policy-name")?.textContent !== name,
            known,
            { timeout: 3 * PROMISED_MS },
        );
        const inPaneMs = Date.now() - published;
        t.diagnostic(`a changed policy was in force at Send after ${atSendMs} ms, in the open pane after ${inPaneMs} ms`);
        assert.ok(inPaneMs <= PROMISED_MS, `the open pane has the policy within a minute, not after ${inPaneMs} ms`);
        await pane.click("[data-action=keep]");
        await pane.waitForSelector("#reason:not([hidden])");
        await pane.click("#keep-cancel");
        await outlook.click("#close-pane");
        const before = await countedFrom(first + sends);

        // No acknowledged event is lost, and the client keeps its key.
        server.kill("SIGKILL");
        await pause(500);
        ({ server } = await start(state, `127.0.0.1:${port}`));
        assert.equal(await counted(), before);
        await outlook.click("#new-message");
        await settled(outlook);
        await put(outlook, [bob]);
        await pressSend(outlook);
        await answer(outlook, "dont-send");
        await countedFrom(before + 1);
        await admin.goto(ADDIN + deployment);
        assert.match((await admin.locator("#seen").textContent()) ?? "", /: Outlook 1$/, "the same client");
    } finally {
        await browser?.close();
        hosts?.stop();
        server.kill("SIGKILL");
        await rm(state, { recursive: true, force: true });
    }
});
