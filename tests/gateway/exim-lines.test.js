// @ts-check
// Exim asks the daemon through readsocket, with the rules of docs/gateway.md.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { PASSED, REFUSED } from "./rules.js";
import { Daemon } from "./servers/daemon.js";
import { Exim } from "./servers/exim.js";

test("the rules of the guide refuse look-alikes, accept others and defer while the daemon is dead", async () => {
    const guide = await readFile("docs/gateway.md", "utf8");
    const rules = /```exim\n([\s\S]*?)```/.exec(guide)?.[1];
    assert.ok(rules, "the guide has rules for Exim");
    const milter = await Daemon.milter({}, (port) => ["--listen-lines", `127.0.0.1:${port + 1}`]);
    const exim = await Exim.prepare(rules.replace("8892", String(milter.port + 1)));
    try {
        const refused = await exim.ask([...REFUSED.keys()]);
        for (const [at, meant] of [...REFUSED.values()].entries()) {
            assert.match(refused.answers[at] ?? "", /^550 5\.1\.2 /, refused.log);
            assert.ok(refused.answers[at]?.includes(`did you mean ${meant}?`), refused.answers[at]);
        }
        const passed = await exim.ask(PASSED);
        assert.ok(passed.answers.every((answer) => answer.startsWith("250 ")), passed.answers.join("\n"));
        await milter.write({ mode: "audit" });
        milter.kill("SIGHUP");
        await milter.says(/is in force\n/);
        assert.match((await exim.ask(["bob@army.ml"])).answers[0] ?? "", /^250 /);
        await milter.crash();
        assert.match((await exim.ask(["bob@army.ml"])).answers[0] ?? "", /^451 /);
    } finally {
        exim.stop();
        await milter.stop();
    }
});
