//! The description of the interface: complete, valid in itself, readable without a script.

use serde_json::Value;

use crate::server::client::Running;

fn description(server: &Running) -> Value {
    let response = server.get("/openapi.json");
    assert_eq!(
        (response.status, response.headers["content-type"].as_str()),
        (200, "application/json")
    );
    serde_json::from_str(&response.body).unwrap()
}

#[test]
fn the_description_lists_every_request_of_programs() {
    let server = Running::start();
    let description = description(&server);
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["version"], env!("CARGO_PKG_VERSION"));
    for (path, method) in [
        ("/v1/enrol", "post"),
        ("/v1/policy", "get"),
        ("/v1/events", "post"),
        ("/v1/lessons", "post"),
        ("/v1/domains/{domain}", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    ] {
        let operation = &description["paths"][path][method];
        assert!(operation["summary"].is_string(), "{method} {path}: {operation}");
        assert!(operation["operationId"].is_string(), "{method} {path}");
    }
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let is_known =
                |name: &String| !description["components"]["securitySchemes"][name].is_null();
            for scheme in operation["security"].as_array().into_iter().flatten() {
                assert!(scheme.as_object().unwrap().keys().all(is_known), "{method} {path}");
            }
            if path.starts_with("/v1/") {
                assert!(!operation["security"].is_null(), "{method} {path} says who may ask");
            }
        }
    }
}

#[test]
fn every_reference_in_the_description_has_a_target() {
    fn references<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                out.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, out));
            }
            Value::Array(entries) => entries.iter().for_each(|entry| references(entry, out)),
            _ => {}
        }
    }
    let server = Running::start();
    let description = description(&server);
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect(reference);
        assert!(description.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn the_page_shows_every_operation_and_contains_no_script() {
    let server = Running::start();
    let page = server.get("/api/");
    assert_eq!(
        (page.status, page.headers["content-type"].as_str()),
        (200, "text/html; charset=utf-8")
    );
    let description = description(&server);
    for (path, methods) in description["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            // Tools leave braces unescaped, and a path contains no quotes.
            let heading = format!("<code>{} {path}</code>", method.to_uppercase());
            assert!(page.body.contains(&heading), "{heading}");
        }
    }
    assert!(!page.body.contains("<script"));
    assert!(!page.body.contains("://"), "nothing comes from elsewhere");
}
