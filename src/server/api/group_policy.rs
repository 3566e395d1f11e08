//! The policy in force for a group, as its clients read it.

use std::sync::{Arc, OnceLock};

use axum::{body::Bytes, http::HeaderValue};

use crate::policy::{Override, Policy, Reporting};
use crate::server::compression::{Encoding, Packed};
use crate::store::{Effective, hash_secret};
use crate::{Checker, Severity};

/// The policy in force for the clients of a group.
#[derive(Debug)]
pub(crate) struct GroupPolicy {
    /// The group's id.
    pub(crate) group: Arc<str>,
    /// The version of the group's policy.
    pub(crate) version: i64,
    /// How much of an event may be stored.
    pub(crate) reporting: Reporting,
    /// Whether the policy asks senders for a reason, which may then be stored.
    pub(crate) asks_justification: bool,
    /// The policy in the form that clients read.
    pub(crate) body: Bytes,
    /// A strong validator of the body.
    pub(crate) etag: HeaderValue,
    /// The compressed body, made when the first client asks for it.
    packed: OnceLock<Packed>,
    policy: Policy,
    /// The compiled policy, made when the first client asks about a domain; most groups never do.
    checker: OnceLock<Option<Checker>>,
}

impl GroupPolicy {
    /// The severity of an address by the policy; `Pass` if this release cannot compile the policy.
    pub(crate) fn severity(&self, address: &str) -> Severity {
        let checker = self.checker.get_or_init(|| Checker::new(&self.policy).ok());
        checker.as_ref().map_or(Severity::Pass, |checker| checker.check_address(address).severity)
    }

    /// The policy in the form that goes into the add-ins' files.
    pub(crate) fn document(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body in an encoding, if that makes it smaller. The result is kept: compressing a large
    /// policy for each of thousands of clients would keep the processors busy for minutes after
    /// every change.
    pub(crate) fn encoded(&self, encoding: Encoding) -> Option<Bytes> {
        if encoding == Encoding::Identity {
            return None;
        }
        self.packed.get_or_init(|| Packed::new(&self.body, None)).get(encoding)
    }

    pub(super) fn new(effective: &Effective) -> Self {
        let policy = &effective.policy;
        let body = effective.json();
        // Hexadecimal digits are always valid in a header.
        let etag = HeaderValue::from_str(&format!("\"{}\"", hash_secret(&body)));
        let asks = [policy.overrides.warn, policy.overrides.block];
        Self {
            group: effective.group.as_str().into(),
            version: i64::try_from(policy.version).unwrap_or(i64::MAX),
            reporting: policy.reporting,
            asks_justification: asks.contains(&Override::Justification),
            etag: etag.unwrap_or(HeaderValue::from_static("\"\"")),
            body: body.into(),
            packed: OnceLock::new(),
            policy: policy.clone(),
            checker: OnceLock::new(),
        }
    }
}
