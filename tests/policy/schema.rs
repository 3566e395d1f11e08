//! The JSON Schema of a policy, which `milguard policy schema` prints.

use milguard::policy::schema;
use serde_json::Value;

/// Every member is described, every list, text and number is bounded, and unknown members are
/// refused.
#[test]
fn the_schema_describes_and_bounds_every_member() {
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

#[test]
fn the_manual_names_every_member_and_value() {
    let manual = include_str!("../../docs/policy.md");
    let named = |name: &str| assert!(manual.contains(&format!("`{name}`")), "{name} is missing");
    let members = |schema: &Value| -> Vec<String> {
        schema["properties"].as_object().into_iter().flat_map(|it| it.keys().cloned()).collect()
    };
    let defs = schema()["$defs"].as_object().expect("definitions");
    for member in members(schema()).into_iter().filter(|member| member != "$schema") {
        let reference = schema()["properties"][&member]["$ref"].as_str().unwrap_or_default();
        let inner = defs.get(reference.trim_start_matches("#/$defs/")).map(members);
        match inner {
            Some(inner) if !inner.is_empty() => {
                for inner in inner {
                    named(&format!("{member}.{inner}"));
                }
            }
            _ => named(&member),
        }
    }
    for member in members(&defs["Texts"]) {
        named(&member);
    }
    for choice in defs.values().filter_map(|it| it["oneOf"].as_array()).flatten() {
        named(choice["const"].as_str().expect("a name"));
    }
    for preset in milguard::policy::Preset::ALL {
        named(preset.as_str());
    }
}
