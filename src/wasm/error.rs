//! `MilguardError`: an `Error` with a stable `code`.

use js_sys::Error;
use wasm_bindgen::prelude::*;

/// The kind of error, for programs. `types.d.ts` has the names too.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::enum_variant_names, reason = "as the codes are called in JavaScript")]
pub(super) enum Code {
    InvalidPolicy,
    InvalidMessage,
    #[cfg(not(milguard_script))]
    InvalidReport,
}

impl Code {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidPolicy => "invalid-policy",
            Self::InvalidMessage => "invalid-message",
            #[cfg(not(milguard_script))]
            Self::InvalidReport => "invalid-report",
        }
    }
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = Error)]
    type MilguardError;

    #[wasm_bindgen(method, setter, structural)]
    fn set_code(this: &MilguardError, code: &str);
}

/// The value to throw. `message` is for people: it names the property, never its content.
pub(super) fn milguard_error(code: Code, message: &str) -> JsValue {
    let error: MilguardError = Error::new(message).unchecked_into();
    error.set_name("MilguardError");
    error.set_code(code.as_str());
    error.into()
}
