//! A message as JavaScript gives it.

use serde::Deserialize;
use wasm_bindgen::JsValue;

use super::convert::{Problem, from_js};
use super::error::{Code, milguard_error};
use crate::detect::{Field, Message, Recipient};

/// A message copied out of JavaScript.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub(super) struct OwnedMessage {
    recipients: Vec<OwnedRecipient>,
    from: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    attachments: Option<Vec<String>>,
    muted: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct OwnedRecipient {
    address: String,
    name: Option<String>,
    field: Option<Field>,
}

impl OwnedMessage {
    /// Copies `value`.
    ///
    /// # Errors
    ///
    /// A `MilguardError` that names the first property with a wrong shape.
    pub(super) fn read(value: &JsValue) -> Result<Self, JsValue> {
        from_js(value.clone()).map_err(|Problem { path, message }| {
            let path = if path.is_empty() { "the message" } else { &path };
            milguard_error(Code::InvalidMessage, &[path, " ", &message].concat())
        })
    }

    /// Passes the message, borrowed from this one, to `check`.
    pub(super) fn with<T>(&self, check: impl FnOnce(&Message<'_>) -> T) -> T {
        let recipients: Vec<_> = self.recipients.iter().map(OwnedRecipient::borrow).collect();
        let attachments = texts(self.attachments.as_ref());
        let muted = texts(self.muted.as_ref());
        check(&Message {
            recipients: &recipients,
            from: self.from.as_deref(),
            subject: self.subject.as_deref().unwrap_or_default(),
            body: self.body.as_deref().unwrap_or_default(),
            attachments: &attachments,
            muted: &muted,
        })
    }

    /// The addresses in order.
    pub(super) fn addresses(&self) -> impl Iterator<Item = &str> {
        self.recipients.iter().map(|recipient| recipient.address.as_str())
    }
}

impl OwnedRecipient {
    fn borrow(&self) -> Recipient<'_> {
        Recipient { address: &self.address, name: self.name.as_deref(), field: self.field }
    }
}

fn texts(list: Option<&Vec<String>>) -> Vec<&str> {
    list.into_iter().flatten().map(String::as_str).collect()
}
