// @ts-check
// The installed file: its contents, its permissions, and the verdict of Mozilla's linter.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";

import { ADDIN } from "./messenger.js";

const root = new URL("../../../", import.meta.url);
const xpi = new URL("dist/thunderbird/milguard.xpi", root);
const manifest = JSON.parse(readFileSync(new URL("manifest.json", ADDIN), "utf8"));
const files = readdirSync(ADDIN, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(fileURLToPath(ADDIN).length).replace(/^\//, ""))
    .sort();

// Findings of Mozilla's linter that it makes because it does not know Thunderbird, or that concern
// only Firefox for Android.
const EXPECTED_WARNINGS = new Set([
    ...["compose", "compose.send", "addressBooks"].map((name) => `MANIFEST_PERMISSIONS ${name}`),
    "KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION",
]);

it("the package has the version of the project", () => {
    const version = /^version = "(.*)"$/m.exec(readFileSync(new URL("Cargo.toml", root), "utf8"))?.[1];
    assert.equal(manifest.version, version);
});

it("the package asks for no more than it needs", () => {
    assert.deepEqual(manifest.permissions, ["compose", "compose.send", "addressBooks", "storage", "alarms"]);
    assert.equal(manifest.host_permissions, undefined);
    assert.equal(manifest.optional_permissions, undefined);
    const policy = manifest.content_security_policy.extension_pages;
    assert.match(policy, /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval';/);
    assert.doesNotMatch(policy, /'unsafe-/);
    assert.equal(manifest.browser_specific_settings.gecko.strict_min_version, "140.0");
    assert.equal(manifest.browser_specific_settings.gecko.strict_max_version, undefined);
});

it("the package names each permission with its reason in docs/thunderbird.md", () => {
    const guide = readFileSync(new URL("docs/thunderbird.md", root), "utf8");
    for (const permission of manifest.permissions) {
        assert.ok(guide.includes(`| \`${permission}\` |`), permission);
    }
});

it("the package contains every file that its files load, and no file of the tests", () => {
    assert.ok(files.length > 30);
    assert.deepEqual(
        files.filter((file) => !/^(manifest\.json|(_locales|checker|policy|shared|thunderbird)\/)/.test(file)),
        [],
    );
    assert.deepEqual(
        files.filter((file) => /\.(ts|map|test\.js)$/.test(file)),
        [],
    );
    for (const file of files.filter((name) => /\.(js|html)$/.test(name))) {
        const text = readFileSync(new URL(file, ADDIN), "utf8");
        const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
        const named = /(?:from|import\(|new URL\(|src=|href=) ?"(\.{0,2}\/?[\w./-]+\.\w+)"/g;
        for (const [, path = ""] of code.matchAll(named)) {
            const target = new URL(path, new URL(file, ADDIN)).href.slice(ADDIN.href.length);
            assert.ok(files.includes(target), `${file} names ${path}`);
        }
        if (file.endsWith(".html")) {
            assert.doesNotMatch(code, /\son\w+=|<script(?! (?:type="module" )?src=)|<style|style=|https?:/, file);
        }
    }
    for (const path of [...manifest.background.scripts, manifest.compose_action.default_popup]) {
        assert.ok(files.includes(path), path);
    }
});

it("the package preloads exactly the modules that the event page loads", () => {
    const text = (/** @type {string} */ file) => readFileSync(new URL(file, ADDIN), "utf8");
    const needed = new Set(["thunderbird/background.js", "checker/milguard.js"]);
    for (const file of needed) {
        for (const [, path = ""] of text(file).matchAll(/^(?:import .*|} )from "(\.[\w./-]+)";$/gm)) {
            needed.add(new URL(path, new URL(file, ADDIN)).href.slice(ADDIN.href.length));
        }
    }
    const asked = [...text("thunderbird/preload.js").matchAll(/"\/?(?:\.\.\/)?((?:checker|shared|thunderbird)\/[\w-]+\.js)"/g)];
    assert.deepEqual(asked.map(([, path]) => path).sort(), [...needed].sort());
});

it("the package is the same file each time it is made", () => {
    const again = mkdtempSync(join(tmpdir(), "milguard-"));
    try {
        execFileSync(fileURLToPath(new URL("scripts/build-thunderbird", root)), [join(again, "thunderbird")]);
        assert.ok(readFileSync(xpi).equals(readFileSync(join(again, "thunderbird/milguard.xpi"))));
    } finally {
        rmSync(again, { recursive: true });
    }
});

it("the package has no error and no new warning for Mozilla's linter", () => {
    const linter = fileURLToPath(new URL("node_modules/.bin/addons-linter", root));
    const { stdout } = spawnSync(linter, ["--self-hosted", "--output=json", fileURLToPath(xpi)], { encoding: "utf8" });
    const { errors, warnings } = JSON.parse(stdout);
    assert.deepEqual(errors, []);
    const unexpected = warnings.filter((/** @type {any} */ { code, message, description }) => {
        const permission = /"([\w.]+)"/.exec(`${message} ${description}`)?.[1];
        return !EXPECTED_WARNINGS.has(code) && !EXPECTED_WARNINGS.has(`${code} ${permission}`);
    });
    assert.deepEqual(unexpected, []);
});
