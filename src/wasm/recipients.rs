//! The recipients in a text field.

use wasm_bindgen::prelude::*;

use crate::address::{replace_recipient, split_recipients};

/// Splits what was typed or pasted into a recipient field: the text of each recipient, in order.
/// One that is not well formed is kept as it is, for the checker to judge.
#[wasm_bindgen(js_name = splitRecipients)]
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    let ranges = split_recipients(text).into_iter();
    ranges.filter_map(|range| text.get(range)).map(str::to_owned).collect()
}

/// Gives recipient number `index` of a field the address, or removes the recipient if `address` is
/// `null`. The other recipients, and this one's display name, stay as typed. If there is no such
/// recipient, the text comes back unchanged.
#[wasm_bindgen(js_name = replaceRecipient)]
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "wasm-bindgen passes optional strings by value")]
pub fn replace(
    text: &str,
    index: u32,
    #[wasm_bindgen(unchecked_param_type = "string | null")] address: Option<String>,
) -> String {
    replace_recipient(text, index as usize, address.as_deref()).unwrap_or_else(|| text.to_owned())
}
