//! From a JavaScript policy to [`Policy`]: a deserializer for what JSON can hold.
//!
//! It knows what the types of a policy ask for and no more. serde-wasm-bindgen knows all of serde;
//! with it the module is 12 KB larger after compression (docs/decisions/javascript-boundary.md).

use std::fmt::{self, Display};

use js_sys::{Array, JSON, Object};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected};
use serde::de::{MapAccess, SeqAccess, Visitor};
use wasm_bindgen::prelude::*;

use super::error::{Code, milguard_error};
use crate::policy::Policy;

/// Reads `policy`; the built-in default where there is none.
///
/// A policy is a JSON document and is taken as one: what JSON cannot hold (functions, cycles) and
/// getters that throw are refused before any conversion runs.
///
/// # Errors
///
/// A `MilguardError` with the code `invalid-policy` that names the path of what is wrong.
pub(super) fn read(policy: &JsValue) -> Result<Policy, JsValue> {
    if policy.is_undefined() || policy.is_null() {
        return Ok(Policy::default());
    }
    let refuse = |problem: &str| milguard_error(Code::InvalidPolicy, problem);
    let text = JSON::stringify(policy).ok().and_then(|text| text.as_string());
    let plain = text.and_then(|text| JSON::parse(&text).ok());
    let plain = plain.ok_or_else(|| refuse("the policy is not a JSON document"))?;
    Policy::deserialize(Node(plain)).map_err(|problem| refuse(&problem.to_string()))
}

/// A value made by `JSON.parse`.
struct Node(JsValue);

impl Node {
    /// The value as an integer from 0 to `max`.
    fn integer(&self, max: u64) -> Result<u64, Problem> {
        let number = self.0.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an integer that is not negative; a large one saturates and exceeds `max`"
        )]
        let integer = number.map(|number| number as u64).filter(|integer| *integer <= max);
        integer
            .ok_or_else(|| Problem::new(["must be an integer up to ", &max.to_string()].concat()))
    }
}

impl<'de> Deserializer<'de> for Node {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Problem> {
        Err(Problem::new("is of a type that no policy has"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        let value = self.0.as_bool().ok_or_else(|| Problem::new("must be true or false"))?;
        visitor.visit_bool(value)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_u64(self.integer(u32::MAX.into())?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_u64(self.integer(MAX_SAFE_INTEGER)?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_string(self.0.as_string().ok_or_else(|| Problem::new("must be a string"))?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_string(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        let name = self.0.as_string().filter(|name| variants.contains(&name.as_str()));
        let name =
            name.ok_or_else(|| Problem::new(["must be ", &variants.join(" or ")].concat()))?;
        visitor.visit_enum(name.into_deserializer())
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if !Array::is_array(&self.0) {
            return Err(Problem::new("must be an array"));
        }
        visitor.visit_seq(List { values: self.0.unchecked_into(), next: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        if !self.0.is_object() || Array::is_array(&self.0) {
            return Err(Problem::new("must be an object"));
        }
        let entries = Object::entries(self.0.unchecked_ref());
        visitor.visit_map(Members { entries, next: 0, value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        self.deserialize_map(visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char str bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct
    }
}

struct List {
    values: Array,
    next: u32,
}

impl<'de> SeqAccess<'de> for List {
    type Error = Problem;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Problem> {
        let index = self.next;
        if index >= self.values.length() {
            return Ok(None);
        }
        self.next += 1;
        let value = seed.deserialize(Node(self.values.get(index)));
        value.map(Some).map_err(|problem| problem.below(&format!("[{index}]")))
    }
}

struct Members {
    entries: Array,
    next: u32,
    value: Option<(String, JsValue)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Problem> {
        if self.next >= self.entries.length() {
            return Ok(None);
        }
        let member: Array = self.entries.get(self.next).unchecked_into();
        self.next += 1;
        let name = member.get(0).as_string().unwrap_or_default();
        self.value = Some((name.clone(), member.get(1)));
        seed.deserialize(name.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(Node(value)).map_err(|problem| problem.below(&name))
    }
}

/// What is wrong with a policy, and where: a path as in [`crate::policy`].
#[derive(Debug)]
struct Problem {
    path: String,
    message: String,
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into() }
    }

    /// The same problem, seen from the object or array that holds `member`.
    fn below(mut self, member: &str) -> Self {
        if !self.path.is_empty() && !self.path.starts_with('[') {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, member);
        self
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.path.is_empty() { "the policy" } else { &self.path };
        write!(f, "{place}: {}", self.message)
    }
}

impl std::error::Error for Problem {}

// The provided methods print the unexpected value, for which they bring the formatting of floating
// point numbers along: 14 KB of code.
impl serde::de::Error for Problem {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("must be {expected}"))
    }
}

/// `Number.MAX_SAFE_INTEGER`.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
