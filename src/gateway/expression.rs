//! What a rule matches, and the regular expression for it.
//!
//! The expressions keep to what POSIX extended expressions and PCRE have in common and mean alike: groups,
//! alternatives, `*`, `?`, brackets, anchors. Their groups are numbered by plan, so that an answer can
//! name the address that was meant.

/// The longest expression that is written in one piece: PCRE compiles to 64 KiB at most.
pub(super) const LONGEST: usize = 6_000;

/// What matches an address whose domain is in lower-case A-labels.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Expression {
    /// One of these whole addresses or domains, or anything that ends in one.
    Listed {
        /// Text to compare with, not an expression.
        entries: Vec<String>,
        /// What stands before it.
        before: Before,
    },
    /// A domain cut into parts; see [`Parts`].
    Parts(Parts),
    /// An expression for the whole address, of the kind described above.
    Raw(String),
}

/// What stands before a listed entry.
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

/// `local-part@` `hosts` `head` `name` `tail`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Parts {
    /// An expression that the hosts have to end in; empty where any hosts or none will do.
    pub(super) host: &'static str,
    /// An expression between the hosts and the name.
    pub(super) head: &'static str,
    /// One of these names; any label where there are none.
    pub(super) names: Vec<String>,
    /// An expression for what follows the name.
    pub(super) tail: String,
}

impl Expression {
    /// Expressions that together match the same, none longer than [`LONGEST`].
    pub(super) fn sources(&self) -> Vec<String> {
        match self {
            Self::Raw(source) => vec![source.clone()],
            Self::Listed { entries, before } => chunks(entries)
                .map(|entries| {
                    let before = match before {
                        Before::Nothing => "^()(())",
                        Before::LocalPart => "^(.*)@(())",
                        Before::AnyHost => "^(.*)@(([^@]*\\.)?)",
                        Before::SomeHost => "^(.*)@(([^@]*\\.))",
                    };
                    format!("{before}({entries})$")
                })
                .collect(),
            Self::Parts(Parts { host, head, names, tail }) => {
                let hosts = if host.is_empty() {
                    "(([^@]*\\.)?)".to_owned()
                } else {
                    format!("(([^@]*\\.)?{host})")
                };
                if names.is_empty() {
                    return vec![format!("^(.*)@{hosts}{head}([^.@]+){tail}$")];
                }
                chunks(names).map(|names| format!("^(.*)@{hosts}{head}({names}){tail}$")).collect()
            }
        }
    }
}

/// Alternatives of literal texts, as many as fit into one expression.
fn chunks(texts: &[String]) -> impl Iterator<Item = String> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut alternatives = String::new();
        while let Some((first, others)) = rest.split_first() {
            let literal = literal(first);
            if !alternatives.is_empty() {
                if alternatives.len() + literal.len() > LONGEST {
                    break;
                }
                alternatives.push('|');
            }
            alternatives.push_str(&literal);
            rest = others;
        }
        (!alternatives.is_empty()).then_some(alternatives)
    })
}

/// An expression that matches just this text.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for character in text.chars() {
        match character {
            '.' | '*' | '+' | '?' | '(' | ')' | '{' | '|' | '^' | '$' => {
                out.push('\\');
                out.push(character);
            }
            // The delimiter of Postfix's tables.
            '/' => out.push_str("[/]"),
            other => out.push(other),
        }
    }
    out
}
