// @ts-check
// Which versions of Thunderbird the add-in is tested in: the two newest ESRs that apt offers, whichever these are. A fake
// apt replaces the system's.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { makeFolder, removeFolder } from "../driver/processes.js";

const run = promisify(execFile);
const folder = makeFolder();
const programs = path.join(folder, "bin");
const tools = path.join(folder, "tools");
after(() => removeFolder(folder));

/**
 * @param {Record<string, string>} scripts by name
 */
async function install(scripts) {
    await mkdir(programs, { recursive: true });
    for (const [name, content] of Object.entries(scripts)) {
        await writeFile(path.join(programs, name), `#!/bin/bash\n${content}\n`);
        await chmod(path.join(programs, name), 0o755);
    }
}

/** @param {string[]} versions in apt's order */
function offer(...versions) {
    const lines = versions.map((version) => `thunderbird | ${version} | http://deb.example/debian main amd64 Packages`);
    return install({
        "apt-cache": `cat <<'END'\n${lines.join("\n")}\nEND`,
        // apt saves "thunderbird=1:153.8.0esr-1" under this file name.
        "apt-get": `echo "$*" >>"${folder}/asked"
            for word; do [[ $word == thunderbird=* ]] && echo "\${word#*:}" >thunderbird_x.deb; done; exit 0`,
        dpkg: `made=$3/usr/lib/thunderbird; mkdir -p "$made"; touch "$made/omni.ja"
            echo "Version=$(cat "$2")" >"$made/application.ini"`,
        Xvfb: "",
        xdotool: "",
        xrandr: "",
        openbox: "",
        weston: "",
    });
}

/** @param {...string} args */
function script(...args) {
    const env = { ...process.env, PATH: `${programs}:${process.env.PATH}`, MILGUARD_TOOLS: tools, MILGUARD_RETRY_SECONDS: "0" };
    return run("scripts/install-thunderbird", args, { env });
}

/** @param {string} name */
const version = async (name) =>
    /Version=(\d+)/.exec(await readFile(path.join(tools, name, "application.ini"), "utf8"))?.[1];

test("the newest build of each of the two newest ESRs is found, in whatever order apt lists them", async () => {
    await offer("1:140.12.0esr-1", "1:9.9.0esr-1", "1:200.3.1esr-1", "1:200.3.0esr-1", "1:169.0.1-1", "1:153.8.0esr-1");
    assert.equal((await script("--list")).stdout, "1:200.3.1esr-1\n1:153.8.0esr-1\n");
});

test("both versions are installed, and apt waits for its lock", async () => {
    await offer("1:900.1.0esr-1", "1:899.2.0esr-1");
    await script();
    assert.deepEqual([await version("thunderbird-newest"), await version("thunderbird-previous")], ["900", "899"]);
    assert.match(await readFile(path.join(folder, "asked"), "utf8"), /DPkg::Lock::Timeout=600.* update/);
});

test("where apt offers one ESR, the summary says so and nothing has failed", async () => {
    await offer("1:901.0.0esr-1");
    await run("rm", ["-rf", tools]);
    await script();
    assert.equal(await version("thunderbird-newest"), "901");
    const env = { ...process.env, MILGUARD_TOOLS: tools };
    const { stdout } = await run(process.execPath, ["scripts/run-tests.js", "thunderbird-previous"], { env });
    assert.match(stdout, /^thunderbird-previous: not run: apt offers one Thunderbird ESR only: 901$/m);
    assert.match(stdout, /^0 passed, 0 failed$/m);
});

test("the script fetches once more if apt fails", async () => {
    await offer("1:902.0.0esr-1");
    await run("rm", ["-rf", tools]);
    await install({
        "apt-get": `for word; do [[ $word == thunderbird=* ]] && wanted=\${word#*:}; done
            if [[ -n \${wanted:-} && ! -e "${folder}/failed" ]]; then touch "${folder}/failed"; exit 100; fi
            [[ -n \${wanted:-} ]] && echo "$wanted" >thunderbird_x.deb; exit 0`,
    });
    const { stderr } = await script();
    assert.match(stderr, /trying once more/);
    assert.equal(await version("thunderbird-newest"), "902");
});
