//! Reads JSON that people wrote.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::document::Policy;
use super::error::PolicyError;
use super::number::integer;
use super::schema::join;

impl Policy {
    /// Reads a policy as clients do: it ignores members that this release does not know.
    ///
    /// # Errors
    ///
    /// The first error; for JSON that cannot be read, with line and column.
    pub fn from_json(text: &[u8]) -> Result<Self, PolicyError> {
        let policy: Self = serde_json::from_str(decode(text).map_err(at_top)?)
            .map_err(|error| at_top(located(&error)))?;
        policy.validate()?;
        Ok(policy)
    }
}

fn at_top(message: String) -> PolicyError {
    PolicyError::new("", message)
}

/// The text without a byte-order mark, which editors on Windows add.
fn decode(text: &[u8]) -> Result<&str, String> {
    let decoded = std::str::from_utf8(text).map_err(|error| {
        let line = text.iter().take(error.valid_up_to()).filter(|&&b| b == b'\n').count() + 1;
        format!("line {line}: is not UTF-8; save the file with that encoding")
    })?;
    Ok(decoded.strip_prefix('\u{feff}').unwrap_or(decoded))
}

fn located(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    format!("line {}, column {}: {message}", error.line(), error.column())
}

/// Reads a JSON text, and finds the paths of members that it contains twice. Other readers ignore
/// such duplicates (RFC 8259 §4 leaves open which one counts; here the last).
///
/// # Errors
///
/// The error, with line and column.
pub(super) fn read(text: &[u8]) -> Result<(Value, Vec<String>), String> {
    let text = decode(text)?;
    let repeated = RefCell::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Reader { path: String::new(), repeated: &repeated }.deserialize(&mut reader);
    let value = value.and_then(|value| reader.end().map(|()| value)).map_err(|e| located(&e))?;
    Ok((value, repeated.into_inner()))
}

struct Reader<'a> {
    path: String,
    repeated: &'a RefCell<Vec<String>>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(match integer(value) {
            Some(integer) => integer.into(),
            None => Number::from_f64(value).map_or(Value::Null, Value::Number),
        })
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let path = format!("{}[{}]", self.path, items.len());
            match seq.next_element_seed(Reader { path, repeated: self.repeated })? {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let path = join(&self.path, &name);
            if members.contains_key(&name) {
                self.repeated.borrow_mut().push(path.clone());
            }
            let value = map.next_value_seed(Reader { path, repeated: self.repeated })?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
