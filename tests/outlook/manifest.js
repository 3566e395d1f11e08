// @ts-check
// Finds errors in an Outlook manifest: by its schema, and others that a schema cannot see.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { readFileSync } from "node:fs";

import { XmlDocument, XmlElement, XsdValidator } from "libxml2-wasm";
import { xmlRegisterFsInputProviders } from "libxml2-wasm/lib/nodejs.mjs";

/**
 * The facts that a manifest has to agree with.
 *
 * @typedef {object} Facts
 * @property {string} base where the add-in is served
 * @property {string} version of the package
 * @property {ReadonlyMap<string, Buffer>} files by their path below `base`, as `outlook/taskpane.html`
 * @property {ReadonlySet<string>} functions that the script associates with events
 * @property {ReadonlySet<string>} commands that the script names as those of a button
 * @property {readonly string[]} languages two letters each, of the translated pages
 */

const SEND_EVENTS = ["OnMessageSend", "OnAppointmentSend"];
const EVENTS = {
    DesktopFormFactor: [
        ...SEND_EVENTS,
        "OnMessageRecipientsChanged",
        "OnAppointmentAttendeesChanged",
        "OnMessageCompose",
        "OnAppointmentOrganizer",
    ],
    // All events of phones except a change of the sender.
    MobileFormFactor: ["OnMessageRecipientsChanged", "OnNewMessageCompose"],
};

const NAMESPACES = {
    o: "http://schemas.microsoft.com/office/appforoffice/1.1",
    v0: "http://schemas.microsoft.com/office/mailappversionoverrides",
    v1: "http://schemas.microsoft.com/office/mailappversionoverrides/1.1",
    bt: "http://schemas.microsoft.com/office/officeappbasictypes/1.0",
    xsi: "http://www.w3.org/2001/XMLSchema-instance",
};

/** The kind of resource that an element's `resid` has to name. */
const KINDS = /** @type {Record<string, string>} */ ({
    Image: "Images",
    SourceLocation: "Urls",
    FunctionFile: "Urls",
    Runtime: "Urls",
    Override: "Urls",
    Label: "ShortStrings",
    Title: "ShortStrings",
    Description: "LongStrings",
});

const LIMITS = /** @type {Record<string, number>} */ ({ ShortStrings: 125, LongStrings: 250 });

xmlRegisterFsInputProviders();
const schemaFile = fileURLToPath(new URL("xsd/OfficeAppManifestV1_1.xsd", import.meta.url));
const schema = XmlDocument.fromBuffer(readFileSync(schemaFile), { url: schemaFile });
const validator = XsdValidator.fromDoc(schema);

/**
 * @param {string} text
 * @param {Facts} facts
 * @returns {string[]} one line for each error
 */
export function checkManifest(text, facts) {
    let doc;
    try {
        doc = XmlDocument.fromString(text);
    } catch (error) {
        return [`not XML: ${error}`];
    }
    try {
        const findings = bySchema(doc);
        const manifest = new Manifest(doc);
        for (const check of [heads, resources, controls, languages, events, addresses, icons]) {
            findings.push(...check(manifest, facts));
        }
        return findings;
    } finally {
        doc.dispose();
    }
}

/** @param {XmlDocument} doc */
function bySchema(doc) {
    try {
        validator.validate(doc);
        return [];
    } catch (error) {
        return [`schema: ${String(error).trim()}`];
    }
}

class Manifest {
    /** @param {XmlDocument} doc */
    constructor(doc) {
        this.doc = doc;
    }

    /**
     * @param {string} xpath
     * @returns {XmlElement[]}
     */
    find(xpath) {
        return this.doc.find(xpath, NAMESPACES).filter((node) => node instanceof XmlElement);
    }

    /**
     * @param {string} xpath
     * @returns {string[]} the number of attributes or elements
     */
    texts(xpath) {
        return this.doc.find(xpath, NAMESPACES).map((node) => node.content);
    }

    /** @param {string} xpath */
    one(xpath) {
        const texts = this.texts(xpath);
        return texts.length === 1 ? (texts[0] ?? "") : `${texts.length} of them`;
    }
}

/**
 * @param {XmlElement} element
 * @param {string} name
 */
function attribute(element, name) {
    return element.attrs.find((found) => found.name === name)?.value ?? "";
}

/** @param {readonly string[]} values */
function repeated(values) {
    return values.filter((value, index) => values.indexOf(value) !== index);
}

/**
 * The manifest's version 1.y.z for 0.y.z of the package: Microsoft's validation takes none below 1.0.
 *
 * @param {string} version
 */
