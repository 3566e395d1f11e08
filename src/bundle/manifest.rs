//! The manifest of the Outlook add-in.

use std::{collections::BTreeMap, fmt, str::FromStr};

use askama::Template;

use super::{Origin, escape::Xml};

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
    /// The address of help for users. Without one, the manifest names the pane's own page, which
    /// tells users in their language how to open the pane.
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

/// The whole manifest in one place, for people to read. Every value is escaped by its type.
#[derive(Template)]
#[template(path = "manifest.xml", escape = "none")]
struct Manifest<'a> {
    base: Xml<'a>,
    support_url: Xml<'a>,
    origin: Xml<'a>,
    send_mode: Xml<'a>,
    id: Xml<'a>,
    name: Xml<'a>,
    version: Xml<'a>,
    button: Text<'a>,
    description: Text<'a>,
    tip: Text<'a>,
}

/// A text of the pages in every language.
struct Text<'a> {
    english: Xml<'a>,
    /// In the other languages, by Outlook's tag.
    others: Vec<(&'static str, Xml<'a>)>,
}

impl<'a> Text<'a> {
    fn new(messages: &'a Messages, key: &'static str, limit: usize) -> Result<Self, ManifestError> {
        let english = Xml(text(messages, DEFAULT_LANGUAGE, key, limit)?);
        let in_language = |(tag, language)| Ok((tag, Xml(text(messages, language, key, limit)?)));
        Ok(Self {
            english,
            others: LANGUAGES.into_iter().map(in_language).collect::<Result<_, _>>()?,
        })
    }
}

/// Writes the manifest.
///
/// # Errors
///
/// When a language lacks a text, or a text is too long for a manifest.
pub fn render_manifest(
    options: &ManifestOptions,
    messages: &Messages,
) -> Result<String, ManifestError> {
    let manifest = Manifest {
        base: Xml(options.origin.base()),
        support_url: Xml(&options.support_url()),
        origin: Xml(options.origin.host()),
        send_mode: Xml(options.send_mode.as_str()),
        id: Xml(&options.id.0),
        name: Xml(&options.name.0),
        version: Xml(&options.version.to_string()),
        button: Text::new(messages, "outlookManifestButton", SHORT)?,
        description: Text::new(messages, "outlookManifestDescription", LONG)?,
        tip: Text::new(messages, "outlookManifestTip", LONG)?,
    };
    // Writing to a string does not fail. A file ends with the end of a line, which templates drop.
    Ok(manifest.render().unwrap_or_default() + "\n")
}

/// A text in English, the language for clients in any language that the manifest lacks.
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

/// Why the manifest cannot be written: the pages' texts do not fit this program.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the text {key} in _locales/{language} {what}")]
pub struct ManifestError {
    language: String,
    key: &'static str,
    what: &'static str,
}

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

codes! {
    /// Every mode, mildest first.
    pub ALL,
    /// The name that manifests use.
    pub as_str of SendMode {
        PromptUser: "PromptUser",
        SoftBlock: "SoftBlock",
        Block: "Block",
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

/// The add-in's name: 1 to 125 characters, none of them a control character.
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
    /// The package's version; `1.y.z` for `0.y.z`, which is not allowed here. The first version 1
    /// of the package needs a minor version above that of the last version 0, because Office
    /// accepts no version below the one that it has.
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
