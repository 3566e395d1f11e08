//! Checks a policy, and compiles its lists for the checker.

use super::document::{MarkingOptions, Policy, Protected, Texts};
use super::error::PolicyError;
use super::limits;
use super::name;
use super::pattern::Patterns;
use crate::text::invisible::{self, Invisible};
use crate::verdict::{Reason, Severity};

/// The suffix that `protected.builtin` adds.
const BUILTIN_SUFFIX: &str = "mil";

/// The most problems to list. A document with more is probably not a policy.
const MAX_PROBLEMS: usize = 1_000;

/// A policy's lists, ready to look up.
#[derive(Clone, Debug, Default)]
pub struct CompiledPolicy {
    /// Lower-case A-labels, each suffix once; the first is `mil` if `builtin` is set.
    pub protected: Protected,
    /// The allow list.
    pub allow: Patterns,
    /// The deny list.
    pub deny: Patterns,
}

/// The list that decides.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Listed {
    /// The allow list.
    Allow,
    /// The deny list.
    Deny,
}

impl CompiledPolicy {
    /// The list that decides about an address, if any: the one with the more specific pattern, and
    /// `deny` if both are equally specific. `domain` is in lower-case A-labels. The caller lets
    /// protected domains pass first.
    pub fn listed(&self, local_part: &str, domain: &str) -> Option<Listed> {
        let allow = self.allow.matches(local_part, domain);
        let deny = self.deny.matches(local_part, domain);
        match (allow, deny) {
            (None, None) => None,
            (allow, deny) if deny >= allow => Some(Listed::Deny),
            _ => Some(Listed::Allow),
        }
    }
}

impl Policy {
    /// Checks the document.
    ///
    /// # Errors
    ///
    /// The first error.
    pub fn validate(&self) -> Result<(), PolicyError> {
        self.compile().map(drop)
    }

    /// Checks the document and compiles its lists.
    ///
    /// # Errors
    ///
    /// The first error.
    pub fn compile(&self) -> Result<CompiledPolicy, PolicyError> {
        let mut problems = Problems::default();
        let compiled = self.compile_all(&mut problems);
        problems.first().map(|()| compiled)
    }

    /// All errors of the document, at most 1,000, in the order of its members.
    pub fn problems(&self) -> Vec<PolicyError> {
        let mut problems = Problems::default();
        self.compile_all(&mut problems);
        problems.0
    }

    fn compile_all(&self, problems: &mut Problems) -> CompiledPolicy {
        self.check_identity(problems);
        let protected = self.check_protected(problems);
        let allow = check_patterns("allow", &self.allow, problems);
        let deny = check_patterns("deny", &self.deny, problems);
        self.check_severity(problems);
        if self.countdown > limits::COUNTDOWN {
            problems.add("countdown", "is too long: 0 to 60 seconds are allowed");
        }
        self.check_texts(problems);
        if self.training_url.as_deref().is_some_and(|url| !is_https_url(url)) {
            problems.add(
                "trainingUrl",
                "is not an https:// address in ASCII, without user name and spaces, of at most \
                 2,000 characters",
            );
        }
        check_words(&self.markings, problems);
        if self.gateway.send_anyway_tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            problems.add(
                "gateway.sendAnywayTag",
                "must be 3 to 40 printable ASCII characters, without a space at either end",
            );
        }
        problems.check_count("locked", self.locked.len(), limits::LOCKED);
        CompiledPolicy { protected, allow, deny }
    }

    fn check_identity(&self, problems: &mut Problems) {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".chars().any(|it| it == c);
        if self.id.is_empty() || self.id.len() > limits::ID || !self.id.chars().all(plain) {
            problems.add("id", "must be 1 to 64 letters, digits, \".\", \"_\" or \"-\"");
        }
        if !(1..=limits::VERSION).contains(&self.version) {
            problems.add("version", "must be a whole number from 1 to 9007199254740991");
        }
    }

    fn check_protected(&self, problems: &mut Problems) -> Protected {
        let Protected { builtin, suffixes, domains } = &self.protected;
        if !builtin && suffixes.is_empty() && domains.is_empty() {
            let message = "protects nothing: keep builtin, or name at least one suffix or domain";
            problems.add("protected", message);
        }
        let message = "is not a suffix; write it without a leading dot and without \"*\": mod.uk, \
                       nato.int";
        let suffixes =
            check_names("protected.suffixes", suffixes, limits::SUFFIXES, problems, |name| {
                name.ok_or(message)
            });
        let message = "is not a domain; write at least two labels, without \"*\" and \"@\": \
                       army.nl";
        let domains =
            check_names("protected.domains", domains, limits::DOMAINS, problems, |name| {
                name.filter(|name| name.as_bytes().contains(&b'.')).ok_or(message)
            });
        let builtin = builtin.then(|| BUILTIN_SUFFIX.to_owned());
        let mut all: Vec<String> = builtin.into_iter().collect();
        for suffix in suffixes {
            if !all.contains(&suffix) {
                all.push(suffix);
            }
        }
        Protected { builtin: self.protected.builtin, suffixes: all, domains }
    }

    fn check_severity(&self, problems: &mut Problems) {
        for reason in [Reason::Malformed, Reason::UnexpandedGroup] {
            if self.severity.get(&reason) == Some(&Severity::Pass) {
                problems.add(
                    ["severity.", reason.as_str()].concat(),
                    "must be notice, warn or block: what cannot be judged never passes",
                );
            }
        }
    }

    fn check_texts(&self, problems: &mut Problems) {
        problems.check_count("texts", self.texts.len(), limits::LANGUAGES);
        for (language, texts) in &self.texts {
            if !is_language_tag(language) {
                problems.add(
                    ["texts.", language].concat(),
                    "is not a language; write a BCP 47 tag such as en, de, pt-BR",
                );
            }
            let Texts { title, body, blocked, justification, training } = texts;
            let members = [
                ("title", title, limits::TITLE),
                ("body", body, limits::BODY),
                ("blocked", blocked, limits::BODY),
                ("justification", justification, limits::TITLE),
                ("training", training, limits::TITLE),
            ];
            for (member, text, max) in members {
                if text.as_deref().is_some_and(|text| !is_plain_text(text, max)) {
                    problems.add(
                        ["texts.", language, ".", member].concat(),
                        [
                            "must be 1 to ",
                            &max.to_string(),
                            " characters of plain text, without control and direction characters",
                        ]
                        .concat(),
                    );
                }
            }
        }
    }
}

