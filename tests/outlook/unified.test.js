// @ts-check
// The manifest in the JSON form is valid by Microsoft's own schemas, and says the same as the XML
// one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";

const PROGRAM = path.resolve(process.env.MILGUARD ?? "target/release/milguard");
const VALIDATOR = path.resolve("target/tools/officejs/node_modules/@microsoft/app-manifest");

const folder = mkdtempSync(path.join(tmpdir(), "milguard-unified-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} options */
function bundle(...options) {
    const out = mkdtempSync(path.join(folder, "bundle-"));
    execFileSync(PROGRAM, ["bundle", "--out", out, "--origin", "https://addins.example.mil:8443/x", ...options], { stdio: "pipe" });
    const read = (/** @type {string} */ name) => readFileSync(path.join(out, "outlook", name), "utf8");
    return { out, json: JSON.parse(read("manifest.json")), xml: read("manifest.xml") };
}

for (const mode of ["PromptUser", "SoftBlock", "Block"]) {
    test(`Microsoft's schema finds nothing wrong with the JSON form, and it says what the XML form says (${mode})`, async () => {
        assert.ok(existsSync(VALIDATOR), `${VALIDATOR} is missing: run scripts/install-officejs`);
        const { AppManifestUtils } = createRequire(import.meta.url)(VALIDATOR);
        const { out, json, xml } = bundle("--send-mode", mode, "--name", "Mil <Guard> & Co with a name that is long");
        assert.deepEqual(await AppManifestUtils.validateAgainstSchema(json), []);
        const [desktop = ""] = xml.split("<MobileFormFactor>");
        const all = (/** @type {RegExp} */ pattern) => [...desktop.matchAll(pattern)].map(([, value]) => value);
        const [extension] = json.extensions;
        const { events } = extension.autoRunEvents[0];
        assert.deepEqual(events.map((/** @type {any} */ { actionId }) => actionId), all(/FunctionName="([^"]*)"/g));
        assert.ok(events.every((/** @type {any} */ { type }) => /^(message|appointment)[A-Z]\w+$/.test(type)));
        const modes = events.flatMap((/** @type {any} */ { options }) => (options ? [options.sendMode] : []));
        assert.deepEqual(modes, Array(2).fill(mode[0]?.toLowerCase() + mode.slice(1)));
        const controls = extension.ribbons.flatMap((/** @type {any} */ { tabs }) => tabs[0].groups[0].controls);
        assert.deepEqual(controls.map((/** @type {any} */ { id }) => id), all(/<Control xsi:type="Button" id="([^"]*)"/g));
        const [id] = all(/<Id>(.*)<\/Id>/g);
        const [version] = all(/<Version>(.*)\.0<\/Version>/g);
        assert.deepEqual([json.id, json.version], [id, version]);
        const urls = JSON.stringify(json.extensions).match(/https:[^"]*/g) ?? [];
        for (const url of urls) {
            assert.ok(xml.includes(`"${url}"`), `${url} is not in the XML form`);
        }
        for (const icon of Object.values(json.icons)) {
            assert.ok(existsSync(path.join(out, "outlook", String(icon))), String(icon));
        }
    });
}
