//! `docs/event.schema.json`, which authors of clients read, and the server's own description agree.

use serde_json::{Map, Value};

use crate::server::backend::{Backend, Kind};

/// The constraints on a value, without descriptions, names and references.
fn simplify(schema: &Value, root: &Value) -> Value {
    let mut plain = Map::new();
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return simplify(target, root);
    }
    for (name, value) in schema.as_object().unwrap() {
        let value = match &**name {
            // Reading a list checks `uniqueItems`, which its type cannot describe.
            "description" | "title" | "$schema" | "$defs" | "uniqueItems" => continue,
            // The values themselves imply this.
            "type" if schema.get("enum").is_some() => continue,
            "format" if value == "int64" => continue,
            "properties" => {
                let members = value.as_object().unwrap().iter();
                members
                    .map(|(name, value)| (name.clone(), simplify(value, root)))
                    .collect::<Map<_, _>>()
                    .into()
            }
            "items" => simplify(value, root),
            "required" => {
                let mut names: Vec<_> =
                    value.as_array().unwrap().iter().map(Value::to_string).collect();
                names.sort();
                names.into()
            }
            _ => value.clone(),
        };
        plain.insert(name.clone(), value);
    }
    plain.into()
}

#[test]
fn the_schema_of_an_event_is_that_of_the_server() {
    let backend = Backend::start(Kind::Sqlite);
    let openapi: Value =
        serde_json::from_str(&backend.request("GET /openapi.json", "", "").body).unwrap();
    let documented = include_str!("../../docs/event.schema.json");
    let documented: Value = serde_json::from_str(documented).unwrap();
    let own = openapi.pointer("/components/schemas/EventIn").unwrap();
    // The order of the members does not matter.
    assert_eq!(simplify(own, &openapi), simplify(&documented, &documented));
}
