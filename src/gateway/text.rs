//! The texts that a sender reads in the answer of the gateway.

use super::rule::Why;
use crate::policy::Policy;

/// The policy's texts, in ASCII and without characters that have a meaning in a server's configuration.
/// An SMTP answer is ASCII (RFC 5321 §4.2.1).
pub(super) struct Words {
    /// The text for a denied domain.
    denied: String,
    /// The training page, with a space before it.
    more: String,
}

/// The longest text, in octets. A reply line has 512 (RFC 5321 §4.5.3.1.5), and addresses may need
/// most of them.
const LONGEST: usize = 120;

impl Words {
    pub(super) fn of(policy: &Policy) -> Self {
        let texts = policy.texts.iter().find(|(language, _)| language.as_str() == "en");
        let blocked = texts.and_then(|(_, texts)| texts.blocked.as_deref()).map(plain);
        let blocked = blocked.filter(|text| !text.is_empty() && text.len() <= LONGEST);
        let more = policy.training_url.as_deref().map(plain).unwrap_or_default();
        let more = if more.is_empty() || more.len() > LONGEST {
            String::new()
        } else {
            [" See ", &more].concat()
        };
        let denied = blocked.unwrap_or_else(|| "mail to this domain is not allowed".to_owned());
        Self { denied, more }
    }

    /// The sentence without a suggested address.
    pub(super) fn without_hint(&self, why: Why) -> String {
        match why {
            Why::Lookalike => format!(
                "this domain looks like a mistyped protected one; please check the address.{}",
                self.more
            ),
            Why::Denied => format!("{}.{}", self.denied.trim_end_matches('.'), self.more),
        }
    }

    /// The sentence with the suggested address.
    pub(super) fn with_hint(&self, why: Why, address: &str) -> String {
        let what = match why {
            Why::Lookalike => "this domain looks like a mistyped protected one",
            Why::Denied => self.denied.trim_end_matches('.'),
        };
        format!("{what}: did you mean {address}?{}", self.more)
    }
}

/// Printable ASCII without quotes, and without characters that have another meaning in a table.
pub(crate) fn plain(text: &str) -> String {
    let words: String = text
        .chars()
        .map(|character| match character {
            '$' | '"' | '\'' | '`' | '\\' | '{' | '}' | '#' | '%' => ' ',
            other if other == ' ' || other.is_ascii_graphic() => other,
            other if other.is_whitespace() => ' ',
            _ => '?',
        })
        .collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
