// @ts-check
// The units, checked by systemd itself.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { folder, run } from "./clean-root.js";
import { settings } from "./unit.js";

/** The most exposure, of 10. systemd calls 2 and more "OK"; a plain service has 9.6. */
const MOST_EXPOSED = 1.9;

const UNITS = readdirSync("packaging").filter((file) => file.endsWith(".service"));
const DROP_INS = readdirSync("packaging/examples");
const work = folder();

/**
 * @param {string[]} files
 */
function verify(...files) {
    const options = { encoding: /** @type {const} */ ("utf8"), env: { ...process.env, SYSTEMD_UNIT_PATH: `${work}:` } };
    const { status, stdout, stderr } = spawnSync("systemd-analyze", ["verify", "--recursive-errors=no", "--man=no", ...files], options);
    return { status, said: stdout + stderr };
}

before(() => {
    // systemd also checks that the program exists.
    writeFileSync(`${work}/milguard`, "#!/bin/sh\n", { mode: 0o755 });
});
after(() => {
    rmSync(work, { recursive: true });
});

/**
 * The unit with another path of the program, because this machine may not have it.
 *
 * @param {string} unit
 * @param {string} [dropIn]
 */
function placed(unit, dropIn) {
    const set = `${work}/${unit}.d`;
    rmSync(set, { recursive: true, force: true });
    mkdirSync(set);
    run("sh", "-ec", `sed 's#=/usr/bin/milguard #=${work}/milguard #' packaging/${unit} >${work}/${unit}`);
    if (dropIn !== undefined) {
        run("sh", "-ec", `sed 's#=/usr/bin/milguard #=${work}/milguard #' packaging/examples/${dropIn} >${set}/one.conf`);
    }
    return `${work}/${unit}`;
}

for (const unit of UNITS) {
    test(`systemd finds no error in ${unit}`, () => {
        assert.deepEqual(verify(placed(unit)), { status: 0, said: "" });
    });

    test(`${unit} confines its service`, () => {
        const text = run("systemd-analyze", "security", "--offline=true", "--no-pager", placed(unit));
        const exposure = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(text)?.[1]);
        assert.ok(exposure <= MOST_EXPOSED, text);
    });

    test(`${unit} starts the installed program, and uses no variable that systemd would not replace`, () => {
        const service = settings([`packaging/${unit}`]);
        assert.match(service.get("ExecStart")?.join() ?? "", /^\/usr\/bin\/milguard (serve|milter|catch)\b/);
        assert.doesNotMatch([...service.values()].join(), /CREDENTIALS_DIRECTORY/);
    });
}

for (const dropIn of DROP_INS) {
    test(`systemd finds no error with the drop-in ${dropIn}`, () => {
        const unit = dropIn.startsWith("milguard-milter") ? "milguard-milter.service" : "milguard.service";
        assert.deepEqual(verify(placed(unit, dropIn)), { status: 0, said: "" });
    });
}

test("systemd's check finds an error in a damaged unit", () => {
    const unit = placed("milguard.service");
    run("sed", "-i", "s/^ProtectSystem=strict/ProtectSystem=everything/; s#^ExecStart=.*#ExecStart=/nowhere/milguard#", unit);
    const { said } = verify(unit);
    assert.match(said, /protect system/);
    assert.match(said, /nowhere/);
});
