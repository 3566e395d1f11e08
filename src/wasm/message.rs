//! From a JavaScript message to [`Message`].

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::error::{Code, milguard_error};
use crate::detect::{Field, Message, Recipient};

/// Recipients or attachments: more than any mail system takes in one message.
const MAX_ENTRIES: u32 = 100_000;

/// UTF-16 code units in all strings of a message together. Memory given to a WebAssembly instance
/// never comes back, and running out of it would end the instance.
const MAX_TEXT: u32 = 1 << 25;

#[wasm_bindgen]
extern "C" {
    /// What the caller passed as a message. Each getter may run the caller's code, so each may throw.
    type AnyMessage;

    #[wasm_bindgen(method, getter, structural, catch)]
    fn recipients(this: &AnyMessage) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn from(this: &AnyMessage) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn subject(this: &AnyMessage) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn body(this: &AnyMessage) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn attachments(this: &AnyMessage) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn muted(this: &AnyMessage) -> Result<JsValue, JsValue>;

    /// What the caller passed as a recipient.
    type AnyRecipient;

    #[wasm_bindgen(method, getter, structural, catch)]
    fn address(this: &AnyRecipient) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn name(this: &AnyRecipient) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, structural, catch)]
    fn field(this: &AnyRecipient) -> Result<JsValue, JsValue>;

    /// An array that may be a proxy, also a revoked one.
    type AnyList;

    #[wasm_bindgen(js_namespace = Array, js_name = isArray, catch)]
    fn is_array(value: &JsValue) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, getter, structural, catch)]
    fn length(this: &AnyList) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, structural, indexing_getter, catch)]
    fn at(this: &AnyList, index: u32) -> Result<JsValue, JsValue>;
}

/// A message copied out of JavaScript.
pub(super) struct OwnedMessage {
    recipients: Vec<OwnedRecipient>,
    from: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    attachments: Vec<String>,
    muted: Vec<String>,
}

struct OwnedRecipient {
    /// The very string of the caller, handed back in the report.
    given: JsValue,
    address: String,
    name: Option<String>,
    field: Option<Field>,
}

impl OwnedMessage {
    /// Copies `value`, reading each property once.
    ///
    /// # Errors
    ///
    /// A `MilguardError` that names the first property of a wrong shape.
    pub(super) fn read(value: &JsValue) -> Result<Self, JsValue> {
        if !value.is_object() {
            return Err(Place::Message.error("must be an object"));
        }
        let value: &AnyMessage = value.unchecked_ref();
        let mut text = TextBudget { left: MAX_TEXT };
        let place = Place::Property;

        let list = List::of(&place("recipients").read(value.recipients())?, "recipients")?;
        let mut recipients = Vec::with_capacity(list.length as usize);
        for index in 0..list.length {
            recipients.push(OwnedRecipient::read(&list.get(index)?, index, &mut text)?);
        }

        let attachments = text.list(value.attachments(), "attachments")?;
        let muted = text.list(value.muted(), "muted")?;

        Ok(Self {
            recipients,
            from: text.optional(value.from(), place("from"))?,
            subject: text.optional(value.subject(), place("subject"))?,
            body: text.optional(value.body(), place("body"))?,
            attachments,
            muted,
        })
    }

    /// Runs `check` on the message that this one owns.
    pub(super) fn with<T>(&self, check: impl FnOnce(&Message<'_>) -> T) -> T {
        let recipients: Vec<_> = self
            .recipients
            .iter()
            .map(|recipient| Recipient {
                address: &recipient.address,
                name: recipient.name.as_deref(),
                field: recipient.field,
            })
            .collect();
        let attachments: Vec<_> = self.attachments.iter().map(String::as_str).collect();
        let muted: Vec<_> = self.muted.iter().map(String::as_str).collect();
        check(&Message {
            recipients: &recipients,
            from: self.from.as_deref(),
            subject: self.subject.as_deref().unwrap_or_default(),
            body: self.body.as_deref().unwrap_or_default(),
            attachments: &attachments,
            muted: &muted,
        })
    }

    /// The caller's own address strings with their copies, in order.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&JsValue, &str)> {
        self.recipients.iter().map(|recipient| (&recipient.given, recipient.address.as_str()))
    }
}

