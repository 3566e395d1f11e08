// @ts-check
// The Outlook manifest: the one at the top level, and each that `milguard bundle` can render.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

import { checkManifest } from "./manifest.js";
import { runScript } from "./script.js";

/** @typedef {import("./manifest.js").Facts} Facts */

const PROGRAM = path.resolve(process.env.MILGUARD ?? "target/release/milguard");
const DEFAULT_ORIGIN = "https://localhost:8443";
const OWN_COPY = "https://addins.example.mil/office-js/office.js";

const version = /^version = "(.*)"$/m.exec(readFileSync("Cargo.toml", "utf8"))?.[1] ?? "";
const languages = readdirSync("www/_locales").filter((name) => !name.includes(".")).map((name) => name.slice(0, 2));

let folder = "";
before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "milguard-manifest-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Renders a bundle and reads it back.
 *
 * @param {string[]} options
 * @returns {Map<string, Buffer>}
 */
function bundle(...options) {
    const out = mkdtempSync(path.join(folder, "bundle-"));
    execFileSync(PROGRAM, ["bundle", "--out", out, ...options], { stdio: ["ignore", "pipe", "pipe"] });
    const names = readdirSync(out, { recursive: true, withFileTypes: true });
    return new Map(
        names
            .filter((entry) => entry.isFile())
            .map((entry) => path.join(entry.parentPath, entry.name))
            .map((file) => [path.relative(out, file), readFileSync(file)]),
    );
}

/**
 * @param {string} base
 * @param {ReadonlyMap<string, Buffer>} files
 * @returns {Facts}
 */
function facts(base, files) {
    const script = (files.get("outlook/launchevent.js") ?? "").toString();
    return { base, version, files, languages, ...runScript(script) };
}

/** @param {ReadonlyMap<string, Buffer>} files */
const manifestOf = (files) => (files.get("manifest.xml") ?? "").toString();

test("the manifest at the top level is that of the default origin, and has no fault", () => {
    const files = bundle("--origin", DEFAULT_ORIGIN);
    const manifest = readFileSync("manifest.xml", "utf8");
    assert.equal(manifest, manifestOf(files));
    assert.deepEqual(checkManifest(manifest, facts(DEFAULT_ORIGIN, files)), []);
});

for (const base of ["https://addins.example.mil", "https://[::1]:8443/tools/milguard"]) {
    for (const [cloud, host] of /** @type {const} */ ([
        ["commercial", "appsforoffice.microsoft.com"],
        ["gcc", ".gcc."],
        ["gcc-high", ".gcch."],
        ["dod", ".dod."],
        [OWN_COPY, "addins.example.mil"],
    ])) {
        test(`the manifest for ${base} and Office.js of ${cloud} has no fault in any send mode`, () => {
            /** @type {string[]} */
            const manifests = [];
            for (const mode of ["PromptUser", "SoftBlock", "Block"]) {
                const files = bundle("--origin", base, "--cloud", cloud, "--send-mode", mode);
                const manifest = manifestOf(files);
                assert.deepEqual(checkManifest(manifest, facts(base, files)), [], mode);
                assert.equal(manifest.split(`SendMode="${mode}"`).length, 3, mode);
                assert.deepEqual(files.get("outlook/manifest.xml"), files.get("manifest.xml"));
                manifests.push(manifest.replaceAll(mode, ""));
                for (const page of ["outlook/taskpane.html", "outlook/commands.html"]) {
                    const html = (files.get(page) ?? "").toString();
                    const sources = [...html.matchAll(/\bsrc="(https:[^"]*)"/g)];
                    const urls = sources.map(([, source = ""]) => new URL(source));
                    assert.deepEqual(urls.map(({ pathname }) => path.basename(pathname)), ["office.js"], page);
                    assert.ok(urls.every(({ hostname }) => hostname.includes(host)), page);
                }
            }
            assert.equal(new Set(manifests).size, 1, "the send mode changes nothing else");
        });
    }
}

