//! The report as the view reads it. It may come from another page by message, so its shape is
//! checked.

use std::ops::Range;

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;

use crate::detect::{Reason, Severity};
use crate::wasm::error::{Code, milguard_error};

/// What is to be shown. Equal models look the same.
#[derive(Debug, PartialEq)]
pub(super) struct Model {
    pub(super) severity: Severity,
    /// Whether the message has no recipient at all.
    pub(super) is_empty: bool,
    /// Those above `pass`, in the order of the message.
    pub(super) flagged: Vec<Recipient>,
}

/// One recipient.
#[derive(Debug, PartialEq)]
pub(super) struct Recipient {
    pub(super) index: u32,
    pub(super) address: String,
    /// The display name, where the host keeps it apart and has added it.
    pub(super) name: Option<String>,
    pub(super) severity: Severity,
    pub(super) reasons: Vec<Reason>,
    /// In UTF-16 code units of `address`.
    pub(super) spans: Vec<Range<u32>>,
    pub(super) delegated: Option<bool>,
    pub(super) suggestion: Option<String>,
    /// What else the host says of it.
    pub(super) note: Option<String>,
    /// What the organisation's server knows of its domain.
    pub(super) accepts_mail: Option<bool>,
    /// Whether it may be kept, where the host says so.
    pub(super) keep: Option<bool>,
    pub(super) mutable: bool,
}

impl Model {
    /// # Errors
    ///
    /// A `MilguardError` with the code `invalid-report`.
    pub(super) fn read(report: &JsValue) -> Result<Self, JsValue> {
        let severity = severity(report)?;
        let list = list(report, "recipients")?;
        let mut flagged = Vec::new();
        for (index, value) in (0..).zip(list.iter()) {
            let recipient = Recipient::read(index, &value)?;
            if recipient.severity > Severity::Pass {
                flagged.push(recipient);
            }
        }
        Ok(Self { severity, is_empty: list.length() == 0, flagged })
    }

    /// Three passes instead of a sort, whose code is as large as the rest of this module.
    pub(super) fn gravest_first(&self) -> impl Iterator<Item = &Recipient> {
        let severities = Severity::ALL.into_iter().rev();
        severities.flat_map(|severity| {
            self.flagged.iter().filter(move |recipient| recipient.severity == severity)
        })
    }
}

impl Recipient {
    fn read(index: u32, value: &JsValue) -> Result<Self, JsValue> {
        let mut recipient = Self {
            index,
            address: get(value, "address")?.as_string().ok_or_else(|| invalid("address"))?,
            name: get(value, "name")?.as_string().filter(|name| !name.trim().is_empty()),
            severity: severity(value)?,
            reasons: Vec::new(),
            spans: Vec::new(),
            delegated: None,
            suggestion: get(value, "suggestion")?.as_string(),
            note: get(value, "note")?.as_string().filter(|note| !note.is_empty()),
            accepts_mail: get(value, "acceptsMail")?.as_bool(),
            keep: get(value, "keep")?.as_bool(),
            mutable: get(value, "mutable")?.as_bool() == Some(true),
        };
        for finding in list(value, "findings")?.iter() {
            recipient.add(&finding)?;
        }
        Ok(recipient)
    }

    fn add(&mut self, finding: &JsValue) -> Result<(), JsValue> {
        let code = get(finding, "reason")?.as_string();
        let reason =
            Reason::ALL.into_iter().find(|reason| Some(reason.as_str()) == code.as_deref());
        let reason = reason.ok_or_else(|| invalid("reason"))?;
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        let span = get(finding, "span")?;
        if Array::is_array(&span) {
            let [start, end] = [0, 1].map(|at| span.unchecked_ref::<Array>().get(at).as_f64());
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the cast saturates, and a span that lies outside of the text marks nothing"
            )]
            let span = start.zip(end).map(|(start, end)| start as u32..end as u32);
            self.spans.push(span.ok_or_else(|| invalid("span"))?);
        }
        // That one of the readings reaches a stranger is what the sender must know.
        let delegated = get(finding, "delegated")?.as_bool();
        self.delegated = self.delegated.max(delegated);
        Ok(())
    }
}

fn get(value: &JsValue, property: &str) -> Result<JsValue, JsValue> {
    Reflect::get(value, &property.into()).map_err(|_| invalid(property))
}

fn list(value: &JsValue, property: &str) -> Result<Array, JsValue> {
    get(value, property)?.dyn_into().map_err(|_| invalid(property))
}

fn severity(value: &JsValue) -> Result<Severity, JsValue> {
    let name = get(value, "severity")?.as_string();
    let mut all = Severity::ALL.into_iter();
    all.find(|severity| Some(severity.as_str()) == name.as_deref())
        .ok_or_else(|| invalid("severity"))
}

#[cold]
fn invalid(property: &str) -> JsValue {
    milguard_error(Code::InvalidReport, &["not a report: ", property].concat())
}
