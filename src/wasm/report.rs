//! From [`Report`] to the `Report` of `types.d.ts`.

use std::ops::Range;

use serde::Serialize;
use wasm_bindgen::JsValue;

use super::convert::to_js;
use super::message::OwnedMessage;
use crate::detect::{Finding, Reason, RecipientReport, Report, Severity, domain_of};

#[derive(Serialize)]
struct ReportOut<'a> {
    severity: Severity,
    recipients: Vec<RecipientOut<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecipientOut<'a> {
    address: &'a str,
    severity: Severity,
    findings: Vec<FindingOut>,
    suggestion: Option<&'a str>,
    suggestions: &'a [String],
    raised_by: Vec<&'static str>,
    domain: Option<String>,
    mutable: bool,
}

#[derive(Serialize)]
struct FindingOut {
    reason: Reason,
    span: Option<(usize, usize)>,
    delegated: Option<bool>,
}

/// Turns `report`, the verdict on `message`, into a JavaScript object.
pub(super) fn write(report: &Report, message: &OwnedMessage) -> JsValue {
    let entries = report.recipients.iter().zip(message.addresses());
    let recipients = entries.map(|(recipient, address)| write_recipient(recipient, address));
    to_js(&ReportOut { severity: report.severity, recipients: recipients.collect() })
}

fn write_recipient<'a>(recipient: &'a RecipientReport, address: &'a str) -> RecipientOut<'a> {
    // Ordinary mail skips this work, since nothing reads the result.
    let is_flagged = recipient.severity > Severity::Pass;
    RecipientOut {
        address,
        severity: recipient.severity,
        findings: recipient.findings.iter().map(|it| write_finding(it, address)).collect(),
        suggestion: recipient.suggestion.as_deref(),
        suggestions: &recipient.suggestions,
        raised_by: recipient.raised_by.iter().map(|by| by.as_str()).collect(),
        domain: if is_flagged { domain_of(address) } else { None },
        mutable: recipient.mutable,
    }
}

fn write_finding(finding: &Finding, address: &str) -> FindingOut {
    FindingOut {
        reason: finding.reason,
        span: finding.span.as_ref().map(|span| utf16(span, address)),
        delegated: finding.delegated,
    }
}

/// Bytes of `text` to UTF-16 code units, which is how JavaScript counts. The copy that Rust sees has
/// as many units as the original: a lone surrogate is one, and so is U+FFFD.
fn utf16(span: &Range<usize>, text: &str) -> (usize, usize) {
    let units = |bytes: usize| {
        text.char_indices()
            .take_while(|(at, _)| *at < bytes)
            .map(|(_, char)| char.len_utf16())
            .sum()
    };
    (units(span.start), units(span.end))
}
