//! Privacy and classification markings in subject, body and attachment names.
//!
//! `data/markings.tsv` lists the texts and explains the rules; a policy adds its own words. A
//! marking raises an existing finding and never creates one. So the rules look for the forms that
//! people write, and need no proof. They do not look for masked numbers (`XXX-XX-1234`), markings
//! inside pictures or attachments, or names of codewords.
//!
//! One pass over the text; at each word, only the entries with the same beginning are compared.

mod number;
mod rows;
mod text;

use std::ops::Range;

use number::Numbers;
use rows::Groups;
use text::{head, is_word, prefix_len};

use crate::chains::{Chains, hash};
use crate::policy::{MarkingOptions, PolicyError, check_marking_words};

/// How many bytes of a text are searched. Markings stand at the top and at the head of each part;
/// without a limit, a huge body would delay the sender.
pub const MAX_TEXT: usize = 1 << 20;

/// How many characters of a line are read beside a banner, which may be decorated: `***** CUI
/// *****`.
const LINE: usize = 64;

/// The meaning of a marking.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MarkingKind {
    /// Classified information, of the United States or an ally.
    Classification,
    /// Controlled unclassified information.
    Cui,
    /// Other limits on dissemination: ORCON, LES.
    Dissemination,
    /// Distribution statement B to F.
    Distribution,
    /// A DoD identification number.
    Edipi,
    /// Export-controlled technical data.
    Export,
    /// A form that holds personal records.
    Form,
    /// For official use only.
    Fouo,
    /// Not for foreign nationals.
    Noforn,
    /// A passport number.
    Passport,
    /// A word of the policy.
    Policy,
    /// Privacy Act, PII or health information.
    Privacy,
    /// A social security number.
    Ssn,
}

impl MarkingKind {
    const ALL: [Self; 13] = [
        Self::Classification,
        Self::Cui,
        Self::Dissemination,
        Self::Distribution,
        Self::Edipi,
        Self::Export,
        Self::Form,
        Self::Fouo,
        Self::Noforn,
        Self::Passport,
        Self::Policy,
        Self::Privacy,
        Self::Ssn,
    ];

    fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == code)
    }

    /// The code, as in `data/markings.tsv`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Cui => "cui",
            Self::Dissemination => "dissemination",
            Self::Distribution => "distribution",
            Self::Edipi => "edipi",
            Self::Export => "export",
            Self::Form => "form",
            Self::Fouo => "fouo",
            Self::Noforn => "noforn",
            Self::Passport => "passport",
            Self::Policy => "policy",
            Self::Privacy => "privacy",
            Self::Ssn => "ssn",
        }
    }
}

/// A marking that was found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Marking {
    /// What the marking means.
    pub kind: MarkingKind,
    /// The place of the marking in the text, in bytes.
    pub span: Range<usize>,
}

/// The compiled markings of a policy.
///
/// ```
/// use milguard::detect::markings::{MarkingKind, Markings};
/// use milguard::policy::MarkingOptions;
///
/// let options = MarkingOptions { words: vec!["Project Ptarmigan".into()], ..Default::default() };
/// let markings = Markings::compile(&options)?;
/// let found = markings.find("Roster, SSN 219-09-9999").expect("a number beside its word");
/// assert_eq!((found.kind, found.span), (MarkingKind::Ssn, 12..23));
/// assert!(markings.find("project ptarmigan").is_some_and(|it| it.kind == MarkingKind::Policy));
/// assert_eq!(markings.find("Victoria's secret"), None);
/// # Ok::<(), milguard::policy::PolicyError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Markings {
    enabled: bool,
    /// The policy's own words.
    words: Vec<String>,
    /// The places of `words`, found by the words' `head`.
    by_head: Chains,
}

#[derive(Clone, Copy, Debug)]
struct ListedMarking<'a> {
    rule: Rule,
    /// The code of the marking's kind.
    kind: &'a str,
    text: &'a str,
    values: &'static str,
}

