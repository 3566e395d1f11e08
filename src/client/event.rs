//! Events as `docs/event.schema.json` describes them.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
use serde::Serialize;
use uuid::Uuid;

use crate::detect::{RaisedBy, RecipientReport, Severity, domain_of};
use crate::policy::{Policy, Reporting};

/// The most reasons in an event. The server refuses an event with more.
const MAX_REASONS: usize = 20;

/// The most bytes of an address in an event. The server refuses an event with a longer one.
const MAX_ADDRESS: usize = 320;

/// One flagged recipient and the outcome of the mail.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Event {
    id: String,
    message: String,
    time: String,
    host: &'static str,
    client_version: &'static str,
    policy: PolicyVersion,
    action: &'static str,
    severity: Severity,
    reasons: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    raised_by: Vec<RaisedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct PolicyVersion {
    id: String,
    version: u64,
}

impl Event {
    /// The event for a recipient of the message with the id `message`; `None` if the policy
    /// switches reporting off. `action` is one of those in `docs/events.md`.
    pub(crate) fn new(
        policy: &Policy,
        message: Uuid,
        address: &str,
        report: &RecipientReport,
        action: &'static str,
    ) -> Option<Self> {
        if policy.reporting == Reporting::Off {
            return None;
        }
        let domain = (policy.reporting >= Reporting::Domain).then(|| domain_of(address)).flatten();
        let is_plain = address.len() <= MAX_ADDRESS && !address.chars().any(char::is_control);
        let address = (policy.reporting == Reporting::Address && domain.is_some() && is_plain)
            .then(|| address.to_owned());
        let mut reasons: Vec<_> = report.findings.iter().map(|it| it.reason.as_str()).collect();
        reasons.truncate(MAX_REASONS);
        let mut time = String::new();
        let printer = DateTimePrinter::new().precision(Some(3));
        // Writing into a string does not fail.
        let _ = printer.print_timestamp(&Timestamp::now(), &mut time);
        Some(Self {
            id: Uuid::new_v4().to_string(),
            message: message.to_string(),
            time,
            host: "gateway",
            client_version: env!("CARGO_PKG_VERSION"),
            policy: PolicyVersion { id: policy.id.clone(), version: policy.version },
            action,
            severity: report.severity,
            reasons,
            raised_by: report.raised_by.clone(),
            domain,
            address,
        })
    }
}
