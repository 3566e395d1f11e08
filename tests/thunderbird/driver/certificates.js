// @ts-check
// An authority of the tests' own, and a server certificate that it vouches for.

import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/**
 * @param {string} folder for the files
 * @param {string[]} names of the server
 * @returns {Promise<{ authority: string, certificate: string, key: string }>} files
 */
export async function makeCertificates(folder, ...names) {
    const file = (/** @type {string} */ name) => path.join(folder, name);
    const make = (/** @type {string} */ name, /** @type {string[]} */ ...more) =>
        execute("openssl", [
            ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
            ...["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), "-subj", `/CN=${name}`],
            ...more,
        ]);
    const authority = file("authority.pem");
    await make("authority", "-addext", "basicConstraints=critical,CA:TRUE");
    await make(
        "server",
        ...["-addext", "basicConstraints=critical,CA:FALSE"],
        ...["-addext", `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`],
        ...["-CA", authority, "-CAkey", file("authority.key")],
    );
    return { authority, certificate: file("server.pem"), key: file("server.key") };
}
