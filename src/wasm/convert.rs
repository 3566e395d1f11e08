//! Converts derived types to JavaScript values and back, by `serde-wasm-bindgen`. Errors name the path of a wrong
//! value and never its content.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Path;
use serde_wasm_bindgen::{Deserializer, Serializer};
use wasm_bindgen::JsValue;

/// An error about a value and its place: a path as in [`crate::policy`], empty for the value as a whole.
pub(super) struct Problem {
    pub(super) path: String,
    pub(super) message: String,
}

/// Reads a plain value: one without getters that throw, which `www/shared/message.js` has copied or `JSON.parse`
/// has made.
pub(super) fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Deserializer::from(value)).map_err(|error| {
        let path = if is_root(error.path()) { String::new() } else { error.path().to_string() };
        Problem { path, message: without_content(&error.inner().to_string()) }
    })
}

/// Absent values become `null`, and maps become objects, as in JSON.
pub(super) fn to_js(value: &impl Serialize) -> JsValue {
    // Only a key that is not a string could fail, and no type here has one.
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

fn is_root(path: &Path) -> bool {
    path.iter().next().is_none()
}

/// Serde's messages quote the value; the expected type says enough.
fn without_content(message: &str) -> String {
    if let Some(name) = after(message, "missing field ") {
        let name = name.split('`').nth(1).unwrap_or_default();
        return ["misses the property ", name].concat();
    }
    let Some(expected) = after(message, ", expected ") else {
        return "has a wrong type".to_owned();
    };
    let expected = match expected.lines().next().unwrap_or_default() {
        "a sequence" => "an array",
        "a map" => "an object",
        "a boolean" => "true or false",
        expected if expected.starts_with("struct ") => "an object",
        expected if expected.starts_with("a tuple of size 2") => "a pair of numbers",
        expected => expected,
    };
    ["must be ", &expected.replace('`', "")].concat()
}

/// The text after the first `mark`. The standard library's search for a text, which also formats its own errors,
/// would make the script larger by more than 2 KB.
fn after<'a>(message: &'a str, mark: &str) -> Option<&'a str> {
    let at = message.as_bytes().windows(mark.len()).position(|it| it == mark.as_bytes())?;
    message.get(at + mark.len()..)
}
