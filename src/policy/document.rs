//! The document: its members, their defaults and their limits.
//!
//! The doc comments below are the descriptions of the JSON Schema: they speak to administrators.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::gateway::GatewayOptions;
#[cfg(not(target_arch = "wasm32"))]
use super::limits;
use super::members::{known_reasons, unique_languages};
use super::number::any_integer;
use crate::verdict::{Reason, Severity};

/// A Milguard policy. Members that are left out have the default given with them; members that a
/// client doesn't know are ignored by it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields, title = "Milguard policy")
)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// Where an editor finds this schema. Milguard doesn't read it.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The name of the policy, as it appears in reports: letters, digits, `.`, `_` and `-`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(min = 1, max = limits::ID), regex(pattern = r"^[A-Za-z0-9._-]+$"))
    )]
    pub id: String,
    /// Counts up with every change.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(range(min = 1, max = limits::VERSION)))]
    #[serde(deserialize_with = "any_integer")]
    pub version: u64,
    /// Whether senders are warned and stopped, or findings are only reported.
    pub mode: Mode,
    /// What is protected.
    pub protected: Protected,
    /// Recipients that always pass: `*.ml` (any name below ml), `lemmy.ml` (exactly that domain),
    /// `bob@lemmy.ml` (one address); a leading `-` removes what the rest matches. Where both lists match, the
    /// more specific pattern wins, and `deny` if they are alike.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::PATTERNS), inner(length(min = 1, max = limits::PATTERN)))
    )]
    pub allow: Vec<String>,
    /// Recipients that are stopped, with the severity of `denied-by-policy`; written like `allow`.
    /// Protected domains always pass.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::PATTERNS), inner(length(min = 1, max = limits::PATTERN)))
    )]
    pub deny: Vec<String>,
    /// The severity of clear cases, for each reason that should differ from the built-in one.
    /// `malformed` and `unexpanded-group` cannot be `pass`: they stand for what cannot be judged.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(extend("propertyNames" = {"enum": Reason::ALL.map(Reason::as_str)}))
    )]
    #[serde(deserialize_with = "known_reasons")]
    pub severity: BTreeMap<Reason, Severity>,
    /// What senders may mute for themselves.
    pub mute: Mute,
    /// Whether a sender may send in spite of a finding.
    #[serde(rename = "override")]
    pub overrides: Overrides,
    /// Seconds before "send anyway" may be pressed, where the mail client can show them.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(range(max = limits::COUNTDOWN)))]
    #[serde(deserialize_with = "any_integer")]
    pub countdown: u32,
    /// Texts that replace the built-in ones, for each language (BCP 47, such as `en`, `de`,
    /// `pt-BR`). A language that is missing falls back to its first part, then to the built-in.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(extend("propertyNames" = {"pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"},
                        "maxProperties" = limits::LANGUAGES))
    )]
    #[serde(deserialize_with = "unique_languages")]
    pub texts: BTreeMap<String, Texts>,
    /// A page that explains the risk, offered with every warning. Without one, warnings link to the lesson that comes with
    /// the add-ins, if the client knows its address.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::URL), regex(pattern = "^https://[^\\s\"'<>\\\\^`{|}]+$"))
    )]
    pub training_url: Option<String>,
    /// What clients tell the server about warnings. Never subject, body or attachment names.
    pub reporting: Reporting,
    /// Classification and privacy markings in the message, which raise findings.
    pub markings: MarkingOptions,
    /// What happens when the check itself fails or takes too long.
    pub on_failure: OnFailure,
    /// What `milguard milter` does at the mail server, which cannot ask the sender.
    pub gateway: GatewayOptions,
    /// Paths that later layers may not change, such as `mode` or `override.block`; everything below
    /// them is locked as well.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::LOCKED), inner(length(min = 1, max = 200)))
    )]
    pub locked: Vec<String>,
}

