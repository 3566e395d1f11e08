//! The report as the view reads it. It may come from another page by message, so its shape is
//! checked.

use std::ops::Range;

use serde::Deserialize;
use wasm_bindgen::JsValue;

use crate::detect::{Reason, Severity};
use crate::wasm::convert::{Problem, from_js};
use crate::wasm::error::{Code, milguard_error};

/// A report as it crosses the boundary. The view ignores members that it does not show.
#[derive(Deserialize)]
struct ReportIn {
    severity: Severity,
    recipients: Vec<RecipientIn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecipientIn {
    address: String,
    name: Option<String>,
    severity: Severity,
    findings: Vec<FindingIn>,
    suggestion: Option<String>,
    note: Option<String>,
    accepts_mail: Option<bool>,
    keep: Option<bool>,
    mutable: Option<bool>,
}

#[derive(Deserialize)]
struct FindingIn {
    reason: Reason,
    span: Option<(u32, u32)>,
    delegated: Option<bool>,
}

/// The content to show. Equal models look the same.
#[derive(Debug, PartialEq)]
pub(super) struct Model {
    pub(super) severity: Severity,
    /// Whether the message has no recipient at all.
    pub(super) is_empty: bool,
    /// The recipients above `pass`, in the order of the message.
    pub(super) flagged: Vec<Recipient>,
}

/// One recipient.
#[derive(Debug, PartialEq)]
pub(super) struct Recipient {
    pub(super) index: u32,
    pub(super) address: String,
    /// The display name, if the host has added it.
    pub(super) name: Option<String>,
    pub(super) severity: Severity,
    pub(super) reasons: Vec<Reason>,
    /// The marked parts, in UTF-16 code units of `address`.
    pub(super) spans: Vec<Range<u32>>,
    pub(super) delegated: Option<bool>,
    pub(super) suggestion: Option<String>,
    /// The host's note about the recipient.
    pub(super) note: Option<String>,
    /// Whether the domain accepts mail, if the organisation's server knows.
    pub(super) accepts_mail: Option<bool>,
    /// Whether the sender may keep the recipient; `None` if the host does not say.
    pub(super) keep: Option<bool>,
    pub(super) mutable: bool,
}

impl Model {
    /// # Errors
    ///
    /// A `MilguardError` with the code `invalid-report`.
    pub(super) fn read(report: &JsValue) -> Result<Self, JsValue> {
        let report: ReportIn = from_js(report.clone()).map_err(|problem| invalid(&problem))?;
        let is_empty = report.recipients.is_empty();
        let recipients = (0..).zip(report.recipients).map(|(index, it)| Recipient::new(index, it));
        let flagged = recipients.filter(|recipient| recipient.severity > Severity::Pass).collect();
        Ok(Self { severity: report.severity, is_empty, flagged })
    }

    /// One pass for each severity instead of a sort, whose code is as large as the rest of this
    /// module.
    pub(super) fn gravest_first(&self) -> impl Iterator<Item = &Recipient> {
        let severities = Severity::ALL.into_iter().rev();
        severities.flat_map(|severity| {
            self.flagged.iter().filter(move |recipient| recipient.severity == severity)
        })
    }
}

impl Recipient {
    fn new(index: u32, given: RecipientIn) -> Self {
        let mut recipient = Self {
            index,
            address: given.address,
            name: given.name.filter(|name| !name.trim().is_empty()),
            severity: given.severity,
            reasons: Vec::new(),
            spans: Vec::new(),
            delegated: None,
            suggestion: given.suggestion,
            note: given.note.filter(|note| !note.is_empty()),
            accepts_mail: given.accepts_mail,
            keep: given.keep,
            mutable: given.mutable == Some(true),
        };
        for finding in given.findings {
            if !recipient.reasons.contains(&finding.reason) {
                recipient.reasons.push(finding.reason);
            }
            recipient.spans.extend(finding.span.map(|(start, end)| start..end));
            // The sender must know that a stranger can receive mail under one of the readings.
            recipient.delegated = recipient.delegated.max(finding.delegated);
        }
        recipient
    }
}

#[cold]
fn invalid(problem: &Problem) -> JsValue {
    let Problem { path, message } = problem;
    milguard_error(Code::InvalidReport, &["not a report: ", path, " ", message].concat())
}
