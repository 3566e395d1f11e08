// @ts-check
// The files that `make dist` leaves.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";

import { folder, PROGRAM, run, runWith, version } from "./clean-root.js";

const work = folder();
const release = `${work}/one`;
const ENVIRONMENT = { SOURCE_DATE_EPOCH: "1700000000", QUICK: "1" };
/** @param {string} name */
const read = (name) => readFileSync(`${release}/${name}`, "utf8");

/**
 * @typedef {object} Component
 * @property {string} name
 * @property {string} version
 * @property {string} scope
 * @property {string} [purl]
 * @property {{ expression: string }[]} [licenses]
 * @property {{ alg: string, content: string }[]} [hashes]
 */
/** @returns {{ specVersion: string, metadata: { timestamp: string }, components: Component[], dependencies: { ref: string, dependsOn: string[] }[] }} */
const bill = () => JSON.parse(read(`milguard-${version}.cdx.json`));

before(() => {
    runWith(ENVIRONMENT, "scripts/dist", PROGRAM, release);
});
after(() => {
    rmSync(work, { recursive: true });
});

test("a release has everything that an administrator installs", () => {
    const [deb, archive] = [/^milguard_.*_\w+\.deb$/, /^milguard-.*-linux-\w+\.tar\.gz$/];
    const names = readdirSync(release).map((name) => name.replace(deb, "DEB").replace(archive, "ARCHIVE"));
    assert.deepEqual(names.sort(), [
        ...["ARCHIVE", "Containerfile", "DEB", "SHA256SUMS", "THIRD-PARTY-LICENSES.txt"],
        ...[`milguard-${version}-bundle-example.zip`, `milguard-${version}.cdx.json`, `milguard-${version}.xpi`],
    ]);
});

test("the checksums are those of all other files", () => {
    const summed = read("SHA256SUMS").trim().split("\n").map((line) => line.slice(66));
    assert.deepEqual(summed, readdirSync(release).filter((name) => name !== "SHA256SUMS").sort());
    run("sh", "-ec", `cd ${release} && sha256sum --strict --check SHA256SUMS`);
});

test("a release made with another umask, time zone and language is the same", () => {
    const again = `umask 077; export TZ=Asia/Tokyo LC_ALL=C.UTF-8; scripts/dist ${PROGRAM} ${work}/two`;
    runWith(ENVIRONMENT, "sh", "-ec", again);
    assert.equal(readFileSync(`${work}/two/SHA256SUMS`, "utf8"), read("SHA256SUMS"));
});

test("the archive's program runs where it is unpacked", () => {
    const archive = readdirSync(release).find((name) => name.endsWith(".tar.gz"));
    run("tar", "--extract", "--gzip", `--file=${release}/${archive}`, `--directory=${work}`);
    const root = `${work}/${archive?.replace(".tar.gz", "")}`;
    assert.equal(run(`${root}/bin/milguard`, "--version").trim(), `milguard ${version}`);
    for (const file of ["share/man/man1/milguard.1.gz", "share/zsh/site-functions/_milguard", "LICENSE-MIT", "etc/milguard/milguard.toml"]) {
        assert.ok(existsSync(`${root}/${file}`), file);
    }
    // The program needs only the C library of this machine.
    const needed = [...run("readelf", "--dynamic", `${root}/bin/milguard`).matchAll(/\(NEEDED\).*\[(.*?)\.so/g)];
    for (const [, library] of needed) {
        assert.match(library ?? "", /^(?:libc|libm|libgcc_s|ld-linux-[\w-]+)$/);
    }
});

test("the bundle holds the add-ins for Outlook and Thunderbird", () => {
    const listed = run("python3", "-m", "zipfile", "--list", `${release}/milguard-${version}-bundle-example.zip`);
    for (const file of ["manifest.xml", "README.md", "outlook/launchevent.js", "milguard.xpi", "policies.json"]) {
        assert.match(listed, new RegExp(`/${file.replace(".", "\\.")} `), file);
    }
    assert.ok(readFileSync(`${release}/milguard-${version}.xpi`).equals(readFileSync("dist/thunderbird/milguard.xpi")));
});

test("the bill of materials names every crate and package of the lock files", () => {
    const { specVersion, metadata, components, dependencies } = bill();
    assert.equal(specVersion, "1.6");
    assert.equal(metadata.timestamp, "2023-11-14T22:13:20Z");
    const purls = components.flatMap((component) => component.purl ?? []);
    assert.equal(new Set(purls).size, purls.length);
    // Cargo lists the crates that the program is linked with. Crates in folders of this repository are the program
    // itself.
    const tree = run("cargo", "tree", "--locked", "--edges=normal,no-proc-macro", "--prefix=none", "--format={p}", "--package=milguard");
    const linked = new Set([...tree.matchAll(/^(\S+) v(\S+)(?!\S)(?! \(\/)/gm)].map(([, name, it = ""]) => `pkg:cargo/${name}@${it.replace("+", "%2B")}`));
    assert.ok(linked.size > 200);
    for (const purl of linked) {
        const scope = components.find((component) => component.purl === purl)?.scope;
        assert.equal(scope, "required", purl);
    }
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
    for (const path of Object.keys(packages).filter((it) => it !== "")) {
        const name = path.replace(/^.*node_modules\//, "").replace("@", "%40");
        assert.ok(purls.includes(`pkg:npm/${name}@${packages[path].version}`), path);
    }
    const npm = components.filter(({ purl, scope }) => purl?.startsWith("pkg:npm/") && scope === "required");
    assert.deepEqual(npm.map(({ name }) => name), []);
    for (const { name, hashes = [] } of components.filter(({ purl }) => purl !== undefined)) {
        assert.match(hashes[0]?.content ?? "", /^(?:[\da-f]{64}|[\da-f]{128})$/, name);
    }
    const known = new Set(["milguard", ...purls]);
    for (const { ref, dependsOn } of dependencies) {
        assert.deepEqual([ref, ...dependsOn].filter((it) => !known.has(it)), []);
    }
});

test("the licences are those of every shipped part", () => {
    const text = read("THIRD-PARTY-LICENSES.txt");
    for (const { name, version: its, licenses } of bill().components.filter(({ scope, purl }) => scope === "required" && purl)) {
        assert.ok(text.includes(`${name} ${its} (${licenses?.[0]?.expression})`), name);
    }
    // C sources have their own licences.
    assert.match(text, /Copyright \(c\) Meta Platforms/);
});

test("the container runs as a user without rights, and has no shell", () => {
    const lines = read("Containerfile").split("\n");
    const images = lines.filter((line) => line.startsWith("FROM "));
    assert.match(images.at(-1) ?? "", /distroless\/\S+:nonroot$/);
    assert.ok(lines.includes("USER 65532:65532"));
    assert.ok(lines.includes('ENTRYPOINT ["/usr/bin/milguard"]'));
    const last = lines.slice(lines.lastIndexOf(images.at(-1) ?? ""));
    assert.deepEqual(last.filter((line) => line.startsWith("RUN ")), []);
});