/// The path of an entry of the list at `path`.
fn entry(path: &str, index: usize) -> String {
    [path, "[", &index.to_string(), "]"].concat()
}

/// The errors so far.
#[derive(Default)]
struct Problems(Vec<PolicyError>);

impl Problems {
    fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.push(PolicyError::new(path, message));
    }

    fn push(&mut self, problem: PolicyError) {
        if self.0.len() < MAX_PROBLEMS {
            self.0.push(problem);
        }
    }

    fn first(self) -> Result<(), PolicyError> {
        self.0.into_iter().next().map_or(Ok(()), Err)
    }

    fn check_count(&mut self, path: &str, count: usize, max: usize) {
        if count > max {
            let [count, max] = [count, max].map(|number| number.to_string());
            let message = ["has ", &count, " entries; at most ", &max, " are allowed"];
            self.add(path, message.concat());
        }
    }
}

fn check_names(
    path: &str,
    list: &[String],
    max: usize,
    problems: &mut Problems,
    check: impl Fn(Option<String>) -> Result<String, &'static str>,
) -> Vec<String> {
    problems.check_count(path, list.len(), max);
    let mut names = Vec::with_capacity(list.len());
    for (index, written) in list.iter().enumerate() {
        match check(name::to_ascii(written)) {
            Ok(name) => names.push(name),
            Err(message) => {
                let written: String = written.chars().take(80).collect();
                problems.add(entry(path, index), ["\"", &written, "\" ", message].concat());
            }
        }
    }
    names
}

fn check_patterns(path: &str, list: &[String], problems: &mut Problems) -> Patterns {
    problems.check_count(path, list.len(), limits::PATTERNS);
    Patterns::compile_each(list, |error| {
        problems.add(entry(path, error.index), error.message());
    })
}

/// Checks `markings.words` alone, for the code that compiles them.
pub(crate) fn check_marking_words(markings: &MarkingOptions) -> Result<(), PolicyError> {
    let mut problems = Problems::default();
    check_words(markings, &mut problems);
    problems.first()
}

fn check_words(markings: &MarkingOptions, problems: &mut Problems) {
    problems.check_count("markings.words", markings.words.len(), limits::WORDS);
    for (index, word) in markings.words.iter().enumerate() {
        let letters = word.chars().filter(|&c| c.is_ascii_alphanumeric() || c >= '\u{c0}').count();
        if letters < limits::WORD_MIN
            || word.as_bytes().contains(&b'\n')
            || !is_plain_text(word, limits::WORD_MAX)
        {
            problems.add(
                entry("markings.words", index),
                "must be at most 100 characters with at least 3 letters or digits, on one line",
            );
        }
    }
}

/// Whether a text is not empty, has no control characters, and nothing that reorders the text around it (UAX #9 §2).
fn is_plain_text(text: &str, max: usize) -> bool {
    let hidden =
        |c: char| matches!(invisible::kind(c), Some(Invisible::Control | Invisible::Direction));
    !text.trim().is_empty()
        && text.chars().take(max + 1).count() <= max
        && !text.chars().any(|c| c != '\n' && hidden(c))
}

/// Text that a sender can type into a subject and that no mail program encodes.
fn is_tag(tag: &str) -> bool {
    (3..=limits::TAG).contains(&tag.len())
        && tag.trim() == tag
        && tag.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// The shape of a BCP 47 tag (RFC 5646 §2.1) that begins with a language.
fn is_language_tag(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let language = subtags.next().unwrap_or_default();
    tag.len() <= 35
        && (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_lowercase())
        && subtags
            .all(|s| (2..=8).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// `https` and an authority without user information (RFC 3986 §3.2), only characters that a URL
/// may hold, so that no page has to repair it.
fn is_https_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, port)| {
        if port.bytes().all(|b| b.is_ascii_digit()) { host } else { authority }
    });
    let literal = host.starts_with('[') && host.ends_with(']');
    url.len() <= limits::URL
        && url.bytes().all(|b| b.is_ascii_graphic() && !b"\"'<>\\^`{|}".contains(&b))
        && !authority.as_bytes().contains(&b'@')
        && (literal || name::to_ascii(host).is_some())
}
