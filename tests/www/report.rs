//! The native side of the comparison in `corpus.test.js`: on each line of standard input a JSON
//! object `{"policy", "message"}`, on each line of standard output the report with every field.
//! Spans are in bytes.

use std::io::{self, BufRead, Write};

use milguard::{Checker, Field, Message, Policy, Recipient, Report, Severity, detect::domain_of};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    policy: Option<Value>,
    message: OwnedMessage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedMessage {
    recipients: Vec<OwnedRecipient>,
    from: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    #[serde(default)]
    attachments: Vec<String>,
    #[serde(default)]
    muted: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnedRecipient {
    address: String,
    name: Option<String>,
    field: Option<Field>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut current: (Option<Value>, Checker) = (None, Checker::new(&Policy::default())?);
    for line in io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        if case.policy != current.0 {
            let policy = match &case.policy {
                Some(policy) => Policy::deserialize(policy)?,
                None => Policy::default(),
            };
            current = (case.policy, Checker::new(&policy)?);
        }
        let report = check(&current.1, &case.message);
        serde_json::to_writer(&mut out, &to_json(&report, &case.message))?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}

fn check(checker: &Checker, message: &OwnedMessage) -> Report {
    let recipients: Vec<_> = message
        .recipients
        .iter()
        .map(|recipient| Recipient {
            address: &recipient.address,
            name: recipient.name.as_deref(),
            field: recipient.field,
        })
        .collect();
    let attachments: Vec<_> = message.attachments.iter().map(String::as_str).collect();
    checker.check(&Message {
        recipients: &recipients,
        from: message.from.as_deref(),
        subject: message.subject.as_deref().unwrap_or_default(),
        body: message.body.as_deref().unwrap_or_default(),
        attachments: &attachments,
        muted: &message.muted.iter().map(String::as_str).collect::<Vec<_>>(),
    })
}

fn to_json(report: &Report, message: &OwnedMessage) -> Value {
    let recipients = report.recipients.iter().zip(&message.recipients).map(|(verdict, given)| {
        let findings = verdict.findings.iter().map(|finding| {
            json!({
                "reason": finding.reason,
                "span": finding.span.as_ref().map(|span| [span.start, span.end]),
                "delegated": finding.delegated,
            })
        });
        json!({
            "address": given.address,
            "severity": verdict.severity,
            "findings": findings.collect::<Vec<_>>(),
            "suggestion": verdict.suggestion,
            "suggestions": verdict.suggestions,
            "raisedBy": verdict.raised_by,
            "domain": if verdict.severity > Severity::Pass { domain_of(&given.address) } else { None },
            "mutable": verdict.mutable,
        })
    });
    json!({ "severity": report.severity, "recipients": recipients.collect::<Vec<_>>() })
}
