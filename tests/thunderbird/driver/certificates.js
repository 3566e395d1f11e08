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

/**
 * An authority, and a certificate for mail that it vouches for, for each address.
 *
 * @param {string} folder for the files
 * @param {string[]} addresses
 * @returns {Promise<{ authority: string, certificates: string[], bundles: string[] }>} files; the bundles hold certificate and
 *     key (PKCS #12, without a password)
 */
export async function makeMailCertificates(folder, ...addresses) {
    const file = (/** @type {string} */ name) => path.join(folder, name);
    const make = (/** @type {string} */ name, /** @type {string} */ subject, /** @type {string[]} */ ...more) =>
        execute("openssl", [
            ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject],
            ...["-keyout", file(`${name}.key`), "-out", file(`${name}.pem`), ...more],
        ]);
    await make("mail-authority", "/CN=Mail authority of the tests", "-addext", "basicConstraints=critical,CA:TRUE");
    for (const address of addresses) {
        await make(
            address,
            `/CN=${address}/emailAddress=${address}`,
            ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=emailProtection"],
            ...["-addext", "keyUsage=critical,digitalSignature,keyEncipherment", "-addext", `subjectAltName=email:${address}`],
            ...["-CA", file("mail-authority.pem"), "-CAkey", file("mail-authority.key")],
        );
        await execute("openssl", [
            ...["pkcs12", "-export", "-in", file(`${address}.pem`), "-inkey", file(`${address}.key`)],
            ...["-name", address, "-passout", "pass:", "-out", file(`${address}.p12`)],
        ]);
    }
    return {
        authority: file("mail-authority.pem"),
        certificates: addresses.map((address) => file(`${address}.pem`)),
        bundles: addresses.map((address) => file(`${address}.p12`)),
    };
}
