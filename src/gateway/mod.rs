//! Writes the policy as rules for a mail gateway, which stops mail that no add-in sees.
//!
//! A gateway can only look texts up and match expressions. So the rules are lists of exact look-alikes
//! where these are countable (from [`twins`](crate::twins)), and regular expressions where any host or name
//! is possible. The checker judges the names in them first, with the policy in force; those that it judges
//! milder than `warn` are left out. A gateway refuses less than the checker warns of, never more.
//!
//! Everything here is a function from a policy to texts: the same policy gives the same bytes.

mod domains;
mod embedded;
mod exchange;
mod exim;
mod expression;
mod family;
mod google;
mod lists;
mod lookalikes;
mod postfix;
mod probe;
mod rspamd;
mod rule;
mod rules;
mod simple;
mod text;
mod typos;
mod unclear;

use std::collections::BTreeMap;

use crate::policy::{Mode, Policy, PolicyError};
use rules::Rules;
use text::Words;
pub(crate) use text::plain as smtp_text;

/// Files by their name.
pub type Files = BTreeMap<&'static str, String>;

/// A mail server that rules are written for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub enum Format {
    /// Postfix: an access table of regular expressions.
    Postfix,
    /// Exchange Server and Exchange Online: a PowerShell script that makes transport rules.
    Exchange,
    /// rspamd: maps, and actions for their symbols.
    Rspamd,
    /// Exim: an access control list.
    Exim,
    /// Google Workspace: content compliance rules, to be pasted. Untested there.
    GoogleWorkspace,
    /// Mimecast: a list of domains for a profile group. Untested there.
    Mimecast,
    /// Proofpoint: a list of domains. Untested there.
    Proofpoint,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Postfix,
        Self::Exchange,
        Self::Rspamd,
        Self::Exim,
        Self::GoogleWorkspace,
        Self::Mimecast,
        Self::Proofpoint,
    ];

    /// The file with the rule; other files belong to it.
    pub const fn main_file(self) -> &'static str {
        match self {
            Self::Postfix => postfix::FILE,
            Self::Exchange => exchange::FILE,
            Self::Rspamd => rspamd::FILE,
            Self::Exim => exim::FILE,
            Self::GoogleWorkspace => google::FILE,
            Self::Mimecast => domains::MIMECAST.list,
            Self::Proofpoint => domains::PROOFPOINT.list,
        }
    }

    /// The file that says how to install the rule.
    pub const fn guide_file(self) -> &'static str {
        match self {
            Self::Mimecast => domains::MIMECAST.readme,
            Self::Proofpoint => domains::PROOFPOINT.readme,
            Self::Postfix | Self::Exchange | Self::Rspamd | Self::Exim | Self::GoogleWorkspace => {
                self.main_file()
            }
        }
    }
}

/// Writes the rules of a policy for a server.
///
/// # Errors
///
/// When the policy is invalid, protects nothing that rules can be made of, or does not fit the server's
/// limits.
pub fn render(policy: &Policy, format: Format) -> Result<Files, GatewayError> {
    let rules = Rules::of(policy)?;
    let words = Words::of(policy);
    let audit = policy.mode == Mode::Audit;
    match format {
        Format::Postfix => Ok(postfix::render(&rules, &words, audit)),
        Format::Exchange => exchange::render(policy, &words, audit),
        Format::Rspamd => Ok(rspamd::render(&rules, &words, audit)),
        Format::Exim => Ok(exim::render(&rules, &words, audit)),
        Format::GoogleWorkspace => google::render(policy, &words, audit),
        Format::Mimecast => domains::render(policy, &domains::MIMECAST, audit),
        Format::Proofpoint => domains::render(policy, &domains::PROOFPOINT, audit),
    }
}

/// Why rules cannot be written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GatewayError {
    /// The policy is invalid.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy allows everything that rules could stop.
    #[error("the policy judges nothing as warn or block, so that a gateway has nothing to refuse")]
    Nothing,
    /// The expressions have more characters than the server takes.
    #[error(
        "the allow and deny lists make {characters} characters of expressions, and this format takes \
         {limit} in all rules: shorten the lists, or use a gateway of another kind"
    )]
    TooLarge {
        /// How many characters of expressions there are.
        characters: usize,
        /// How many characters fit.
        limit: usize,
    },
}
