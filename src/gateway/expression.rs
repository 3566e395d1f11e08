//! The condition of a rule, and its regular expression.
//!
//! The expressions use only what POSIX extended expressions and PCRE share with the same meaning: groups,
//! alternatives, `*`, `?`, brackets, anchors. Their groups have fixed numbers, so that an answer can name
//! the suggested address: 1 is the local part, 3 the hosts, 5 the name; no answer uses 2 and 4. No
//! slash is unescaped, since it ends an expression in Postfix.

use std::collections::BTreeMap;

/// The longest expression that is written in one piece: PCRE compiles to 64 KiB at most.
pub(super) const LONGEST: usize = 6_000;

/// A matcher for addresses whose domain is in lower-case A-labels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Expression {
    /// One of these whole addresses or domains, or anything that ends in one.
    Listed {
        /// The literal text of the entry.
        entries: Vec<String>,
        /// The text before the entry.
        before: Before,
    },
    /// A domain in parts; see [`Parts`].
    Parts(Parts),
    /// An expression for the whole address, of the form described above.
    Raw(String),
}

/// The text before a listed entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Before {
    /// Nothing: entries are addresses.
    Nothing,
    /// A local part: entries are domains.
    LocalPart,
    /// A local part and host labels, or a local part alone.
    AnyHost,
    /// A local part and at least one label.
    SomeHost,
}

/// The text between the local part and a name.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Hosts {
    /// Any hosts, or none.
    #[default]
    Any,
    /// Nothing.
    None,
    /// Hosts that end in this expression.
    EndIn(&'static str),
}

/// `local-part@` `hosts` `head` `name` `tail`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Parts {
    pub(super) hosts: Hosts,
    /// Whether the suggestion drops a leading `mil`, as the checker does.
    pub(super) drops_front: bool,
    /// An expression between the hosts and the name.
    pub(super) head: &'static str,
    /// One of these names, or any label if the list is empty.
    pub(super) names: Vec<String>,
    /// An expression for what follows the name.
    pub(super) tail: String,
}

impl Expression {
    /// Expressions that together match the same addresses, none longer than [`LONGEST`].
    pub(super) fn sources(&self) -> Vec<String> {
        match self {
            Self::Raw(source) => vec![source.clone()],
            Self::Listed { entries, before } => chunks(entries)
                .map(|entries| {
                    let before = match before {
                        Before::Nothing => "^()()(())",
                        Before::LocalPart => "^(.*)@()(())",
                        Before::AnyHost => "^(.*)@()(([^@]*\\.)?)",
                        Before::SomeHost => "^(.*)@()(([^@]*\\.))",
                    };
                    format!("{before}({entries})$")
                })
                .collect(),
            Self::Parts(Parts { hosts, drops_front, head, names, tail }) => {
                let front = if *drops_front { "(mil\\.)?" } else { "()" };
                let hosts = match hosts {
                    Hosts::Any => "(([^@]*\\.)?)".to_owned(),
                    Hosts::None => "(())".to_owned(),
                    Hosts::EndIn(host) => format!("(([^@]*\\.)?{host})"),
                };
                chunks(names)
                    .map(|names| format!("^(.*)@{front}{hosts}{head}({names}){tail}$"))
                    .collect()
            }
        }
    }
}

/// Alternatives of literal texts, as many as fit into one expression.
fn chunks(texts: &[String]) -> impl Iterator<Item = String> {
    let mut rest = alternatives(texts).into_iter().peekable();
    std::iter::from_fn(move || {
        let mut chunk = rest.next()?;
        while let Some(next) = rest.next_if(|next| chunk.len() + next.len() <= LONGEST) {
            chunk.push('|');
            chunk.push_str(&next);
        }
        Some(chunk)
    })
}

/// An expression for each text, but one for all A-labels that differ only in the part after their
/// last hyphen: `xn--rmy-(5cd|6kc)\.mil`.
pub(super) fn alternatives(texts: &[String]) -> Vec<String> {
    let mut made: Vec<String> = Vec::new();
    let mut alike: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for text in texts {
        match a_label(text) {
            Some((before, code, after)) => alike.entry((before, after)).or_default().push(code),
            None => made.push(literal(text)),
        }
    }
    for ((before, after), codes) in alike {
        let (before, after) = (literal(before), literal(after));
        // Each piece must fit into an expression.
        for codes in codes.chunks(LONGEST / 100) {
            made.push(format!("{before}({}){after}", codes.join("|")));
        }
    }
    made
}

/// Splits a text with one A-label into three: the middle is the part of the label after its last
/// hyphen.
fn a_label(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.find("xn--")?;
    let end = text.get(start..)?.find('.').map_or(text.len(), |at| start + at);
    let code = start + text.get(start..end)?.rfind('-')? + 1;
    let (before, code, after) = (text.get(..code)?, text.get(code..end)?, text.get(end..)?);
    (!after.contains("xn--") && !code.is_empty()).then_some((before, code, after))
}

/// An expression that matches just this text.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for character in text.chars() {
        match character {
            // Postfix ends an expression at a slash, even in brackets.
            '.' | '*' | '+' | '?' | '(' | ')' | '{' | '|' | '^' | '$' | '/' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}
