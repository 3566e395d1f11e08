// @ts-check
// Rules of the repository that no compiler checks.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { it } from "node:test";

import { loadBuilds, scriptFile, webFolder } from "./builds.js";

const root = new URL("../../", import.meta.url);
const read = (/** @type {string} */ file) => readFileSync(new URL(file, root), "utf8");

/** Nobody keeps a longer file in mind; eslint.config.js and clippy.toml bound the functions. */
const MAX_LINES = 400;

/** Longer files, each with the reason why it cannot be shorter. Only generated files and data belong here. @type {Record<string, string>} */
const LONG_FILES = {};

/** Files that people write and read as code; texts, tables and output of programs are data. */
const CODE = /\.(css|d\.ts|html|js|ps1|py|rs|sh|sql|toml|ts)$/;

/** @param {string} file */
function isCode(file) {
    const isNamed = CODE.test(file) || /(^|\/)(Makefile|Containerfile)$/.test(file);
    return isNamed || (!/\.\w+$/.test(file) && read(file).startsWith("#!"));
}

/**
 * The version of a package in Cargo.lock.
 *
 * @param {string} name
 */
const locked = (name) => new RegExp(`^name = "${name}"\nversion = "(.*)"$`, "m").exec(read("Cargo.lock"))?.[1];

it("the project has one version everywhere", async () => {
    const version = /^version = "(.*)"$/m.exec(read("Cargo.toml"))?.[1];
    assert.match(version ?? "", /^\d+\.\d+\.\d+$/);
    assert.equal(locked("milguard"), version, "Cargo.lock");
    assert.equal(JSON.parse(read("package.json")).version, version, "package.json");
    const lock = JSON.parse(read("package-lock.json"));
    assert.equal(lock.version, version, "package-lock.json");
    assert.equal(lock.packages[""].version, version, "package-lock.json");
    for (const [name, build] of await loadBuilds()) {
        assert.equal(build.version(), version, name);
    }
});

it("the project generates its bindings with the version of wasm-bindgen that the library uses", () => {
    const version = locked("wasm-bindgen");
    assert.equal(locked("wasm-bindgen-cli-support"), version);
    assert.ok(read("Cargo.toml").includes(`wasm-bindgen = "=${version}"`));
    assert.ok(read("xtask/Cargo.toml").includes(`wasm-bindgen-cli-support = "=${version}"`));
});

it("the project names no registry in its lock files but Cargo's default", () => {
    assert.doesNotMatch(read("package-lock.json"), /"resolved"|registry/i);
    const sources = new Set(read("Cargo.lock").match(/^source = .*$/gm));
    assert.equal(sources.size, 1, [...sources].join(", "));
    assert.match([...sources][0] ?? "", /^source = "registry\+https:\/\/github\.com\/rust-lang\/crates\.io-index"$/);
});

it("the project ships no path of the machine that built it", () => {
    const web = new URL("milguard_bg.wasm", webFolder);
    const script = readFileSync(scriptFile, "latin1");
    // The script's data has short texts in hexadecimal.
    const data = script.replace(/"([\da-f]{64,})"/g, (_, hex) => Buffer.from(hex, "hex").toString("latin1"));
    assert.ok(data.length < script.length, "the script no longer has its data in long hexadecimal texts");
    const shipped = [readFileSync(web, "latin1"), readFileSync(new URL("milguard.js", webFolder), "latin1"), data];
    for (const text of shipped) {
        assert.deepEqual(text.match(/\.cargo|crates\.io|registry\/|\/(home|root|Users)\//) ?? [], []);
        assert.ok(!text.includes(root.pathname) && !text.includes(homedir()));
    }
});

it("the project has no file of code above 400 lines", () => {
    const options = { cwd: root, encoding: /** @type {const} */ ("utf8") };
    const { stdout } = spawnSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], options);
    const files = stdout.split("\n").filter((file) => file !== "" && existsSync(new URL(file, root)));
    const lengths = files.filter(isCode).map((file) => ({ file, lines: read(file).split("\n").length - 1 }));
    assert.ok(lengths.length > 700, `only ${lengths.length} files of code were found: ${stdout.slice(0, 200)}`);
    const tooLong = lengths.filter(({ file, lines }) => lines > MAX_LINES && !(file in LONG_FILES));
    assert.deepEqual(tooLong, [], "split these, or give the reason in LONG_FILES where a file is generated or data");
    for (const file of Object.keys(LONG_FILES)) {
        assert.ok(lengths.some((one) => one.file === file && one.lines > MAX_LINES), `${file} no longer needs an exception`);
    }
});

it("the project pins what npm installs, and ships none of it", () => {
    const { devDependencies, ...manifest } = JSON.parse(read("package.json"));
    assert.deepEqual(Object.keys(manifest).filter((key) => /dependencies/i.test(key)), []);
    for (const [name, version] of Object.entries(devDependencies)) {
        assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
    }
});

for (const project of ["jsconfig.json", "jsconfig.www.json"]) {
    it(`tsc finds no error in the types of the project, by ${project}`, () => {
        const tsc = new URL("node_modules/typescript/bin/tsc", root).pathname;
        const options = { cwd: root, encoding: /** @type {const} */ ("utf8") };
        const { status, stdout } = spawnSync(process.execPath, [tsc, "--project", project], options);
        assert.equal(status, 0, stdout);
    });
}
