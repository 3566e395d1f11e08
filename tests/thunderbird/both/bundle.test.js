// @ts-check
// The output of `milguard bundle`, served by nginx as its README says, installed by Thunderbird from
// its policies over HTTPS, and updated by a second bundle at the same address.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rm, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { freePort, openFolder, unpacked, waitForPort } from "../../gateway/servers/folder.js";
import { makeCertificates } from "../driver/certificates.js";
import { CLEAN } from "../driver/compose.js";
import { changed } from "../driver/damage.js";
import { removeFolder, start, stop } from "../driver/processes.js";
import { builtAddin, thunderbirdTests } from "../driver/suite.js";

const run = promisify(execFile);
const PROGRAM = path.resolve("target/release/milguard");
// Every name leads to this machine: see `network.dns.forceResolve` in the profile.
const HOST = "addins.example.mil";
const NEXT = "99.0.0";

const folder = await openFolder();
const site = path.join(folder, "site");
const port = await freePort();
const origin = `https://${HOST}:${port}/milguard`;
const { authority, certificate, key } = await makeCertificates(folder, HOST);

/** @type {import("node:child_process").ChildProcess | undefined} */
let nginx;

/**
 * @param {string} out
 * @param {string} title a text by which the policy is recognised
 * @param {string[]} options
 */
async function bundle(out, title, ...options) {
    const policy = path.join(folder, "policy.json");
    const texts = { en: { title } };
    await writeFile(policy, JSON.stringify({ id: "bundle", version: 1, deny: ["*.ml"], texts }));
    await run(PROGRAM, ["bundle", "--origin", origin, "--out", out, "--policy", policy, ...options]);
}

/** The server of the bundle's README, with our own paths and certificate. */
async function serve() {
    const readme = await readFile(path.join(site, "README.md"), "utf8");
    const locations = /```nginx\n([^`]+)```/.exec(readme)?.[1] ?? "";
    assert.ok(locations.includes("alias /srv/milguard/"), "the README says how to serve it");
    const log = path.join(folder, "nginx");
    await writeFile(
        path.join(folder, "nginx.conf"),
        `daemon off; user root; pid ${log}.pid; error_log stderr; worker_processes 1;
        events { worker_connections 64; }
        http {
            access_log ${log}.access;
            client_body_temp_path ${log}.body; proxy_temp_path ${log}.proxy; fastcgi_temp_path ${log}.fastcgi;
            uwsgi_temp_path ${log}.uwsgi; scgi_temp_path ${log}.scgi;
            server {
                listen 127.0.0.1:${port} ssl;
                server_name ${HOST};
                ssl_certificate ${certificate};
                ssl_certificate_key ${key};
                ${locations.replaceAll("/srv/milguard/", `${site}/`)}
            }
        }`,
    );
    const programs = await unpacked("nginx", "usr/sbin/nginx");
    nginx = start(
        path.join(programs, "usr/sbin/nginx"),
        ["-p", folder, "-e", "stderr", "-c", path.join(folder, "nginx.conf")],
        { stdio: ["ignore", "ignore", "inherit"] },
    );
    await waitForPort(port, () => (nginx?.exitCode === null ? "" : "nginx has ended"));
}

before(async () => {
    await bundle(site, "Rule of the first bundle");
    await serve();
});
after(async () => {
    if (nginx) {
        nginx.kill("SIGTERM");
        await stop(nginx, 3000);
    }
    removeFolder(folder);
});

// eslint-disable-next-line max-lines-per-function -- one Thunderbird for all cases
describe("a bundle", () => {
    const { app, it, compose } = thunderbirdTests(async () => {
        const { policies } = JSON.parse(await readFile(path.join(site, "thunderbird/policies.json"), "utf8"));
        return {
            name: "bundle",
            addin: null,
            // The authority belongs to the organisation.
            policies: { ...policies, Certificates: { Install: [authority] } },
            prefs: { "extensions.update.enabled": true, "extensions.update.autoUpdateDefault": true },
        };
    });
    /** @type {string} */
    let id;
    before(async () => {
        ({ id } = await builtAddin());
        // Thunderbird reads the authority while it already fetches the add-in: either may come first, and a failed
        // fetch is repeated at the next start.
        await app().restart();
        await app().inside("addin", "waitAddin", id);
    });

    it("a bundle is installed over HTTPS permanently, with its policy", async () => {
        const { version, canBeRemoved, canBeDisabled } = await app().inside("addin", "waitAddin", id);
        const manifest = JSON.parse(await readFile("www/thunderbird/manifest.json", "utf8"));
        assert.deepEqual(
            { version, canBeRemoved, canBeDisabled },
            { version: manifest.version, canBeRemoved: false, canBeDisabled: false },
        );
        const message = await compose({ to: ["bob@army.ml"] });
        const dialog = await message.sendAsked();
        assert.match(await dialog.text(), /Rule of the first bundle/);
        assert.equal(await dialog.offers("sendAnyway"), false, "the policy forbids it");
        await dialog.correct();
        await message.assertArrived("bob@army.mil");
        const access = await readFile(path.join(folder, "nginx.access"), "utf8");
        assert.match(access, /GET \/milguard\/thunderbird\/milguard\.xpi HTTP\/[\d.]+" 200/);
    });

    it("a bundle lets ordinary mail through", async () => {
        const message = await compose({ to: [CLEAN, "dave@example.com"] });
        await message.send();
        await message.assertArrived(CLEAN, "dave@example.com");
    });

    it("a bundle is updated by the next bundle in its place, once no message is being written", async () => {
        const addin = await builtAddin();
        const manifest = JSON.parse(await readFile("www/thunderbird/manifest.json", "utf8"));
        const newer = await changed(addin, { "manifest.json": JSON.stringify({ ...manifest, version: NEXT }) });
        const next = path.join(folder, "next");
        await bundle(next, "Rule of the second bundle", "--xpi", newer.file);
        const updates = JSON.parse(await readFile(path.join(next, "thunderbird/updates.json"), "utf8"));
        assert.equal(updates.addons[id].updates[0].version, NEXT);
        await rm(site, { recursive: true });
        await rename(next, site);
        const held = await compose({ to: ["bob@army.ml"] });
        const open = await held.sendAsked();
        await app().inside("addin", "offerUpdate", id, NEXT);
        assert.equal((await app().inside("addin", "waitAddin", id)).version, manifest.version);
        assert.equal(await open.isOpen(), true);
        await open.choose("back");
        await open.waitClosed();
        const again = await held.sendAsked();
        await again.correct();
        await held.assertArrived("bob@army.mil");
        await app().inside("addin", "waitVersion", id, NEXT);
        await app().inside("addin", "waitAddin", id);
        const message = await compose({ to: ["bob@army.ml"] });
        const dialog = await message.sendAsked();
        await dialog.correct();
        await message.assertArrived("bob@army.mil");
    });
});

test("a parser of property lists reads the same policies", async () => {
    const read = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    const file = path.join(site, "thunderbird/org.mozilla.thunderbird.plist");
    const { stdout } = await run("python3", ["-c", read, file]);
    const { EnterprisePoliciesEnabled, ...rest } = JSON.parse(stdout);
    const { policies } = JSON.parse(await readFile(path.join(site, "thunderbird/policies.json"), "utf8"));
    assert.equal(EnterprisePoliciesEnabled, true);
    assert.deepEqual(rest, policies);
});