/// The condition on the text around an entry; see `data/markings.tsv`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rule {
    Any,
    Exact,
    Line,
    Bracket,
    Portion,
    Slashes,
    Control,
    Label,
    List,
    Number,
    Near,
}

impl Rule {
    fn parse(code: &str) -> Option<Self> {
        Some(match code {
            "any" => Self::Any,
            "exact" => Self::Exact,
            "line" => Self::Line,
            "bracket" => Self::Bracket,
            "portion" => Self::Portion,
            "slashes" => Self::Slashes,
            "control" => Self::Control,
            "label" => Self::Label,
            "list" => Self::List,
            "number" => Self::Number,
            "near" => Self::Near,
            _ => return None,
        })
    }

    /// Whether upper and lower case count as equal.
    const fn folds(self) -> bool {
        matches!(self, Self::Any | Self::Number | Self::Near)
    }
}

impl Markings {
    /// Compiles the policy's own markings; the built-in ones need no work. Finds nothing if markings are
    /// switched off.
    ///
    /// # Errors
    ///
    /// When an entry of `words` is too short, too long or not one line of plain text.
    pub fn compile(options: &MarkingOptions) -> Result<Self, PolicyError> {
        check_marking_words(options)?;
        let mut markings = Self { enabled: options.enabled, ..Self::default() };
        for word in &options.words {
            let word = word.trim_matches(|c| !is_word(c));
            if !word.is_empty() {
                markings.by_head.push(head_hash(word));
                markings.words.push(word.to_owned());
            }
        }
        Ok(markings)
    }

    /// The first marking in `text`, of which [`MAX_TEXT`] bytes are searched.
    pub fn find(&self, text: &str) -> Option<Marking> {
        if !self.enabled {
            return None;
        }
        let text = text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text);
        let (mut numbers, mut groups) = (Numbers::default(), Groups::default());
        let mut in_word = false;
        for (at, c) in text.char_indices() {
            let starts = is_word(c) && !in_word;
            in_word = is_word(c);
            if !starts {
                continue;
            }
            let (before, rest) = text.split_at_checked(at)?;
            let found = numbers
                .number(before, rest)
                .or_else(|| self.at_word(before, rest, &mut numbers, &mut groups));
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// The marking at the beginning of `rest`.
    fn at_word(
        &self,
        before: &str,
        rest: &str,
        numbers: &mut Numbers,
        groups: &mut Groups,
    ) -> Option<Marking> {
        if !self.words.is_empty() {
            for number in self.by_head.get(head_hash(rest)) {
                let Some(text) = self.words.get(number) else { continue };
                let kind = MarkingKind::Policy.as_str();
                let entry = ListedMarking { rule: Rule::Any, kind, text, values: "" };
                let len = prefix_len(rest, text, true);
                if let Some(marking) = len.and_then(|len| entry.find(before, rest, len, numbers)) {
                    return Some(marking);
                }
            }
        }
        // Rows with the same text follow one another, so it is compared once: that is most of the work.
        let mut compared = ("", false, None);
        for entry in groups.at(rest) {
            let folds = entry.rule.folds();
            if (entry.text, folds) != (compared.0, compared.1) {
                compared = (entry.text, folds, prefix_len(rest, entry.text, folds));
            }
            let Some(len) = compared.2 else { continue };
            if let Some(marking) = entry.find(before, rest, len, numbers) {
                return Some(marking);
            }
        }
        None
    }
}

impl ListedMarking<'_> {
    /// The marking at the beginning of `rest`, if the entry's rule fits. `len` bytes of `rest` read as
    /// the entry's text.
    fn find(&self, before: &str, rest: &str, len: usize, numbers: &mut Numbers) -> Option<Marking> {
        let len = self.len_at(before, rest, len)?;
        let (kind, span) = (MarkingKind::parse(self.kind)?, before.len()..before.len() + len);
        if self.rule == Rule::Near {
            numbers.word(kind, span)
        } else {
            Some(Marking { kind, span })
        }
    }

