//! The manifest of the Outlook add-in.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    str::FromStr,
};

use super::{Origin, escape};

/// The whole template, so that a person can read the manifest in one place. Rendering replaces
/// `{{…}}` by escaped text, and a line `{{overrides KEY}}` by one line for each language.
pub(super) const TEMPLATE: &str = include_str!("manifest.xml");

/// The texts of the pages that the manifest uses too.
const TEXTS: [(&str, usize); 3] = [
    ("outlookManifestButton", SHORT),
    ("outlookManifestDescription", LONG),
    ("outlookManifestTip", LONG),
];

/// The longest short and long text that the schema allows.
const SHORT: usize = 125;
const LONG: usize = 250;

/// Outlook's language tags and the folders of messages. Outlook matches tags as a whole, so each
/// region with a display language in Office needs a row.
const LANGUAGES: [(&str, &str); 12] = [
    ("de-DE", "de"),
    ("es-ES", "es"),
    ("es-MX", "es"),
    ("fr-CA", "fr"),
    ("fr-FR", "fr"),
    ("it-IT", "it"),
    ("ja-JP", "ja"),
    ("ko-KR", "ko"),
    ("nl-NL", "nl"),
    ("pl-PL", "pl"),
    ("pt-BR", "pt_BR"),
    ("pt-PT", "pt_BR"),
];

/// The folder of the language for all other clients.
const DEFAULT_LANGUAGE: &str = "en";

/// The options of a manifest.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ManifestOptions {
    /// Where the pages are.
    pub origin: Origin,
    /// What Outlook does when the add-in wants a message held back, or does not answer.
    pub send_mode: SendMode,
    /// The id that distinguishes this add-in from others.
    pub id: AddinId,
    /// The name that users see.
    pub name: DisplayName,
    /// The version. It must grow with each change, or Outlook keeps the old manifest.
    pub version: AddinVersion,
    /// The address of help for users. Without one, the pane's page says in their language how to open it.
    pub support: Option<Origin>,
}

impl ManifestOptions {
    /// The address of help for users.
    pub(super) fn support_url(&self) -> String {
        self.support.as_ref().map_or_else(
            || format!("{}/outlook/taskpane.html", self.origin.base()),
            |url| url.base().to_owned(),
        )
    }
}

/// The texts of all pages: folder of the language, key, text.
pub type Messages = BTreeMap<String, BTreeMap<String, String>>;

/// Writes the manifest.
///
/// # Errors
///
/// When a language lacks a text, or a text is too long for a manifest.
pub fn render_manifest(
    options: &ManifestOptions,
    messages: &Messages,
) -> Result<String, ManifestError> {
    let mut values = BTreeMap::from([
        ("base", options.origin.base().to_owned()),
        ("supportUrl", options.support_url()),
        ("origin", options.origin.host().to_owned()),
        ("sendMode", options.send_mode.as_str().to_owned()),
        ("id", options.id.0.clone()),
        ("name", options.name.0.clone()),
        ("version", options.version.to_string()),
    ]);
    let mut overrides: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for (key, limit) in TEXTS {
        values.insert(key, text(messages, DEFAULT_LANGUAGE, key, limit)?.to_owned());
        for (tag, language) in LANGUAGES {
            let text = text(messages, language, key, limit)?;
            overrides.entry(key).or_default().push((tag, text));
        }
    }
    let mut out = String::with_capacity(2 * TEMPLATE.len());
    for line in TEMPLATE.lines() {
        let trimmed = line.trim_start();
        let indent = line.strip_suffix(trimmed).unwrap_or_default();
        let directive = trimmed.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        if let Some((element, key)) = directive.and_then(|directive| directive.split_once(' ')) {
            let element = if element.starts_with("bt:") { "bt:Override" } else { "Override" };
            for (tag, text) in overrides.get(key).into_iter().flatten() {
                let text = escape::xml(text);
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{indent}<{element} Locale=\"{tag}\" Value=\"{text}\"/>");
            }
        } else {
            fill(&mut out, line, &values);
            out.push('\n');
        }
    }
    Ok(out)
}

/// A text in the language for all other clients.
pub(super) fn english<'a>(
    messages: &'a Messages,
    key: &'static str,
    limit: usize,
) -> Result<&'a str, ManifestError> {
    text(messages, DEFAULT_LANGUAGE, key, limit)
}

fn text<'a>(
    messages: &'a Messages,
    language: &str,
    key: &'static str,
    limit: usize,
) -> Result<&'a str, ManifestError> {
    let text = messages.get(language).and_then(|texts| texts.get(key));
    let error = |what| ManifestError { language: language.to_owned(), key, what };
    let text = text.ok_or_else(|| error("is missing"))?;
    if text.encode_utf16().count() > limit {
        return Err(error("is too long for a manifest"));
    }
    Ok(text)
}

