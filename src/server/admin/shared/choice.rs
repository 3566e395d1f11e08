//! What lists of choices hold.

use std::collections::BTreeMap;

/// A value to choose in a list.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) chosen: bool,
}

/// Groups to choose from.
pub(crate) fn choices(names: &BTreeMap<String, String>, chosen: &str) -> Vec<Choice> {
    let known = names.iter().map(|(id, name)| Choice {
        value: id.clone(),
        name: name.clone(),
        chosen: id == chosen,
    });
    known.collect()
}
