// @ts-check
// The Debian package: it is installed, run, upgraded, removed and purged in a clean Debian.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { get as getHttps } from "node:https";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { cleanRoot, contents, folder, id, PROGRAM, root, run, runWith, version } from "./clean-root.js";
import { forbidden, Service } from "./unit.js";

/** All files of a test's build have the same date. */
const ENVIRONMENT = { SOURCE_DATE_EPOCH: "1700000000", QUICK: "1" };

const work = folder();
const debian = `${work}/debian`;
/** @type {string[]} */
let clean = [];
let deb = "";

/**
 * @param {string} out
 * @param {string} umask
 */
function build(out, umask) {
    const licenses = `${work}/licenses.txt`;
    run("sh", "-ec", `umask ${umask}; echo licences >${licenses}`);
    const steps = `umask ${umask}; scripts/stage-program ${PROGRAM} ${licenses} ${out}/stage; scripts/build-deb ${out}/stage ${out}`;
    runWith(ENVIRONMENT, "sh", "-ec", steps);
    return `${out}/${readdirSync(out).find((name) => name.endsWith(".deb"))}`;
}

/** Runs dpkg without waiting for the disk. @param {string[]} words */
const dpkg = (...words) => root("dpkg", `--root=${debian}`, "--force-unsafe-io", ...words);
/** @param {string[]} words */
const inside = (...words) => root("chroot", debian, ...words);
/** @param {string} path */
const modeOf = (path) => inside("stat", "-c", "%A %U %G", path).trim();
/**
 * @param {string} path
 * @param {string} text
 */
const write = (path, text) => inside("sh", "-ec", 'printf "%s" "$2" >"$1"', "sh", path, text);

before(() => {
    deb = build(`${work}/one`, "022");
    const needed = run("dpkg-deb", "--field", deb, "Depends").match(/[a-z][a-z0-9.+-]+/g) ?? [];
    cleanRoot(debian, needed);
    clean = contents(debian);
    dpkg("--install", deb);
});
after(() => {
    root("rm", "-rf", work);
});

test("the same files make the same package, whatever the umask and the time", () => {
    const again = build(`${work}/two`, "077");
    assert.ok(readFileSync(deb).equals(readFileSync(again)));
    const names = run("tar", "--list", "--verbose", "--full-time", "--utc", "--file", fsTar(deb));
    for (const line of names.trim().split("\n")) {
        assert.match(line, /^\S+ root\/root +\d+ 2023-11-14 22:13:20 /, line);
    }
});

/** @param {string} file */
function fsTar(file) {
    run("sh", "-ec", 'dpkg-deb --fsys-tarfile "$1" >"$1.tar"', "sh", file);
    return `${file}.tar`;
}

test("the package depends only on the C library and on the tools that make users", () => {
    const field = run("dpkg-deb", "--field", deb, "Depends").trim();
    assert.match(field, /^(?:libgcc-s1, )?libc6 \(>= 2\.\d+\), passwd$/);
    assert.equal(dpkg("--audit").split("\n").filter((line) => line.includes("milguard")).length, 0);
    const missing = inside("ldd", "/usr/bin/milguard").match(/.*not found.*/g);
    assert.equal(missing, null);
});

test("the package holds program, manual pages, completions, units and settings", () => {
    assert.equal(inside("milguard", "--version").trim(), `milguard ${version}`);
    const commands = run(PROGRAM, "--help").match(/^ {2}[a-z-]+(?= )/gm) ?? [];
    assert.ok(commands.length > 10, commands.join());
    for (const command of commands.map((it) => it.trim()).filter((it) => it !== "help")) {
        assert.ok(existsSync(`${debian}/usr/share/man/man1/milguard-${command}.1.gz`), command);
    }
    assert.match(run("gzip", "-dc", `${debian}/usr/share/man/man1/milguard-serve.1.gz`), /\.TH milguard-serve 1/i);
    for (const file of [
        "usr/share/bash-completion/completions/milguard",
        "usr/share/zsh/vendor-completions/_milguard",
        "usr/share/fish/vendor_completions.d/milguard.fish",
        "usr/share/doc/milguard/copyright",
        "usr/share/doc/milguard/THIRD-PARTY-LICENSES.txt.gz",
    ]) {
        assert.ok(statSync(`${debian}/${file}`).size > 0, file);
    }
    run("bash", "-n", `${debian}/usr/share/bash-completion/completions/milguard`);
    assert.deepEqual(readFileSync(`${debian}/usr/share/doc/milguard/examples/milguard.toml`, "utf8"), printed());
    const conffiles = ["/etc/default/milguard-catch", "/etc/default/milguard-milter", "/etc/milguard/milguard.toml"];
    const listed = run("dpkg-query", `--admindir=${debian}/var/lib/dpkg`, "-f", "${Conffiles}", "-W", "milguard");
    assert.deepEqual(listed.match(/\/\S+/g), conffiles);
});

