//! The form for the members of a policy that administrators change most: from a document to fields,
//! and back.
//!
//! A field that is left empty leaves its member out, so that the layers below decide. Members that the
//! form does not show (texts, and those that a later release may add) stay as they are in the document.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{Reason, Severity};

/// Members that hold a list, with one entry a line in the form.
pub(crate) const LISTS: [&str; 6] =
    ["protected.suffixes", "protected.domains", "allow", "deny", "markings.words", "locked"];

/// Members with one of several words.
pub(crate) const CHOICES: [(&str, &[&str]); 6] = [
    ("mode", &["enforce", "audit"]),
    ("mute", &["real-domains", "off"]),
    ("override.warn", &["allowed", "justification", "never"]),
    ("override.block", &["allowed", "justification", "never"]),
    ("reporting", &["off", "counts", "domain", "address"]),
    ("onFailure", &["ask", "allow", "block"]),
];

/// Members that are true or false.
pub(crate) const SWITCHES: [&str; 2] = ["protected.builtin", "markings.enabled"];

/// The fields of the form by name, as a browser sends them.
pub(crate) type Fields = BTreeMap<String, String>;

/// The fields that show `document`.
pub(crate) fn from_document(document: &Value) -> Fields {
    let mut fields = Fields::new();
    for path in LISTS {
        let entries = at(document, path).and_then(Value::as_array);
        let entries: Vec<&str> = entries.into_iter().flatten().filter_map(Value::as_str).collect();
        fields.insert(path.to_owned(), entries.join("\n"));
    }
    let texts = CHOICES.iter().map(|(path, _)| *path).chain(["trainingUrl"]);
    for path in texts {
        let text = at(document, path).and_then(Value::as_str).unwrap_or_default();
        fields.insert(path.to_owned(), text.to_owned());
    }
    for reason in Reason::ALL {
        let path = format!("severity.{}", reason.as_str());
        let severity = at(document, &path).and_then(Value::as_str).unwrap_or_default();
        fields.insert(path, severity.to_owned());
    }
    let countdown = at(document, "countdown").map_or_else(String::new, Value::to_string);
    fields.insert("countdown".to_owned(), countdown);
    for path in SWITCHES {
        let is_on = at(document, path).and_then(Value::as_bool);
        let shown = is_on.map_or("", |is_on| if is_on { "on" } else { "off" });
        fields.insert(path.to_owned(), shown.to_owned());
    }
    fields
}

/// Writes the fields into `document`. A wrong entry is written unchanged, and the linter reports it
/// at its place.
pub(crate) fn to_document(document: Value, fields: &Fields) -> Value {
    let mut members = match document {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    let get = |path: &str| fields.get(path).map(|text| text.trim()).unwrap_or_default();
    for path in LISTS {
        let entries = get(path).lines().map(str::trim).filter(|line| !line.is_empty());
        let entries: Vec<Value> = entries.map(Value::from).collect();
        set(&mut members, path, (!entries.is_empty()).then_some(Value::Array(entries)));
    }
    let texts = CHOICES.iter().map(|(path, _)| *path).chain(["trainingUrl"]);
    for path in texts {
        let text = get(path);
        set(&mut members, path, (!text.is_empty()).then(|| text.into()));
    }
    for reason in Reason::ALL {
        let path = format!("severity.{}", reason.as_str());
        let severity = get(&path);
        set(&mut members, &path, (!severity.is_empty()).then(|| severity.into()));
    }
    let countdown = get("countdown");
    let number = countdown.parse::<u64>().map_or_else(|_| countdown.into(), |number| json!(number));
    set(&mut members, "countdown", (!countdown.is_empty()).then_some(number));
    for path in SWITCHES {
        let is_on = match get(path) {
            "on" => Some(true.into()),
            "off" => Some(false.into()),
            _ => None,
        };
        set(&mut members, path, is_on);
    }
    Value::Object(members)
}

/// The severities that a form offers.
pub(crate) fn severities() -> [&'static str; 4] {
    Severity::ALL.map(Severity::as_str)
}

fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, name| value.get(name))
}

/// Sets a member, or removes it together with an object that becomes empty.
fn set(members: &mut Map<String, Value>, path: &str, value: Option<Value>) {
    let Some((first, rest)) = path.split_once('.') else {
        match value {
            Some(value) => drop(members.insert(path.to_owned(), value)),
            None => drop(members.shift_remove(path)),
        }
        return;
    };
    if value.is_none() && !members.contains_key(first) {
        return;
    }
    let entry = members.entry(first.to_owned()).or_insert_with(|| Map::new().into());
    if let Value::Object(inner) = entry {
        set(inner, rest, value);
        if inner.is_empty() {
            members.shift_remove(first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Preset;

    #[test]
    fn a_form_that_is_sent_as_it_was_shown_changes_nothing() {
        let full = json!({
            "mode": "audit", "protected": { "builtin": false, "suffixes": ["mod.uk"], "domains": ["army.nl"] },
            "allow": ["a.example"], "deny": ["*.ml", "-*.gov.ml"],
            "severity": { "suffix-typo": "block" }, "mute": "off",
            "override": { "warn": "justification" }, "countdown": 5,
            "texts": { "de": { "title": "Halt" } }, "trainingUrl": "https://example.mil/x",
            "reporting": "domain", "markings": { "enabled": false, "words": ["Project X"] },
            "onFailure": "block", "locked": ["mode"], "somethingNew": 1,
        });
        for document in [json!({}), full] {
            assert_eq!(to_document(document.clone(), &from_document(&document)), document);
        }
    }

    #[test]
    fn a_preset_keeps_its_meaning_when_the_form_is_saved_unchanged() {
        for preset in Preset::ALL {
            let document: Value = serde_json::from_str(preset.text()).unwrap();
            let through = to_document(document.clone(), &from_document(&document));
            let policy: crate::Policy = serde_json::from_value(through).unwrap();
            assert_eq!(policy, preset.policy(), "{}", preset.as_str());
        }
    }

    #[test]
    fn an_empty_field_removes_its_member_from_the_document() {
        let document =
            json!({ "mode": "audit", "override": { "warn": "never" }, "deny": ["x.example"] });
        let mut fields = from_document(&document);
        for field in ["mode", "override.warn", "deny"] {
            fields.insert(field.to_owned(), " \n ".to_owned());
        }
        assert_eq!(to_document(document, &fields), json!({}));
    }

    #[test]
    fn the_check_finds_a_wrong_entry_of_the_form() {
        let mut fields = Fields::new();
        fields.insert("countdown".to_owned(), "soon".to_owned());
        fields.insert("mode".to_owned(), "loud".to_owned());
        let document = to_document(json!({}), &fields);
        assert_eq!(document, json!({ "mode": "loud", "countdown": "soon" }));
        let text = document.to_string();
        let paths: Vec<_> =
            crate::lint::lint(text.as_bytes()).problems.into_iter().map(|it| it.path).collect();
        assert!(
            paths.contains(&"mode".to_owned()) && paths.contains(&"countdown".to_owned()),
            "{paths:?}"
        );
    }
}
