// @ts-check
// Messages to be signed or encrypted with S/MIME: Milguard asks first, then Thunderbird does its work; if it cannot,
// nothing is lost and nothing is reported that has not happened.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, beforeEach, describe } from "node:test";

import { Backend } from "../driver/backend.js";
import { makeMailCertificates } from "../driver/certificates.js";
import { waitFor } from "../driver/compose.js";
import { makeFolder, removeFolder } from "../driver/processes.js";
import { SENDER } from "../driver/profile.js";
import { thunderbirdTests } from "../driver/suite.js";

const backend = new Backend();
const folder = makeFolder();
after(async () => {
    await backend.stop();
    removeFolder(folder);
});
beforeEach(() => {
    backend.events = [];
});

describe("S/MIME", () => {
    const { app, it, compose } = thunderbirdTests(async () => {
        await backend.start();
        return {
            name: "smime",
            managed: {
                policy: { id: "smime", version: 1, reporting: "address" },
                backend: { url: backend.url, token: backend.token },
            },
        };
    });

    it("a message to sign without a certificate is asked about, refused by Thunderbird, kept, and not reported as sent", async () => {
        const message = await compose({ to: ["bob@army.ml"] });
        await app().inside("smime", "secure", message.id, { isSigned: true });
        const stop = await message.sendAsked();
        await stop.choose("sendAnyway");
        await waitFor("Thunderbird's own message", async () =>
            (await app().windows("prompts")).some((/** @type {string} */ said) => /certificate|sign/i.test(said)),
        );
        await app().windows("closePrompts");
        await message.assertNotSent();
        if (await stop.isOpen()) {
            await stop.choose("back");
        }
        await stop.waitClosed();
        assert.ok(!backend.events.some(({ action }) => action === "sent-anyway"), JSON.stringify(backend.events));
        await app().inside("smime", "secure", message.id, {});
        const again = await message.sendAsked();
        await again.correct();
        await message.assertArrived("bob@army.mil");
    });

    it("a corrected message is signed and encrypted for the recipient that was meant", async () => {
        const { authority, certificates, bundles } = await makeMailCertificates(folder, SENDER, "bob@army.mil");
        const [own = ""] = bundles;
        const others = [await readFile(certificates[1] ?? "", "utf8")];
        await app().inside("smime", "useCertificates", { authority: await readFile(authority, "utf8"), own, others });

        const signed = await compose({ to: ["bob@army.ml"] });
        await app().inside("smime", "secure", signed.id, { isSigned: true });
        const first = await signed.sendAsked();
        await first.correct();
        const { source } = await signed.assertArrived("bob@army.mil");
        assert.match(source, /^Content-Type: multipart\/signed; protocol="application\/pkcs7-signature"/m);

        // Nobody has a certificate for the look-alike; Thunderbird would say so only after Milguard's
        // question.
        const encrypted = await compose({ to: ["bob@army.ml"] });
        await app().inside("smime", "secure", encrypted.id, { isSigned: true, isEncrypted: true });
        const second = await encrypted.sendAsked();
        await second.correct();
        const arrived = await encrypted.assertArrived("bob@army.mil");
        assert.match(arrived.source, /^Content-Type: application\/pkcs7-mime/m);
        assert.doesNotMatch(arrived.source, /See you there/);
        assert.deepEqual(backend.events.map(({ action }) => action), ["fixed", "fixed"]);
    });
});