test("the package brings all of the documentation, and its pages lead to each other", () => {
    const doc = `${debian}/usr/share/doc/milguard`;
    const pages = readdirSync(doc, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
    for (const page of readdirSync("docs").filter((name) => name.endsWith(".md"))) {
        assert.ok(pages.includes(page), page);
    }
    for (const page of pages) {
        const links = [...readFileSync(`${doc}/${page}`, "utf8").matchAll(/\]\(([\w./-]+\.md)/g)];
        for (const [, link = ""] of links) {
            const target = join(dirname(page), link);
            // The README, the sources and the licences are those of the repository.
            assert.ok(target.startsWith("../") || existsSync(`${doc}/${target}`), `${page} links to ${link}`);
        }
    }
});

const printed = () => run("env", "-i", PROGRAM, "serve", "--print-config");

test("the package's settings are the program's own", () => {
    // Every commented key in the file is a known key once it is uncommented.
    const settings = readFileSync(`${debian}/etc/milguard/milguard.toml`, "utf8");
    const keys = [...settings.matchAll(/^# ([a-z-]+) = /gm)].map(([, key]) => key);
    assert.deepEqual(keys, ["listen", "origin", "tls-cert", "tls-key", "database"]);
    for (const key of keys) {
        assert.match(printed(), new RegExp(`^# ${key} = `, "m"));
    }
    write("/etc/milguard/all.toml", settings.replaceAll(/^# (?=[a-z-]+ = )/gm, ""));
    assert.match(inside("milguard", "serve", "--config", "/etc/milguard/all.toml", "--print-config"), /^origin = /m);
    inside("rm", "/etc/milguard/all.toml");
});

test("the package makes its own users, and other users read neither settings nor data", () => {
    for (const user of ["milguard", "milguard-milter"]) {
        const entry = inside("getent", "passwd", user).trim().split(":");
        assert.ok(Number(entry[2]) < 1000, "a system's user");
        assert.deepEqual(entry.slice(5), ["/nonexistent", "/usr/sbin/nologin"]);
    }
    assert.equal(modeOf("/etc/milguard/milguard.toml"), "-rw-r----- root milguard");
    assert.equal(modeOf("/etc/milguard"), "drwxr-xr-x root root");
    assert.equal(modeOf("/var/lib/milguard"), "drwx------ milguard milguard");
});

/**
 * @param {number} port
 * @param {string} path
 * @returns {Promise<{ status: number, type: string, text: string }>}
 */
async function ask(port, path) {
    const ca = root("cat", `${debian}/var/lib/milguard/tls/certificate.pem`);
    return new Promise((resolve, reject) => {
        const request = getHttps({ host: "localhost", family: 4, port, path, ca, agent: false }, async (response) => {
            let text = "";
            for await (const chunk of response.setEncoding("utf8")) {
                text += chunk;
            }
            resolve({ status: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text });
        });
        request.on("error", reject);
    });
}

for (const from of ["/", "/usr/share/doc"]) {
    test(`the server answers as its unit starts it, from ${from}`, async () => {
        write("/etc/milguard/milguard.toml", 'listen = "127.0.0.1:0"\nmetrics-token = "secret"\n');
        const server = new Service(debian, "milguard");
        server.start(from);
        try {
            const [, port] = await server.says(/listening on https:\/\/127\.0\.0\.1:(\d+)\//);
            const health = await ask(Number(port), "/healthz");
            assert.deepEqual([health.status, health.text], [200, "ok\n"]);
            assert.equal((await ask(Number(port), "/readyz")).status, 200);
            // The service's group does not count as others, and the clock is not wrong just because the
            // program is years old.
            assert.doesNotMatch(server.lines.join("\n"), /warning|WARN/);
            // The program contains the pages, so there is no folder of them.
            for (const path of ["/", "/try/", "/checker/milguard.js", "/admin"]) {
                assert.ok([200, 303].includes((await ask(Number(port), path)).status), path);
            }
            assert.match((await ask(Number(port), "/try/")).text, /<title>/);
        } finally {
            assert.equal(await server.stop(), 0, server.lines.join("\n"));
        }
        assert.match(modeOf("/var/lib/milguard/milguard.db"), /^-rw------- milguard milguard/);
    });
}

test("the server and the milter do nothing that their units forbid", async () => {
    write("/etc/milguard/milguard.toml", 'listen = "127.0.0.1:0"\n');
    write("/etc/default/milguard-milter", 'MILGUARD_MILTER="--listen 127.0.0.1:0"\n');
    for (const name of ["milguard", "milguard-milter"]) {
        const service = new Service(debian, name);
        service.start("/", `${work}/${name}.trace`);
        try {
            const [, port] = await service.says(/listening on (?:https:\/\/)?127\.0\.0\.1:(\d+)/);
            if (name === "milguard") {
                assert.equal((await ask(Number(port), "/readyz")).status, 200);
            }
        } finally {
            await service.stop();
        }
        const { calls, found } = forbidden(root("cat", `${work}/${name}.trace`), service);
        assert.ok(calls > 100, `${name} made ${calls} calls`);
        assert.deepEqual(found, [], name);
    }
});

test("the server may listen below 1024, and reads a key that root alone can read", async () => {
    const [key, certificate] = ["privkey.pem", "fullchain.pem"].map((name) => `/etc/letsencrypt/live/milguard.example.mil/${name}`);
    inside("install", "-d", "-m", "0700", "/etc/letsencrypt", "/etc/letsencrypt/live", "/etc/letsencrypt/live/milguard.example.mil");
    for (const [path = "", own] of [[certificate, "certificate.pem"], [key, "key.pem"]]) {
        inside("install", "-m", "0400", `/var/lib/milguard/tls/${own}`, path);
    }
    write("/etc/milguard/milguard.toml", 'listen = "127.0.0.1:81"\norigin = "https://localhost:81"\n');
    const server = new Service(debian, "milguard", ["/usr/share/doc/milguard/examples/milguard-credentials.conf"]);
    server.start();
    try {
        const [, port] = await server.says(/listening on https:\/\/127\.0\.0\.1:(\d+)\//);
        assert.equal(port, "81");
        assert.equal((await ask(81, "/healthz")).status, 200);
    } finally {
        assert.equal(await server.stop(), 0, server.lines.join("\n"));
    }
    inside("rm", "-r", "/etc/letsencrypt");
});

test("the milter answers as its unit starts it, and cannot read the server's data", async () => {
    write("/etc/default/milguard-milter", 'MILGUARD_MILTER="--listen unix:/run/milguard-milter/milter.sock --listen-http 127.0.0.1:0"\n');
    const milter = new Service(debian, "milguard-milter");
    milter.start();
    try {
        const [, port] = await milter.says(/listening on 127\.0\.0\.1:(\d+)/);
        assert.match(modeOf("/run/milguard-milter/milter.sock"), /^srw-rw---- milguard-milter milguard-milter$/);
        const answer = await fetch(`http://127.0.0.1:${port}/healthz`);
        assert.equal(answer.status, 200);
    } finally {
        assert.equal(await milter.stop(), 0, milter.lines.join("\n"));
    }
    const look = ["setpriv", "--reuid=milguard-milter", "--regid=milguard-milter", "--clear-groups", "ls", "/var/lib/milguard"];
    assert.throws(() => inside(...look), /Permission denied/);
});

test("Postfix's user opens the milter's socket in its chroot, and nobody else", async () => {
    inside("useradd", "--system", "--user-group", "--no-create-home", "postfix");
    inside("install", "-d", "-m", "0755", "/var/spool/postfix");
    write("/etc/default/milguard-milter", "");
    const milter = new Service(debian, "milguard-milter", ["/usr/share/doc/milguard/examples/milguard-milter-postfix.conf"]);
    milter.start();
    try {
        await milter.says(/listening on .*milter\.sock/);
        const connect = `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) and connect(S, pack_sockaddr_un("milguard/milter.sock")) or die "$!\\n"'`;
        const as = (/** @type {string} */ user) =>
            root(
                ...["setpriv", `--reuid=${id(debian, "passwd", user)}`, `--regid=${id(debian, "group", user)}`, "--clear-groups"],
                ...["sh", "-ec", `cd ${debian}/var/spool/postfix; ${connect}`],
            );
        as("postfix");
        assert.throws(() => as("milguard"), /Permission denied/);
    } finally {
        assert.equal(await milter.stop(), 0, milter.lines.join("\n"));
    }
    inside("rm", "-r", "/var/spool");
    inside("userdel", "postfix");
});

test("a milter that follows a server gets its token from systemd", () => {
    const dropIn = "/usr/share/doc/milguard/examples/milguard-milter-server.conf";
    const milter = new Service(debian, "milguard-milter", [dropIn]);
    const words = milter.arguments(milter.environment());
    assert.deepEqual(words.slice(-2), ["--token-file", "/run/credentials/milguard-milter.service/token"]);
    // The configuration is used unchanged except for the name of the server.
    write("/etc/milguard/milter-token", "token\n");
    assert.deepEqual(milter.all("LoadCredential"), ["token:/etc/milguard/milter-token"]);
    inside("rm", "/etc/milguard/milter-token");
});

test("an upgrade keeps what the administrator chose", () => {
    write("/etc/milguard/milguard.toml", "retention = 30\n");
    inside("chmod", "600", "/etc/milguard/milguard.toml");
    inside("chown", "milguard", "/etc/milguard/milguard.toml");
    dpkg("--install", "--force-confdef", "--force-confold", newer());
    assert.equal(modeOf("/etc/milguard/milguard.toml"), "-rw------- milguard milguard");
    assert.equal(inside("cat", "/etc/milguard/milguard.toml"), "retention = 30\n");
    assert.match(modeOf("/var/lib/milguard/milguard.db"), /milguard/);
    assert.match(run("dpkg-query", `--admindir=${debian}/var/lib/dpkg`, "-W", "milguard"), /99\.0\.0/);
});

/** The same package as a later version. */
function newer() {
    const later = `${work}/later`;
    mkdirSync(later);
    run("dpkg-deb", "--raw-extract", deb, `${later}/files`);
    run("sed", "-i", "s/^Version: .*/Version: 99.0.0/", `${later}/files/DEBIAN/control`);
    run("sh", "-ec", `echo '# A later version says more.' >>${later}/files/etc/milguard/milguard.toml`);
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", `${later}/files`, `${later}/milguard.deb`);
    return `${later}/milguard.deb`;
}

test("removing the package leaves settings and data, and purging leaves nothing", () => {
    inside("install", "-d", "/etc/systemd/system/multi-user.target.wants");
    inside("ln", "-s", "/usr/lib/systemd/system/milguard.service", "/etc/systemd/system/multi-user.target.wants/");
    dpkg("--remove", "milguard");
    assert.ok(!existsSync(`${debian}/usr/bin/milguard`));
    assert.match(modeOf("/var/lib/milguard/milguard.db"), /milguard/);
    assert.equal(inside("cat", "/etc/milguard/milguard.toml"), "retention = 30\n");
    dpkg("--purge", "milguard");
    inside("rmdir", "/etc/systemd/system/multi-user.target.wants", "/etc/systemd/system", "/etc/systemd");
    const known = new Set(clean);
    const left = contents(debian).filter((line) => !known.has(line) && !/^etc\/(?:\.pwd\.lock|(?:passwd|group|shadow|gshadow|sub[ug]id)-?) /.test(line));
    assert.deepEqual(left, []);
    for (const file of /** @type {const} */ (["passwd", "group"])) {
        assert.doesNotMatch(readFileSync(`${debian}/etc/${file}`, "utf8"), /milguard/);
    }
    const databases = root("find", `${debian}/var/lib/dpkg`, "-name", "*milguard*");
    assert.equal(databases, "");
});
