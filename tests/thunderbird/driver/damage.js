// @ts-check
// Damaged copies of add-ins, and the tests' own add-ons.

import { execFile } from "node:child_process";
import { copyFile, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

import { makeFolder } from "./processes.js";

/**
 * A copy of an add-in with other content in some of its files.
 *
 * @param {{ id: string, file: string }} addin
 * @param {Record<string, string>} files by their path in the archive; the rest stays
 * @returns {Promise<{ id: string, file: string }>}
 */
export async function changed(addin, files) {
    const file = path.join(makeFolder(), "changed.xpi");
    await copyFile(addin.file, file);
    await promisify(execFile)("python3", ["-c", REWRITE, file, JSON.stringify(files)]);
    return { ...addin, file };
}

/**
 * One of the tests' own add-ons, from its folder below `tests/thunderbird/addons`.
 *
 * @param {string} name
 * @param {Record<string, string>} [files] with other content
 * @returns {Promise<{ id: string, file: string }>}
 */
export async function packed(name, files = {}) {
    const folder = path.resolve("tests/thunderbird/addons", name);
    /** @type {Record<string, string>} */
    const content = {};
    for (const member of await readdir(folder)) {
        content[member] = files[member] ?? (await readFile(path.join(folder, member), "utf8"));
    }
    const file = path.join(makeFolder(), `${name}.xpi`);
    await promisify(execFile)("python3", ["-c", PACK, file, JSON.stringify(content)]);
    return { id: JSON.parse(content["manifest.json"] ?? "{}").browser_specific_settings.gecko.id, file };
}

const PACK = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for name, data in json.loads(sys.argv[2]).items():
        archive.writestr(name, data)
`;

// Node.js cannot read archives; Python is needed for the corpus anyway.
const REWRITE = `
import json, sys, zipfile
path, files = sys.argv[1], json.loads(sys.argv[2])
with zipfile.ZipFile(path) as archive:
    content = {name: archive.read(name) for name in archive.namelist()}
missing = [name for name in files if name not in content]
if missing:
    sys.exit(f"not in the archive: {missing}")
with zipfile.ZipFile(path, "w") as archive:
    for name, data in content.items():
        archive.writestr(name, files.get(name, data))
`;