test("the administrator's name, id and version reach the manifest", () => {
    const id = "0a0b0c0d-0000-4000-8000-000000000001";
    const name = "Mail \"Guard\" <&> 'Ж'";
    const files = bundle("--origin", DEFAULT_ORIGIN, "--id", id, "--name", name, "--manifest-version", "3.2.1");
    const own = { ...facts(DEFAULT_ORIGIN, files), version: "3.2.1" };
    assert.deepEqual(checkManifest(manifestOf(files), own), []);
    assert.ok(manifestOf(files).includes(`<Id>${id}</Id>`));
    assert.ok(manifestOf(files).includes('DefaultValue="Mail &quot;Guard&quot; &lt;&amp;&gt; &apos;Ж&apos;"'));
});

/**
 * Damages to the manifest, each with the finding that the check must make.
 *
 * @type {readonly [what: string, from: string | RegExp, to: string, finding: RegExp][]}
 */
const DAMAGES = [
    ["not XML", "</Hosts>", "", /^not XML/],
    ["an unknown element", "<Hosts>", "<Bogus/><Hosts>", /^schema: .*Bogus/s],
    ["a send mode in small letters", /SendMode="PromptUser"/g, 'SendMode="promptUser"', /^schema: .*promptUser/s],
    [
        "runtimes after the form factors",
        /(<Runtimes>.*<\/Runtimes>)(.*<\/MobileFormFactor>)/s,
        "$2$1",
        /^schema: .*Runtimes/s,
    ],
    ["a requirement that keeps it off Exchange", 'MinVersion="1.5"', 'MinVersion="1.12"', /MinVersion is 1\.12/],
    [
        "requirements in the overrides",
        '<Description resid="Addin.Description"/>',
        '$&<Requirements><bt:Sets DefaultMinVersion="1.12"><bt:Set Name="Mailbox"/></bt:Sets></Requirements>',
        /^requirements in version overrides/,
    ],
    ["another version", /<Version>.*<\/Version>/, "<Version>9.9.9.0</Version>", /Version is 9\.9\.9\.0/],
    ["a version that Microsoft refuses", /<Version>.*<\/Version>/, "<Version>0.9.0.0</Version>", /Version is 0\.9\.0\.0/],
    ["no place for help", /.*<SupportUrl.*\n/, "", /SupportUrl\/@DefaultValue is 0 of them/],
    ["help without TLS", '<SupportUrl DefaultValue="https:', '<SupportUrl DefaultValue="http:', /SupportUrl\/@DefaultValue is http:/],
    ["no id", /<Id>.*<\/Id>/, "<Id>milguard</Id>", /Id is milguard/],
    ["more permissions than needed", "ReadWriteItem", "ReadWriteMailbox", /Permissions is ReadWriteMailbox/],
    [
        "shared folders that are not supported",
        "<SupportsSharedFolders>true",
        "<SupportsSharedFolders>false",
        /SupportsSharedFolders is false/,
    ],
    [
        "a resid without its resource",
        '<bt:Url id="Pane.Url"',
        '<bt:Url id="Pane.Url2"',
        /SourceLocation names Pane\.Url, which is in no list/,
    ],
    [
        "a resource that nobody uses",
        "<bt:ShortStrings>",
        '$&<bt:String id="Idle" DefaultValue="x"/>',
        /resource Idle is not used/,
    ],
    [
        "a text from the wrong list",
        '<Title resid="Pane.Label"/>',
        '<Title resid="Pane.Tip"/>',
        /Title names Pane\.Tip, which is in LongStrings/,
    ],
    ["a resource twice", /<bt:Url id="Pane.Url"[^>]*>/, "$&$&", /resource Pane\.Url appears twice/],
    ["a long resid", /Pane\.Tip/g, "Pane.Tip.Of.The.Button.That.Opens.It", /no id of 1 to 32 characters/],
    ["an id twice", "milguardGroupAppointment", "milguardGroupCompose", /id milguardGroupCompose appears twice/],
    ["a long id", "milguardGroupAppointment", "milguardGroupAppointmentOrganizer", /longer than 32/],
    [
        "a button by another name",
        'id="milguardPaneCompose"',
        'id="pane"',
        /opens milguardPaneCompose, which is not a control/,
    ],
    ["a button that no code opens", 'id="milguardPaneCompose"', 'id="pane"', /control pane is not used/],
    [
        "a long label",
        /(id="Pane.Label" DefaultValue=")/,
        `$1${"x".repeat(125)}`,
        /a text of Pane\.Label has \d+ characters/,
    ],
    [
        "a long translation",
        /(Locale="de-DE" Value=")/g,
        `$1${"x".repeat(250)}`,
        /a text of Pane\.Tip has \d+ characters/,
    ],
    [
        "a long description",
        /(<Description DefaultValue=")/,
        `$1${"x".repeat(250)}`,
        /a text of Description has \d+ characters/,
    ],
    ["an empty text", /(id="Pane.Tip" DefaultValue=")[^"]*/, "$1", /a text of Pane\.Tip has 0 characters/],
    ["a language that is missing", /.*Locale="ko-KR".*\n/g, "", /Pane\.Label has no text for ko/],
    ["a language twice", /Locale="ko-KR"/g, 'Locale="ja-JP"', /two texts for ja-JP/],
    ["a language without a region", /Locale="ko-KR"/g, 'Locale="ko"', /text for ko, which Outlook/],
    ["a missing event", /.*OnAppointmentAttendeesChanged.*\n/, "", /DesktopFormFactor has the events/],
    [
        "a mobile event that does not exist",
        /(<MobileFormFactor>.*)OnNewMessageCompose/s,
        "$1OnMessageSend",
        /MobileFormFactor has the events/,
    ],
    [
        "a function that is missing",
        'FunctionName="onMessageSend"',
        'FunctionName="onSend"',
        /OnMessageSend calls onSend/,
    ],
    [
        "a function that is not called",
        'FunctionName="onMessageSend"',
        'FunctionName="onSend"',
        /associates onMessageSend, which no event/,
    ],
    ["no send mode", / SendMode="PromptUser"/, "", /OnMessageSend has the send mode ''/],
    [
        "a send mode at an event other than Send",
        /(FunctionName="onNewMessageCompose")/,
        '$1 SendMode="Block"',
        /OnNewMessageCompose has the send mode/,
    ],
    ["two send modes", 'SendMode="PromptUser"', 'SendMode="Block"', /different send modes/],
    [
        "events in another runtime",
        /(<\/LaunchEvents>\s*<SourceLocation resid=")Runtime/,
        "$1Pane",
        /events run in Pane\.Url/,
    ],
    ["no script for classic Outlook", /.*<Override type="javascript".*\n/, "", /classic Outlook has no script/],
    [
        "a page instead of the script for classic Outlook",
        '<Override type="javascript" resid="Script.Url"',
        '<Override type="javascript" resid="Pane.Url"',
        /Override is .*taskpane/,
    ],
    [
        "plain HTTP",
        "https://localhost:8443/outlook/taskpane.html",
        "http://localhost:8443/outlook/taskpane.html",
        /^http:.* is not below/,
    ],
    [
        "another host",
        "https://localhost:8443/outlook/commands",
        "https://evil.example/outlook/commands",
        /^https:\/\/evil.* is not below/,
    ],
    ["a file that does not ship", "outlook/taskpane.html", "outlook/pane.html", /pane\.html is not a file that ships/],
    ["a host that the add-in must not open", "</AppDomains>", "<AppDomain>https://evil.example</AppDomain>$&", /may open https:\/\/evil/],
    ["an icon of another size", "icons/icon-32.png", "icons/icon-16.png", /icon .*16\.png should be 32/],
    ["a large icon that is small", "icons/icon-128.png", "icons/icon-64.png", /icon .*64\.png should be 128/],
    ["a missing icon", /.*<bt:Image size="32".*\n/, "", /icons of 16,80/],
];

test("each damage is found", () => {
    const files = bundle("--origin", DEFAULT_ORIGIN);
    const manifest = manifestOf(files);
    for (const [what, from, to, finding] of DAMAGES) {
        const damaged = manifest.replace(from, to);
        assert.notEqual(damaged, manifest, `${what}: nothing was damaged`);
        const findings = checkManifest(damaged, facts(DEFAULT_ORIGIN, files));
        assert.ok(
            findings.some((found) => finding.test(found)),
            `${what}: ${findings.join("\n") || "nothing was found"}`,
        );
    }
});