impl OwnedRecipient {
    fn read(value: &JsValue, index: u32, text: &mut TextBudget) -> Result<Self, JsValue> {
        if !value.is_object() {
            return Err(Place::Entry("recipients", index).error("must be an object"));
        }
        let value: &AnyRecipient = value.unchecked_ref();
        let place = |property| Place::Recipient(index, property);
        let given = place("address").read(value.address())?;
        let address = text.required(&given, place("address"))?;
        let name = text.optional(value.name(), place("name"))?;
        let field = match text.optional(value.field(), place("field"))?.as_deref() {
            None => None,
            Some("to") => Some(Field::To),
            Some("cc") => Some(Field::Cc),
            Some("bcc") => Some(Field::Bcc),
            Some("required") => Some(Field::Required),
            Some("optional") => Some(Field::Optional),
            Some(_) => {
                return Err(place("field").error("must be to, cc, bcc, required or optional"));
            }
        };
        Ok(Self { given, address, name, field })
    }
}

/// An array whose length was read once and found bearable.
struct List {
    array: AnyList,
    property: &'static str,
    length: u32,
}

impl List {
    fn of(value: &JsValue, property: &'static str) -> Result<Self, JsValue> {
        let place = Place::Property(property);
        if !is_array(value).map_err(|_| place.error(UNREADABLE))? {
            return Err(place.error("must be an array"));
        }
        let array: AnyList = value.clone().unchecked_into();
        let length = array.length().map_err(|_| place.error(UNREADABLE))?;
        // Also what a proxy may answer: a fraction, a negative number, NaN.
        if !(0.0..=f64::from(MAX_ENTRIES)).contains(&length) {
            return Err(milguard_error(Code::MessageTooLarge, "the message has too many entries"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and MAX_ENTRIES; the cast saturates in any case"
        )]
        let length = length as u32;
        Ok(Self { array, property, length })
    }

    fn get(&self, index: u32) -> Result<JsValue, JsValue> {
        Place::Entry(self.property, index).read(self.array.at(index))
    }
}

/// How much text a message may still bring.
struct TextBudget {
    left: u32,
}

impl TextBudget {
    fn required(&mut self, value: &JsValue, place: Place) -> Result<String, JsValue> {
        let Some(string) = value.dyn_ref::<JsString>() else {
            return Err(place.error("must be a string"));
        };
        self.left = self.left.checked_sub(string.length()).ok_or_else(|| {
            milguard_error(Code::MessageTooLarge, "the message has too much text")
        })?;
        value.as_string().ok_or_else(|| place.error("must be a string"))
    }

    /// A list that may be left out.
    fn list(
        &mut self,
        value: Result<JsValue, JsValue>,
        property: &'static str,
    ) -> Result<Vec<String>, JsValue> {
        let given = Place::Property(property).read(value)?;
        let mut texts = Vec::new();
        if !is_absent(&given) {
            let list = List::of(&given, property)?;
            for index in 0..list.length {
                texts.push(self.required(&list.get(index)?, Place::Entry(property, index))?);
            }
        }
        Ok(texts)
    }

    fn optional(
        &mut self,
        value: Result<JsValue, JsValue>,
        place: Place,
    ) -> Result<Option<String>, JsValue> {
        let value = place.read(value)?;
        if is_absent(&value) { Ok(None) } else { self.required(&value, place).map(Some) }
    }
}

/// Mail clients say `null` as readily as they leave a property out.
fn is_absent(value: &JsValue) -> bool {
    value.is_undefined() || value.is_null()
}

/// Where in a message something is wrong.
#[derive(Clone, Copy)]
enum Place {
    Message,
    Property(&'static str),
    Entry(&'static str, u32),
    Recipient(u32, &'static str),
}

const UNREADABLE: &str = "cannot be read";

impl Place {
    fn read(self, value: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
        value.map_err(|_| self.error(UNREADABLE))
    }

    #[cold]
    fn error(self, problem: &str) -> JsValue {
        let place = match self {
            Self::Message => "the message".to_owned(),
            Self::Property(property) => property.to_owned(),
            Self::Entry(list, index) => [list, "[", &index.to_string(), "]"].concat(),
            Self::Recipient(index, property) => {
                ["recipients[", &index.to_string(), "].", property].concat()
            }
        };
        milguard_error(Code::InvalidMessage, &[&place, " ", problem].concat())
    }
}
