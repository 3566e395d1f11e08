//! Judges recipients fast: almost all mail goes to a few thousand ordinary domains.
//!
//! The verdict on a plain address (ASCII, without quotes) depends only on its domain, with two
//! exceptions in the local part: a DoD persona (such as `.civ` or `.ctr`), and single addresses on the
//! policy's lists. So each domain is checked once and remembered if it is ordinary. The checker
//! judges anew each address that is not plain, has a persona or is in a domain with listed
//! addresses, and each flagged one. A test over all of `tests/corpus` shows that both ways agree.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use data_encoding::HEXLOWER;
use memchr::memrchr;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bytes;
use super::event::Verdict;
use crate::address::{is_dot_atom, split_plain};
use crate::detect::markings::Markings;
use crate::detect::{Checker, Severity, has_code};
use crate::domain;
use crate::mail::Mail;
use crate::policy::{Mode, Policy, PolicyError};

/// The rules of a scan, shared by all threads.
#[derive(Debug)]
pub struct Rules {
    checker: Checker,
    markings: Markings,
    name: PolicyName,
    least: Severity,
    /// Domains with single addresses on one of the policy's lists.
    listed: HashSet<String>,
}

impl Rules {
    /// Flags recipients that `policy` judges at `least` or above.
    ///
    /// # Errors
    ///
    /// When the policy is invalid.
    pub fn new(policy: &Policy, least: Severity) -> Result<Self, PolicyError> {
        let checker = Checker::new(policy)?;
        let patterns = policy.allow.iter().chain(&policy.deny);
        let listed = patterns
            .filter_map(|pattern| pattern.trim().trim_start_matches('-').rsplit_once('@'))
            .filter(|(local_part, _)| *local_part != "*")
            .filter_map(|(_, domain)| domain::canonicalize(domain))
            .map(|canonical| canonical.ascii)
            .collect();
        let markings = Markings::compile(&policy.markings)?;
        Ok(Self { checker, markings, name: PolicyName::of(policy), least, listed })
    }

    /// The facts about the policy.
    pub const fn name(&self) -> &PolicyName {
        &self.name
    }

    /// The mildest verdict that is flagged.
    pub const fn least(&self) -> Severity {
        self.least
    }
}

/// The policy in a report.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PolicyName {
    /// The policy's id.
    pub id: String,
    /// The policy's version.
    pub version: u64,
    /// Whether clients with the policy only report.
    pub is_audit: bool,
    /// The first 16 digits of the SHA-256 of the document, written as JSON with all members.
    pub digest: String,
}

impl PolicyName {
    /// Names a policy.
    pub fn of(policy: &Policy) -> Self {
        // A policy that was read can be written.
        let document = serde_json::to_vec(policy).unwrap_or_default();
        let digest = Sha256::digest(document);
        let digest = HEXLOWER.encode(digest.get(..8).unwrap_or_default());
        let is_audit = policy.mode == Mode::Audit;
        Self { id: policy.id.clone(), version: policy.version, is_audit, digest }
    }
}

impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, is_audit, digest } = self;
        let mode = if *is_audit { "audit" } else { "enforce" };
        write!(f, "{id}, version {version} ({mode}; SHA-256 {digest}…)")
    }
}

/// The most ordinary domains to remember: the domains that a large organisation writes to in a day. A
/// power of two.
const SLOTS: usize = 8192;

/// The longest domain that is remembered, in bytes; longer ones go to the checker each time.
const LONGEST: usize = 47;

#[derive(Clone, Copy)]
struct Slot {
    len: u8,
    domain: [u8; LONGEST],
}

impl Slot {
    fn holds(&self, domain: &[u8]) -> bool {
        usize::from(self.len) == domain.len() && self.domain.get(..domain.len()) == Some(domain)
    }
}

/// Judges recipients; each thread has one.
pub(crate) struct Judge<'a> {
    rules: &'a Rules,
    slots: Vec<Slot>,
}

impl<'a> Judge<'a> {
    pub(crate) fn new(rules: &'a Rules) -> Self {
        Self { rules, slots: vec![Slot { len: 0, domain: [0; LONGEST] }; SLOTS] }
    }

    /// Whether an address is certainly below the wanted severity; if `false`, the checker has to
    /// decide.
    pub(crate) fn is_ordinary(&mut self, address: &[u8]) -> bool {
        let Some(at) = memrchr(b'@', address) else { return false };
        let (local_part, domain) = (bytes::before(address, at), bytes::from(address, at + 1));
        if has_code(local_part) || !is_plain(local_part) {
            return false;
        }
        let index = usize::try_from(bytes::hash(domain) % SLOTS as u64).unwrap_or_default();
        match self.slots.get(index) {
            Some(slot) if slot.holds(domain) => !domain.is_empty(),
            _ => self.learn(address, domain, index),
        }
    }

    #[cold]
    fn learn(&mut self, address: &[u8], domain: &[u8], index: usize) -> bool {
        let Some((_, plain)) = str::from_utf8(address).ok().and_then(split_plain) else {
            return false;
        };
        if self.rules.listed.contains(&plain.to_ascii_lowercase())
            || self.rules.checker.check_address(&["x@", plain].concat()).severity
                >= self.rules.least
        {
            return false;
        }
        if let Some(slot) = self.slots.get_mut(index)
            && let Some(place) = slot.domain.get_mut(..domain.len())
        {
            place.copy_from_slice(domain);
            slot.len = u8::try_from(domain.len()).unwrap_or_default();
        }
        true
    }

    /// The address as text and its verdict; `None` if that is below the wanted severity.
    pub(crate) fn judge<'b>(&mut self, address: &'b [u8]) -> Option<(Cow<'b, str>, Verdict)> {
        if self.is_ordinary(address) {
            return None;
        }
        let address = String::from_utf8_lossy(address);
        let report = self.rules.checker.check_address(&address);
        (report.severity >= self.rules.least).then(|| (address, report.into()))
    }

    /// Whether a text of any form contains a flagged address.
    pub(crate) fn names_flagged(&mut self, text: &[u8]) -> bool {
        let is_part =
            |byte: &u8| byte.is_ascii_alphanumeric() || b".-_+%".contains(byte) || *byte > 127;
        memchr::memchr_iter(b'@', text).any(|at| {
            let before = bytes::before(text, at).iter().rev().take_while(|it| is_part(it)).count();
            let after = bytes::from(text, at + 1).iter().take_while(|it| is_part(it)).count();
            before > 0
                && after > 0
                && self.judge(bytes::part(text, at - before..at + 1 + after)).is_some()
        })
    }

    /// The kind of marking in a message's subject.
    pub(crate) fn marking_of(&self, mail: &Mail) -> Option<&'static str> {
        self.rules.markings.find(mail.subject()).map(|marking| marking.kind.as_str())
    }

    /// The verdict on each recipient of a message; `None` for each below the wanted severity.
    pub(crate) fn judge_mail(&self, mail: &Mail) -> Vec<Option<Verdict>> {
        let reports = mail.check(&self.rules.checker).recipients.into_iter();
        reports.map(|report| (report.severity >= self.rules.least).then(|| report.into())).collect()
    }
}

/// Whether `split_plain` accepts the local part.
fn is_plain(local_part: &[u8]) -> bool {
    local_part.first() != Some(&b'/') && str::from_utf8(local_part).is_ok_and(is_dot_atom)
}