    /// How many bytes of `rest` belong to the marking, if it begins there with `len` bytes of its text.
    fn len_at(&self, before: &str, rest: &str, len: usize) -> Option<usize> {
        let after = rest.get(len..)?;
        if self.text.ends_with(is_word) && after.starts_with(is_word) && self.rule != Rule::Number {
            return None;
        }
        let fits = match self.rule {
            Rule::Any | Rule::Exact | Rule::Near => true,
            Rule::Line => is_line_end(before.chars().rev()) && is_line_end(after.chars()),
            Rule::Bracket => {
                before.ends_with(['(', '[', '{']) && after.starts_with([')', ']', '}'])
            }
            // `(S) The unit` begins with a portion mark; `Typescript (TS)` has none.
            Rule::Portion => {
                let starts = before.strip_suffix('(').is_some_and(starts_line);
                let follows = after.strip_prefix(") ").unwrap_or_default();
                starts && follows.starts_with(|c: char| c.is_ascii_uppercase())
            }
            Rule::Slashes => {
                let banner = after.trim_start_matches(' ').strip_prefix("//");
                banner.is_some_and(|b| b.trim_start().starts_with(|c: char| c.is_ascii_uppercase()))
            }
            Rule::Control => before.ends_with("//") && !before.ends_with("://"),
            Rule::Label => is_label(after),
            Rule::List | Rule::Number => return self.value_len(after).map(|value| len + value),
        };
        fits.then_some(len)
    }

    /// How many bytes of `after` are a separator and one of the values.
    fn value_len(&self, after: &str) -> Option<usize> {
        let (separators, least, most) = match self.rule {
            Rule::List => ("-_/", 1, 1),
            _ => (" -_.:#", 0, 2),
        };
        let separator = after.chars().take_while(|&c| separators.chars().any(|it| it == c)).count();
        let rest = after.get(separator..).filter(|_| (least..=most).contains(&separator))?;
        let token = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let token =
            rest.get(..token).filter(|_| !rest.get(token..).unwrap_or("").starts_with(is_word))?;
        let fits = self.values.split(' ').any(|value| match value {
            "#" => (1..=5).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_digit()),
            _ if self.rule.folds() => token.eq_ignore_ascii_case(value),
            _ => token == value,
        });
        fits.then_some(separator + token.len())
    }
}

/// The key by which entries are found for a word.
fn head_hash(text: &str) -> u32 {
    let (first, second) = head(text);
    hash(u32::from(first).to_le_bytes().into_iter().chain(u32::from(second).to_le_bytes()))
}

/// Whether the last line of `before` has only numbering and signs of quotation (`>`).
fn starts_line(before: &str) -> bool {
    let marks = |c: char| matches!(c, ' ' | '\t' | '>' | '*' | '-' | '.') || c.is_ascii_digit();
    let rest = before.trim_end_matches(marks);
    rest.is_empty() || rest.ends_with(['\n', '\r'])
}

/// Whether the line ends before the next word.
fn is_line_end(chars: impl Iterator<Item = char>) -> bool {
    for (count, c) in chars.enumerate() {
        if c == '\n' || c == '\r' {
            return true;
        }
        if is_word(c) || count > LINE {
            return false;
        }
    }
    true
}

/// `: Roster` or ` - roster`; not `: RO123`, where CUI is a Romanian tax number.
fn is_label(after: &str) -> bool {
    let after = after.trim_start_matches(' ');
    let mut word =
        after.strip_prefix([':', '-']).unwrap_or_default().trim_start_matches(' ').chars();
    after.starts_with([':', '-'])
        && word.next().is_some_and(|c| c.is_ascii_alphabetic())
        && word.next().is_some_and(|c| c.is_ascii_lowercase())
}
