// @ts-check
// Add-ins that are not as they were built.

import { execFile } from "node:child_process";
import { copyFile } from "node:fs/promises";
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

// Node.js has nothing that reads archives; Python is needed for the corpus anyway.
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