/// Copies a line of the template and fills its places.
fn fill(out: &mut String, line: &str, values: &BTreeMap<&str, String>) {
    let mut rest = line;
    while let Some((before, place, after)) = next_place(rest) {
        out.push_str(before);
        // A place without a value stays as it is, so that a test finds it.
        let value = values.get(place).map(|value| escape::xml(value));
        out.push_str(&value.unwrap_or_else(|| format!("{{{{{place}}}}}")));
        rest = after;
    }
    out.push_str(rest);
}

fn next_place(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once("{{")?;
    let (place, after) = rest.split_once("}}")?;
    Some((before, place, after))
}

/// Why the manifest cannot be written: the pages' texts do not fit this program.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManifestError {
    language: String,
    key: &'static str,
    what: &'static str,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text {} in _locales/{} {}", self.key, self.language, self.what)
    }
}

impl std::error::Error for ManifestError {}

/// What Outlook does when the add-in holds a message back or cannot answer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum SendMode {
    /// The sender decides, even if the add-in cannot answer.
    #[default]
    PromptUser,
    /// The sender cannot send what the add-in holds back; an outage lets mail pass.
    SoftBlock,
    /// Only mail that the add-in has passed leaves: an outage stops all mail.
    Block,
}

impl SendMode {
    /// Every mode, mildest first.
    pub const ALL: [Self; 3] = [Self::PromptUser, Self::SoftBlock, Self::Block];

    /// The name that manifests use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PromptUser => "PromptUser",
            Self::SoftBlock => "SoftBlock",
            Self::Block => "Block",
        }
    }
}

/// A UUID in lower case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AddinId(String);

impl Default for AddinId {
    fn default() -> Self {
        Self("16353f2f-4825-43d7-8633-f9841751788e".to_owned())
    }
}

impl fmt::Display for AddinId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AddinId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let groups = text.split('-').map(|group| {
            let is_hex = group.bytes().all(|byte| byte.is_ascii_hexdigit());
            if is_hex { group.len() } else { 0 }
        });
        if groups.eq([8, 4, 4, 4, 12]) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("expected a UUID, such as uuidgen prints")
        }
    }
}

/// The add-in's name: 1 to 125 characters, none of them a control.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DisplayName(String);

impl Default for DisplayName {
    fn default() -> Self {
        Self("Milguard".to_owned())
    }
}

impl DisplayName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DisplayName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        if name.is_empty() {
            return Err("the name is empty");
        }
        if name.encode_utf16().count() > SHORT {
            return Err("the name is longer than 125 characters");
        }
        if name.chars().any(char::is_control) {
            return Err("the name has a control character");
        }
        Ok(Self(name.to_owned()))
    }
}

/// One to four numbers up to 65535, written with four, and 1.0 or more: Microsoft's validation refuses a lower
/// version, and Office has been seen to drop such an add-in without a word.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AddinVersion([u16; 4]);

impl Default for AddinVersion {
    /// The package's version; `1.y.z` for `0.y.z`, which is not allowed here. A version 1 of the package has to have a
    /// minor version above that of the last version 0, since Office takes no lower version than it has.
    fn default() -> Self {
        let [major, minor, patch, revision] =
            parse_numbers(env!("CARGO_PKG_VERSION")).unwrap_or([1, 0, 0, 0]);
        Self([major.max(1), minor, patch, revision])
    }
}

impl AddinVersion {
    /// The first three numbers, as the JSON form of a manifest takes them.
    pub(super) fn semantic(self) -> String {
        let [major, minor, patch, _] = self.0;
        format!("{major}.{minor}.{patch}")
    }
}

impl FromStr for AddinVersion {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match parse_numbers(text) {
            None => Err("expected up to four numbers, such as 1.2.0 or 1.2.0.1"),
            Some([0, ..]) => Err("Microsoft refuses versions below 1.0"),
            Some(version) => Ok(Self(version)),
        }
    }
}

/// Reads up to four numbers with dots between them; missing ones are 0.
fn parse_numbers(text: &str) -> Option<[u16; 4]> {
    let mut version = [0; 4];
    let mut places = version.iter_mut();
    for part in text.split('.') {
        let place = places.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *place = part.parse().ok()?;
    }
    Some(version)
}

impl fmt::Display for AddinVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch, revision] = self.0;
        write!(f, "{major}.{minor}.{patch}.{revision}")
    }
}
