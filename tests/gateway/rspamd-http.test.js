// @ts-check
// rspamd asks the daemon over HTTP, with the script of docs/gateway.md.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { PASSED, REFUSED } from "./rules.js";
import { Daemon } from "./servers/daemon.js";
import { Rspamd } from "./servers/rspamd.js";

/** @param {import("./servers/rspamd.js").Verdict} verdict */
const text = ({ messages }) => Object.values(messages ?? {}).join(" ");

test("the script of the guide rejects look-alikes, and messages whose markings raise them", async () => {
    const guide = await readFile("docs/gateway.md", "utf8");
    const script = /```lua\n([\s\S]*?)```/.exec(guide)?.[1];
    assert.ok(script, "the guide has a script for rspamd");
    const milter = await Daemon.milter({}, (port) => ["--listen-http", `127.0.0.1:${port + 1}`]);
    const rspamd = await Rspamd.prepare("", script.replace("8893", String(milter.port + 1)));
    try {
        await rspamd.start();
        for (const [address, meant] of REFUSED) {
            // rspamd removes the tag before scripts see the address.
            const verdict = await rspamd.scan([address.replace("+x", "")]);
            assert.equal(verdict.action, "reject", `${address}: ${JSON.stringify(verdict)}`);
            assert.ok(text(verdict).includes(`did you mean ${meant.replace("+x", "")}?`), JSON.stringify(verdict));
        }
        for (const address of PASSED) {
            assert.equal((await rspamd.scan([address])).action, "no action", address);
        }
        const marked = await rspamd.scan(["carol@health.ml"], "SECRET//NOFORN");
        assert.equal(marked.action, "reject", JSON.stringify(marked));
        const mixed = await rspamd.scan(["carol@army.mil", "bob@army.ml"]);
        assert.ok(text(mixed).includes("did you mean bob@army.mil?"), JSON.stringify(mixed));
        const metrics = await (await fetch(`http://127.0.0.1:${milter.port + 1}/metrics`)).text();
        assert.match(metrics, /milguard_gateway_messages_total\{outcome="Refused"\} \d+/);
        await milter.write({ mode: "audit" });
        milter.kill("SIGHUP");
        await milter.says(/is in force\n/);
        const audited = await rspamd.scan(["bob@army.ml"]);
        assert.equal(audited.action, "no action");
        assert.ok("MILGUARD" in audited.symbols, JSON.stringify(audited));
        await milter.crash();
        assert.equal((await rspamd.scan(["bob@army.ml"])).action, "soft reject");
    } finally {
        await rspamd.stop();
        await milter.stop();
    }
});
