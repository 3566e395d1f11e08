//! Values for lists of choices.

use std::collections::BTreeMap;

use super::tree::{depth, sort_as_tree};
use crate::store::Group;

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

/// Groups to choose from, each indented below its parent.
pub(crate) fn tree_choices(groups: &[Group], chosen: &str) -> Vec<Choice> {
    let mut sorted: Vec<&Group> = groups.iter().collect();
    sort_as_tree(&mut sorted, |group| group);
    let choice = |group: &Group| Choice {
        // Browsers keep an em space at the beginning of a choice, and remove other spaces.
        name: "\u{2003}".repeat(depth(groups, group)) + &group.name,
        chosen: group.id == chosen,
        value: group.id.clone(),
    };
    sorted.into_iter().map(choice).collect()
}
