//! What a sender reads in the answer of the gateway.

use super::rules::Why;
use crate::policy::Policy;

/// The words of a policy, in ASCII without anything that a server's configuration takes for its own: an
/// answer of SMTP is ASCII (RFC 5321 §4.2.1).
pub(super) struct Words {
    /// What is said of a denied domain.
    denied: String,
    /// Where more is to be read, with a space before it.
    more: String,
}

/// A reply line has 512 octets (RFC 5321 §4.5.3.1.5), of which addresses may take most.
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

    /// The sentence without an address in it.
    pub(super) fn without_hint(&self, why: Why) -> String {
        match why {
            Why::Lookalike => format!(
                "this domain looks like a mistyped protected one; please check the address.{}",
                self.more
            ),
            Why::Denied => format!("{}.{}", self.denied.trim_end_matches('.'), self.more),
        }
    }

    /// The sentence that names the address that was probably meant.
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
