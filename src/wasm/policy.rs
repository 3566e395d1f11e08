//! A policy as JavaScript gives it.

use js_sys::{Array, JSON};
use wasm_bindgen::JsValue;

use super::convert::{Problem, from_js};
use super::error::{Code, milguard_error};
use crate::policy::Policy;

/// Reads `policy`; the built-in default if there is none.
///
/// A policy is a JSON document. Values that JSON cannot hold (functions, cycles) and getters that
/// throw are refused before any conversion runs.
///
/// # Errors
///
/// A `MilguardError` with the code `invalid-policy` that names the path of the error.
pub(super) fn read(policy: &JsValue) -> Result<Policy, JsValue> {
    if policy.is_undefined() || policy.is_null() {
        return Ok(Policy::default());
    }
    let text = JSON::stringify(policy).ok().and_then(|text| text.as_string());
    let plain = text.and_then(|text| JSON::parse(&text).ok());
    let plain = plain
        .ok_or_else(|| milguard_error(Code::InvalidPolicy, "the policy is not a JSON document"))?;
    if Array::is_array(&plain) {
        return Err(refuse("the policy", "must be an object"));
    }
    from_js(plain).map_err(|Problem { path, message }| {
        refuse(if path.is_empty() { "the policy" } else { &path }, &message)
    })
}

/// An error at `path`.
pub(super) fn refuse(path: &str, message: &str) -> JsValue {
    let colon = if path.is_empty() { "" } else { ": " };
    milguard_error(Code::InvalidPolicy, &[path, colon, message].concat())
}