impl Default for Policy {
    /// The preset `default`: warns, never blocks.
    fn default() -> Self {
        Self {
            schema: None,
            id: "default".to_owned(),
            version: 1,
            mode: Mode::default(),
            protected: Protected::default(),
            allow: Vec::new(),
            deny: Vec::new(),
            severity: BTreeMap::new(),
            mute: Mute::default(),
            overrides: Overrides::default(),
            countdown: 0,
            texts: BTreeMap::new(),
            training_url: None,
            reporting: Reporting::default(),
            markings: MarkingOptions::default(),
            on_failure: OnFailure::default(),
            gateway: GatewayOptions::default(),
            locked: Vec::new(),
        }
    }
}

/// Whether findings stop a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Senders are warned and stopped.
    #[default]
    Enforce,
    /// Senders see nothing; clients only report findings. Begin with this.
    Audit,
}

/// What is protected. Something must be: `.mil`, a suffix or a domain.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
#[serde(rename_all = "camelCase", default)]
pub struct Protected {
    /// Whether `.mil` is protected, with the names that Milguard knows below it.
    pub builtin: bool,
    /// Suffixes that are protected as well, with all names below them, without a leading dot: `mod.uk`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::SUFFIXES), inner(length(min = 1, max = 253)))
    )]
    pub suffixes: Vec<String>,
    /// Domains that are protected together with all names below them: `army.nl`,
    /// `contractor.example`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(length(max = limits::DOMAINS), inner(length(min = 1, max = 253)))
    )]
    pub domains: Vec<String>,
}

impl Default for Protected {
    fn default() -> Self {
        Self { builtin: true, suffixes: Vec::new(), domains: Vec::new() }
    }
}

/// What senders may mute for themselves.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mute {
    /// Nothing.
    Off,
    /// Single domains that are known to be real. A domain that resembles a known protected name cannot be
    /// muted.
    #[default]
    RealDomains,
}

/// Whether a sender may send in spite of a finding, for each severity that stops a message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
#[serde(rename_all = "camelCase", default)]
pub struct Overrides {
    /// If the highest severity is `warn`.
    pub warn: Override,
    /// If the highest severity is `block`.
    pub block: Override,
}

impl Default for Overrides {
    fn default() -> Self {
        Self { warn: Override::Allowed, block: Override::Never }
    }
}

/// Whether a sender may send anyway.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Override {
    /// Yes, with one click.
    Allowed,
    /// Yes, after giving a reason, which is reported.
    Justification,
    /// No: the recipient must be corrected or removed.
    Never,
}

/// The texts of one language. Plain text: markup is shown as it is written.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
#[serde(rename_all = "camelCase", default)]
pub struct Texts {
    /// The heading of a warning.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = limits::TITLE)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What a warning says above the recipients.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = limits::BODY)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What a warning says where sending is forbidden: whom to ask, for example.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = limits::BODY)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The question asked where a justification is wanted.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = limits::TITLE)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// The text of the link to `trainingUrl`, or to the lesson.
    #[cfg_attr(not(target_arch = "wasm32"), schemars(length(min = 1, max = limits::TITLE)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<String>,
}

/// What clients report. Each level includes the ones before it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reporting {
    /// Nothing.
    Off,
    /// That there was a warning, its reasons and what the sender did.
    #[default]
    Counts,
    /// Also the domain of the recipient.
    Domain,
    /// Also the whole address of the recipient.
    Address,
}

/// Markings looked for in subject, body and attachment names. They raise an existing finding
/// and never create one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    derive(schemars::JsonSchema),
    schemars(deny_unknown_fields)
)]
#[serde(rename_all = "camelCase", default)]
pub struct MarkingOptions {
    /// Whether clients look for markings at all.
    pub enabled: bool,
    /// Words and phrases of your own, such as a project's name. Found as whole words, in any case.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        schemars(
            length(max = limits::WORDS),
            inner(length(min = limits::WORD_MIN, max = limits::WORD_MAX))
        )
    )]
    pub words: Vec<String>,
}

impl Default for MarkingOptions {
    fn default() -> Self {
        Self { enabled: true, words: Vec::new() }
    }
}

/// What happens when the check itself fails or takes too long.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The sender is told and decides.
    #[default]
    Ask,
    /// The message goes out.
    Allow,
    /// The message stays until the check works.
    Block,
}