function manifestVersion(version) {
    return version.replace(/^0\./, "1.");
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* heads(manifest, { version }) {
    const expected = /** @type {const} */ ([
        ["/o:OfficeApp/@xsi:type", /^MailApp$/],
        ["/o:OfficeApp/o:Id", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/],
        ["/o:OfficeApp/o:Version", new RegExp(`^${manifestVersion(version).replaceAll(".", "\\.")}\\.0$`)],
        // Microsoft's validation: "Manifest Version Too Low".
        ["/o:OfficeApp/o:Version", /^[1-9]/],
        ["/o:OfficeApp/o:SupportUrl/@DefaultValue", /^https:\/\/[^/]/],
        ["/o:OfficeApp/o:DefaultLocale", /^en-US$/],
        ["/o:OfficeApp/o:Permissions", /^ReadWriteItem$/],
        ["/o:OfficeApp/o:Requirements/o:Sets/o:Set/@Name", /^Mailbox$/],
        // With a higher version, Exchange on premises does not install it.
        ["/o:OfficeApp/o:Requirements/o:Sets/o:Set/@MinVersion", /^1\.5$/],
        ["/o:OfficeApp/v0:VersionOverrides/@xsi:type", /^VersionOverridesV1_0$/],
        ["/o:OfficeApp/v0:VersionOverrides/v1:VersionOverrides/@xsi:type", /^VersionOverridesV1_1$/],
        ["//v1:DesktopFormFactor/v1:SupportsSharedFolders", /^true$/],
    ]);
    for (const [xpath, pattern] of expected) {
        const text = manifest.one(xpath);
        if (!pattern.test(text)) {
            yield `${xpath} is ${text}`;
        }
    }
    if (manifest.find("//v0:Requirements | //v1:Requirements").length > 0) {
        yield "requirements in version overrides take the events away on premises";
    }
}

/** @param {Manifest} manifest */
function* resources(manifest) {
    /** @type {Map<string, string>} */
    const kinds = new Map();
    for (const resource of manifest.find("//v1:Resources/*/*")) {
        const id = attribute(resource, "id");
        if (kinds.has(id)) {
            yield `resource ${id} appears twice`;
        }
        if (id.length === 0 || id.length > 32) {
            yield `resource ${id} has no id of 1 to 32 characters`;
        }
        kinds.set(id, resource.parent?.name ?? "");
    }
    const used = new Set();
    for (const element of manifest.find("//*[@resid]")) {
        const id = attribute(element, "resid");
        used.add(id);
        if (kinds.get(id) !== KINDS[element.name]) {
            yield `${element.name} names ${id}, which is in ${kinds.get(id) ?? "no list"}`;
        }
    }
    for (const id of kinds.keys()) {
        if (!used.has(id)) {
            yield `resource ${id} is not used`;
        }
    }
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* controls(manifest, { commands }) {
    const ids = manifest.texts("//v1:Control/@id");
    const all = [...ids, ...manifest.texts("//v1:Group/@id")];
    for (const id of repeated(all)) {
        yield `the id ${id} appears twice`;
    }
    for (const id of all.filter((found) => found.length > 32)) {
        yield `the id ${id} is longer than 32 characters`;
    }
    for (const command of commands) {
        if (!ids.includes(command)) {
            yield `the script opens ${command}, which is not a control`;
        }
    }
    for (const id of ids) {
        if (!commands.has(id)) {
            yield `control ${id} is not used by the script`;
        }
    }
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* languages(manifest, facts) {
    const settings = [
        ...manifest.find("//bt:ShortStrings/bt:String | //bt:LongStrings/bt:String"),
        ...manifest.find("/o:OfficeApp/o:DisplayName | /o:OfficeApp/o:Description"),
    ];
    for (const setting of settings) {
        const place = attribute(setting, "id") || setting.name;
        const overrides = setting.find("*").filter((node) => node instanceof XmlElement);
        const list = setting.parent?.name ?? "";
        const limit = LIMITS[list] ?? (setting.name === "DisplayName" ? 125 : 250);
        const values = overrides.map((override) => attribute(override, "Value"));
        for (const value of [attribute(setting, "DefaultValue"), ...values]) {
            if (value.trim() === "" || value.length > limit) {
                yield `a text of ${place} has ${value.length} characters`;
            }
        }
        const tags = overrides.map((override) => attribute(override, "Locale"));
        for (const tag of repeated(tags)) {
            yield `${place} has two texts for ${tag}`;
        }
        for (const tag of tags.filter((found) => !/^[a-z]{2}-[A-Z]{2}$/.test(found))) {
            yield `${place} has a text for ${tag}, which Outlook does not know`;
        }
        // The product's name is the same everywhere.
        const name = manifest.one("//o:DisplayName/@DefaultValue");
        const isName = tags.length === 0 && attribute(setting, "DefaultValue") === name;
        for (const language of isName ? [] : facts.languages) {
            if (language !== "en" && !tags.some((tag) => tag.startsWith(`${language}-`))) {
                yield `${place} has no text for ${language}`;
            }
        }
    }
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* events(manifest, { functions }) {
    for (const [factor, expected] of Object.entries(EVENTS)) {
        const types = manifest.texts(`//v1:${factor}//v1:LaunchEvent/@Type`);
        // The list is final: a change needs every administrator's consent.
        if (types.join() !== expected.join()) {
            yield `${factor} has the events ${types.join()}`;
        }
    }
    for (const event of manifest.find("//v1:LaunchEvent")) {
        const [type, name] = [attribute(event, "Type"), attribute(event, "FunctionName")];
        if (!functions.has(name)) {
            yield `${type} calls ${name}, which the script does not associate`;
        }
        const mode = attribute(event, "SendMode");
        if ((mode !== "") !== SEND_EVENTS.includes(type)) {
            yield `${type} has the send mode '${mode}'`;
        }
    }
    const modes = new Set(manifest.texts("//v1:LaunchEvent/@SendMode"));
    if (modes.size > 1) {
        yield `messages and appointments have different send modes`;
    }
    const called = new Set(manifest.texts("//v1:LaunchEvent/@FunctionName"));
    for (const name of functions) {
        if (!called.has(name)) {
            yield `the script associates ${name}, which no event calls`;
        }
    }
    const runtime = manifest.one("//v1:Runtime/@resid");
    for (const source of manifest.texts("//v1:ExtensionPoint[v1:LaunchEvents]/v1:SourceLocation/@resid")) {
        if (source !== runtime) {
            yield `events run in ${source}, but the runtime is ${runtime}`;
        }
    }
    if (manifest.one("//v1:Runtime/v1:Override/@type") !== "javascript") {
        yield "classic Outlook has no script to run";
    }
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* addresses(manifest, { base, files }) {
    const urls = manifest.texts("//@*").filter((value) => /^\w+:\/\//.test(value));
    const own = urls.filter((url) => !Object.values(NAMESPACES).includes(url));
    if (own.length < 8) {
        yield "there are too few URLs";
    }
    for (const url of own) {
        if (!url.startsWith(`${base}/`) || !url.startsWith("https://")) {
            yield `${url} is not below ${base}`;
        } else if (!files.has(url.slice(base.length + 1))) {
            yield `${url} is not a file that ships`;
        }
    }
    const host = new URL(base).origin;
    for (const domain of manifest.texts("//o:AppDomain")) {
        if (domain !== host) {
            yield `the add-in may open ${domain}`;
        }
    }
    const names = /** @type {const} */ ([
        ["Runtime", "commands.html"],
        ["Override", "launchevent.js"],
    ]);
    for (const [element, file] of names) {
        const id = manifest.one(`//v1:Runtimes//v1:${element}/@resid`);
        const url = manifest.one(`//bt:Url[@id='${id}']/@DefaultValue`);
        if (path.posix.basename(url) !== file) {
            yield `${element} is ${url}`;
        }
    }
}

/**
 * @param {Manifest} manifest
 * @param {Facts} facts
 */
function* icons(manifest, { base, files }) {
    const wanted = [
        { size: 64, url: manifest.one("//o:IconUrl/@DefaultValue") },
        { size: 128, url: manifest.one("//o:HighResolutionIconUrl/@DefaultValue") },
    ];
    for (const image of manifest.find("//v1:Icon/bt:Image")) {
        const id = attribute(image, "resid");
        const url = manifest.one(`//bt:Images/bt:Image[@id='${id}']/@DefaultValue`);
        wanted.push({ size: Number(attribute(image, "size")), url });
    }
    for (const { size, url } of wanted) {
        const bytes = files.get(url.slice(base.length + 1));
        // The width and height of a PNG stand at a fixed place of its first chunk.
        const isPng = bytes?.subarray(1, 4).toString() === "PNG";
        const drawn = isPng ? [bytes?.readUInt32BE(16), bytes?.readUInt32BE(20)] : [];
        if (drawn.join() !== `${size},${size}`) {
            yield `the icon ${url} should be ${size} pixels wide and high, not ${drawn.join(" by ")}`;
        }
    }
    for (const icon of manifest.find("//v1:Icon")) {
        const sizes = icon.find("*/@size").map((node) => node.content);
        if (sizes.join() !== "16,32,80") {
            yield `a button has icons of ${sizes.join()}`;
        }
    }
}
