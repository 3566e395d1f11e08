//! The JavaScript boundary: only conversions, since every rule stays in [`crate::detect`].
//!
//! There are two builds (docs/decisions/javascript-builds.md): an ES module with WebAssembly, and
//! one classic ES2016 script without it. Both offer the same class; `types.d.ts` beside this file
//! is its contract and becomes part of the generated declarations.
//!
//! Derived types cross by `serde-wasm-bindgen`. A host's object may have getters that throw and lists that lie
//! about their length, so `www/shared/message.js` copies a message first; `JSON` copies a policy. Strings may
//! contain lone surrogates: they become U+FFFD, which no mailbox may contain. Every error ends in a
//! `MilguardError`, never in a panic, which would leave the instance unusable.

mod convert;
mod error;
mod message;
mod policy;
#[cfg(not(milguard_script))]
pub mod recipients;
mod report;
#[cfg(not(milguard_script))]
pub mod view;

use wasm_bindgen::prelude::*;

use self::message::OwnedMessage;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Checks the recipients of a draft against a policy. Build it once and keep it: a new policy needs
/// a new checker. It holds memory outside the JavaScript heap until it is collected; `free()`
/// returns this memory at once.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Checker {
    inner: crate::Checker,
}

#[wasm_bindgen]
impl Checker {
    /// Compiles a policy; without one (or with `null`), the built-in default.
    ///
    /// # Errors
    ///
    /// A `MilguardError` with the code `invalid-policy` when the policy is not valid.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(unchecked_optional_param_type = "object | null")] policy: &JsValue,
    ) -> Result<Checker, JsValue> {
        let policy = policy::read(policy)?;
        let inner = crate::Checker::new(&policy)
            .map_err(|error| policy::refuse(&error.path, &error.message))?;
        Ok(Self { inner })
    }

    /// Checks all recipients of a message together: one entry for each, in the same order.
    ///
    /// # Errors
    ///
    /// A `MilguardError` with the code `invalid-message` when the message is not of the declared
    /// shape.
    #[wasm_bindgen(unchecked_return_type = "Report")]
    pub fn check(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Message")] message: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let message = OwnedMessage::read(message)?;
        let report = message.with(|message| self.inner.check(message));
        Ok(report::write(&report, &message))
    }
}

/// The version of Milguard, as in its packages.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
