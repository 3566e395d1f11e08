//! Policies on top of one another: organisation, group, client.
//!
//! Layers are merged as JSON, because only the document says what a layer sets and what it leaves
//! out. A later layer replaces single values; objects are merged member by member; lists are added
//! to, so that an organisation's deny list holds for the group that adds a domain of its own (an
//! entry with `-` removes one). What an earlier layer locks, a later one can't change:
//! neither the member nor anything below it, and a locked list can't be added to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::document::Policy;
use super::schema::join;
use super::strict::{Level, Problem, read_strictly};

/// One document and its source.
#[derive(Clone, Debug)]
pub struct Layer {
    name: String,
    document: Map<String, Value>,
}

/// The document that layers make together.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// The names of the layers, in order.
    pub layers: Vec<String>,
    /// What the layers set; defaults are not filled in.
    pub document: Map<String, Value>,
    /// For each path of a single value or list entry, the layer that set it (by number from 0).
    pub origins: BTreeMap<String, usize>,
    /// For each locked path, the layer that locked it.
    pub locks: BTreeMap<String, usize>,
    /// The changes that were refused.
    pub refused: Vec<Refused>,
}

/// A change that a layer was not allowed to make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused {
    /// The layer that tried the change.
    pub layer: usize,
    /// The path that the layer tried to set.
    pub path: String,
    /// The layer that had locked the path.
    pub locked_by: usize,
}

impl Layer {
    /// Reads a document, which need not set everything.
    ///
    /// # Errors
    ///
    /// All problems of level [`Level::Error`].
    pub fn read(name: impl Into<String>, text: &[u8]) -> Result<Self, Vec<Problem>> {
        let strict = read_strictly(text);
        match strict.document {
            Value::Object(document) if strict.errors.is_empty() => {
                Ok(Self { name: name.into(), document })
            }
            _ => {
                let errors = strict.errors.into_iter();
                Err(errors.map(|error| Problem::new(Level::Error, error)).collect())
            }
        }
    }
}

impl Policy {
    /// Puts `layers` on top of one another, the first at the bottom.
    ///
    /// ```
    /// use milguard::Policy;
    /// use milguard::policy::Layer;
    ///
    /// let organisation = br#"{"deny": ["*.ml"], "countdown": 3, "locked": ["countdown"]}"#;
    /// let group = br#"{"deny": ["bad.example"], "countdown": 0}"#;
    /// let merged = Policy::merge(vec![
    ///     Layer::read("organisation", organisation)?,
    ///     Layer::read("group", group)?,
    /// ]);
    /// let policy = merged.policy();
    /// assert_eq!(policy.deny, ["*.ml", "bad.example"]);
    /// assert_eq!(policy.countdown, 3);
    /// assert_eq!(merged.refused[0].path, "countdown");
    /// # Ok::<(), Vec<milguard::policy::Problem>>(())
    /// ```
    pub fn merge(layers: Vec<Layer>) -> Merged {
        let mut merged = Merged::default();
        for (number, layer) in layers.into_iter().enumerate() {
            let mut document = std::mem::take(&mut merged.document);
            merged.add(number, &mut document, layer.document, "");
            merged.document = document;
            merged.layers.push(layer.name);
            let locked = merged.document.get("locked").and_then(Value::as_array);
            for path in locked.into_iter().flatten().filter_map(Value::as_str) {
                merged.locks.entry(path.to_owned()).or_insert(number);
            }
        }
        merged
    }
}

impl Merged {
    /// The effective policy, with defaults filled in.
    pub fn policy(&self) -> Policy {
        // Every layer was read strictly, and merging keeps the kind of each value.
        serde_json::from_value(Value::Object(self.document.clone())).unwrap_or_default()
    }

    /// The layers whose values are at or below `path`, in order; empty for a default.
    pub fn origins_of(&self, path: &str) -> BTreeSet<usize> {
        let origins = self.origins.iter().filter(|(at, _)| is_within(at, path));
        origins.map(|(_, &layer)| layer).collect()
    }

    /// The entries of the list at `path`, by the layer that added them.
    pub fn entries_of(&self, path: &str) -> BTreeMap<usize, Vec<&str>> {
        let mut entries: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        let mut names = path.split('.');
        let first = names.next().and_then(|name| self.document.get(name));
        let list = names.fold(first, |value, name| value?.get(name)).and_then(Value::as_array);
        for (index, entry) in list.into_iter().flatten().enumerate() {
            let origin = self.origins.get(&format!("{path}[{index}]"));
            if let (Some(&layer), Some(entry)) = (origin, entry.as_str()) {
                entries.entry(layer).or_default().push(entry);
            }
        }
        entries
    }

    /// The layer that locked `path` or something above it.
    pub fn locked_by(&self, path: &str) -> Option<usize> {
        self.locks.iter().find(|(lock, _)| is_within(path, lock)).map(|(_, &layer)| layer)
    }

    fn add(
        &mut self,
        layer: usize,
        target: &mut Map<String, Value>,
        source: Map<String, Value>,
        base: &str,
    ) {
        for (name, value) in source {
            let path = join(base, &name);
            if let Value::Object(source) = value {
                let entry = target.entry(name.clone()).or_insert_with(|| Map::new().into());
                if let Value::Object(members) = entry {
                    self.add(layer, members, source, &path);
                    if members.is_empty() {
                        target.remove(&name);
                    }
                }
                continue;
            }
            if let Some(locked_by) = self.locked_by(&path) {
                if target.get(&name) != Some(&value) {
                    self.refused.push(Refused { layer, path, locked_by });
                }
                continue;
            }
            match (target.get_mut(&name), value) {
                (Some(Value::Array(target)), Value::Array(source)) => {
                    self.append(layer, target, source, &path);
                }
                (None, Value::Array(source)) => {
                    let mut items = Vec::new();
                    self.append(layer, &mut items, source, &path);
                    if items.is_empty() {
                        self.origins.insert(path, layer);
                    }
                    target.insert(name, Value::Array(items));
                }
                (_, value) => {
                    target.insert(name, value);
                    self.origins.insert(path, layer);
                }
            }
        }
    }

    fn append(&mut self, layer: usize, target: &mut Vec<Value>, source: Vec<Value>, path: &str) {
        let mut seen: BTreeSet<String> = target.iter().map(Value::to_string).collect();
        for item in source {
            // A layer below may have set an empty list. With this entry, the list is no longer
            // empty.
            self.origins.remove(path);
            if seen.insert(item.to_string()) {
                self.origins.insert(format!("{path}[{}]", target.len()), layer);
                target.push(item);
            }
        }
    }
}

/// Whether `path` is `ancestor` or below it.
fn is_within(path: &str, ancestor: &str) -> bool {
    path.strip_prefix(ancestor).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
