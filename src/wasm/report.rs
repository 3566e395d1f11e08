//! From [`Report`] to a JavaScript report.

use std::ops::Range;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::message::OwnedMessage;
use crate::detect::{Finding, Reason, Report, Severity, domain_of};

#[wasm_bindgen]
extern "C" {
    /// An object under construction: a report, a recipient's report or a finding.
    type Record;

    #[wasm_bindgen(method, setter, structural)]
    fn set_severity(this: &Record, value: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_recipients(this: &Record, value: Array);
    #[wasm_bindgen(method, setter, structural)]
    fn set_address(this: &Record, value: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_findings(this: &Record, value: Array);
    #[wasm_bindgen(method, setter, structural)]
    fn set_suggestion(this: &Record, value: JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_domain(this: &Record, value: JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_mutable(this: &Record, value: bool);
    #[wasm_bindgen(method, setter, structural)]
    fn set_reason(this: &Record, value: &JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_span(this: &Record, value: JsValue);
    #[wasm_bindgen(method, setter, structural)]
    fn set_delegated(this: &Record, value: JsValue);

    /// `Array.of`, for two numbers in one crossing of the boundary.
    #[wasm_bindgen(js_name = Array)]
    type Pair;

    #[wasm_bindgen(static_method_of = Pair, js_class = "Array", js_name = of)]
    fn of(start: u32, end: u32) -> Pair;
}

/// The names of severities and reasons as JavaScript strings, made once: a report repeats them.
#[derive(Debug)]
pub(super) struct Names {
    severities: [JsValue; Severity::ALL.len()],
    reasons: [JsValue; Reason::ALL.len()],
}

// A value's name is found by its discriminant.
const _: () = {
    let mut index = 0;
    while index < Severity::ALL.len() {
        assert!(Severity::ALL[index] as usize == index);
        index += 1;
    }
    let mut index = 0;
    while index < Reason::ALL.len() {
        assert!(Reason::ALL[index] as usize == index);
        index += 1;
    }
};

impl Names {
    pub(super) fn new() -> Self {
        Self {
            severities: Severity::ALL.map(|severity| JsValue::from_str(severity.as_str())),
            reasons: Reason::ALL.map(|reason| JsValue::from_str(reason.as_str())),
        }
    }

    /// Turns `report`, the verdict on `message`, into the `Report` of `types.d.ts`.
    pub(super) fn write(&self, report: &Report, message: &OwnedMessage) -> JsValue {
        let recipients = Array::new();
        for (recipient, (given, address)) in report.recipients.iter().zip(message.addresses()) {
            let findings = Array::new();
            for finding in &recipient.findings {
                findings.push(&self.write_finding(finding, address));
            }
            let record = Record::new();
            record.set_address(given);
            record.set_severity(self.severity(recipient.severity));
            record.set_findings(findings);
            let suggestion = recipient.suggestion.as_deref();
            record.set_suggestion(suggestion.map_or(JsValue::NULL, JsValue::from_str));
            // Ordinary mail, where nobody asks, pays nothing for it.
            let is_flagged = recipient.severity > Severity::Pass;
            let domain = if is_flagged { domain_of(address) } else { None };
            record.set_domain(domain.map_or(JsValue::NULL, |domain| JsValue::from_str(&domain)));
            record.set_mutable(recipient.mutable);
            recipients.push(&record);
        }
        let record = Record::new();
        record.set_severity(self.severity(report.severity));
        record.set_recipients(recipients);
        record.into()
    }

    fn write_finding(&self, finding: &Finding, address: &str) -> JsValue {
        let record = Record::new();
        record.set_reason(&self.reasons[finding.reason as usize]);
        record.set_span(finding.span.as_ref().map_or(JsValue::NULL, |span| utf16(span, address)));
        record.set_delegated(finding.delegated.map_or(JsValue::NULL, JsValue::from_bool));
        record.into()
    }

    fn severity(&self, severity: Severity) -> &JsValue {
        &self.severities[severity as usize]
    }
}

impl Record {
    fn new() -> Self {
        Object::new().unchecked_into()
    }
}

/// Bytes of `text` to UTF-16 code units, which is how JavaScript counts. The copy that Rust sees has
/// as many units as the original: a lone surrogate is one, and so is U+FFFD.
fn utf16(span: &Range<usize>, text: &str) -> JsValue {
    let units = |bytes: usize| {
        let before = text.char_indices().take_while(|(at, _)| *at < bytes);
        before.map(|(_, char)| if u32::from(char) < 0x1_0000 { 1 } else { 2 }).sum()
    };
    Pair::of(units(span.start), units(span.end)).into()
}
