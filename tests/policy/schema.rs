//! The JSON Schema that is checked in.

use milguard::policy::{schema, schema_text};
use serde_json::Value;

#[test]
fn is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/policy.schema.json");
    let checked_in = std::fs::read_to_string(path).expect("docs/policy.schema.json");
    assert!(
        checked_in.replace("\r\n", "\n") == schema_text(),
        "docs/policy.schema.json is not what the types say; regenerate it: \
         cargo run -- policy schema > docs/policy.schema.json"
    );
}

/// Every member is described, every list, text and number is bounded, nothing unknown is let in.
#[test]
fn is_complete() {
    fn visit(schema: &Value, path: &str, member: bool) {
        let has = |name: &str| schema.get(name).is_some();
        if member {
            assert!(has("description"), "{path} is not described");
        }
        let kinds = schema.get("type").map(Value::to_string).unwrap_or_default();
        if kinds.contains("string") && !has("const") && !path.ends_with("$schema") {
            assert!(has("maxLength"), "{path} is not bounded");
        }
        if kinds.contains("integer") {
            assert!(has("minimum") && has("maximum"), "{path} is not bounded");
        }
        if kinds.contains("array") {
            assert!(has("maxItems"), "{path} is not bounded");
            visit(&schema["items"], &format!("{path}[]"), false);
        }
        if kinds.contains("object") {
            assert!(has("additionalProperties"), "{path} is open");
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                visit(member, &format!("{path}.{name}"), true);
            }
        }
        for choice in schema["oneOf"].as_array().into_iter().flatten() {
            visit(choice, &format!("{path} {}", choice["const"]), true);
        }
    }
    visit(schema(), "", true);
    for (name, definition) in schema()["$defs"].as_object().expect("definitions") {
        visit(definition, name, true);
    }
}
