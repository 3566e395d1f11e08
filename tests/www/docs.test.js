// @ts-check
// The documentation: every relative link and anchor leads somewhere, and the README stays short.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { it } from "node:test";

const root = new URL("../../", import.meta.url).pathname;

/** @returns {string[]} the pages of the project, by their path from its root */
function pages() {
    const docs = readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" });
    return [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
    ];
}

/**
 * The text without code, where brackets and number signs do not make links and headings.
 *
 * @param {string} file
 */
function prose(file) {
    return readFileSync(path.join(root, file), "utf8").replace(/^```[^]*?^```$/gm, "");
}

/**
 * The anchors of a page, as GitHub makes them of headings.
 *
 * @param {string} file
 */
function anchors(file) {
    const seen = new Map();
    return new Set(
        [...prose(file).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = ""]) => {
            const slug = heading
                .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
                .toLowerCase()
                .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
                .replaceAll(" ", "-");
            const count = seen.get(slug) ?? 0;
            seen.set(slug, count + 1);
            return count === 0 ? slug : `${slug}-${count}`;
        }),
    );
}

/**
 * The relative links of a page that lead nowhere.
 *
 * @param {string} file
 */
function broken(file) {
    const links = [...prose(file).replace(/`[^`\n]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
    return links.filter((link) => {
        if (/^[a-z]+:/.test(link)) {
            return false;
        }
        const [name = "", anchor] = link.split("#");
        const target = name === "" ? file : path.join(path.dirname(file), name);
        const whole = path.join(root, target);
        if (!existsSync(whole)) {
            return true;
        }
        return anchor !== undefined && (statSync(whole).isDirectory() || !anchors(target).has(anchor));
    });
}

it("the documentation has no relative link or anchor that leads nowhere", () => {
    const found = Object.fromEntries(pages().map((file) => [file, broken(file)]).filter(([, links]) => links?.length));
    assert.deepEqual(found, {});
});

it("the documentation has no sentence of the kinds that scripts/lint-prose knows", () => {
    const { status, stdout, stderr } = spawnSync("scripts/lint-prose", { cwd: root, encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
});

it("the program keeps the texts of --help within 80 columns, so that no terminal breaks their lines again", () => {
    const files = readdirSync(path.join(root, "src/cli"), { recursive: true, encoding: "utf8" });
    const long = files.filter((name) => name.endsWith(".rs")).flatMap((name) => {
        const source = readFileSync(path.join(root, "src/cli", name), "utf8");
        const texts = source.matchAll(/(?:after_help = |const [A-Z]+: &str = )"\\\n((?:[^"\\]|\\[^])*)"/g);
        const lines = [...texts].flatMap(([, text = ""]) => text.replace(/\\(["\\])/g, "$1").split("\n"));
        return lines.filter((line) => line.length > 80).map((line) => `${name}: ${line}`);
    });
    assert.deepEqual(long, []);
});

it("the documentation lists every page of docs in the index", () => {
    const index = prose("docs/README.md");
    const missing = pages().filter((file) => /^docs\/[^/]+\.md$/.test(file) && !index.includes(`](${file.slice(5)}`));
    assert.deepEqual(missing, ["docs/README.md"]);
});

it("the documentation has a README of at most 160 lines that says how to install within the first screen", () => {
    const lines = readFileSync(path.join(root, "README.md"), "utf8").trimEnd().split("\n");
    assert.ok(lines.length <= 160, `${lines.length} lines`);
    const install = lines.indexOf("## Install");
    assert.ok(install > 0 && install < 20, `line ${install + 1}`);
});
