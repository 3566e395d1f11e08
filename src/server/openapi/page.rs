//! The page for people: the same description as HTML, without a script.

use askama::Template;
use serde_json::{Map, Value};

/// The values for the template. All are text.
#[derive(Template)]
#[template(path = "api.html", whitespace = "preserve")]
struct Page {
    title: String,
    description: String,
    version: String,
    operations: Vec<Operation>,
    objects: Vec<Object>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    description: String,
    access: Option<String>,
    parameters: Vec<Parameter>,
    body: Option<String>,
    responses: Vec<Answer>,
}

/// A parameter of an operation or a field of an object.
struct Parameter {
    name: String,
    place: String,
    kind: String,
    is_required: bool,
    description: String,
}

struct Answer {
    status: String,
    description: String,
    body: String,
}

struct Object {
    name: String,
    description: String,
    parameters: Vec<Parameter>,
}

/// The page for a description.
pub(super) fn render(description: &Value) -> Result<String, askama::Error> {
    let info = &description["info"];
    let page = Page {
        title: text(&info["title"]),
        description: text(&info["description"]),
        version: text(&info["version"]),
        operations: operations(description),
        objects: objects(description),
    };
    page.render()
}

fn operations(description: &Value) -> Vec<Operation> {
    let mut out = Vec::new();
    for (path, methods) in members(&description["paths"]) {
        for (method, operation) in members(methods) {
            let responses = members(&operation["responses"]).map(|(status, response)| Answer {
                status: status.clone(),
                description: text(&response["description"]),
                body: content(response).unwrap_or_default(),
            });
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            out.push(Operation {
                id: text(&operation["operationId"]),
                method: method.to_ascii_uppercase(),
                path: path.clone(),
                summary: text(&operation["summary"]),
                description: text(&operation["description"]),
                access: access(description, operation),
                parameters: parameters.iter().map(parameter).collect(),
                body: content(&operation["requestBody"]),
                responses: responses.collect(),
            });
        }
    }
    out
}

fn parameter(parameter: &Value) -> Parameter {
    Parameter {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        is_required: parameter["required"] == true,
        description: text(&parameter["description"]),
    }
}

/// The token that an operation needs.
fn access(description: &Value, operation: &Value) -> Option<String> {
    let schemes = operation["security"].as_array()?;
    let names = schemes.iter().filter_map(Value::as_object).flat_map(Map::keys);
    let texts = names.map(|name| {
        let scheme = &description["components"]["securitySchemes"][name];
        format!("Send as `Authorization: Bearer …`: {}", text(&scheme["description"]))
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn objects(description: &Value) -> Vec<Object> {
    let schemas = members(&description["components"]["schemas"]);
    let object = |(name, schema): (&String, &Value)| {
        let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        let fields = members(&schema["properties"]).map(|(name, field)| Parameter {
            name: name.clone(),
            place: String::new(),
            kind: kind(field),
            is_required: required.iter().any(|required| required == name.as_str()),
            description: text(&field["description"]),
        });
        let (name, parameters) = (name.clone(), fields.collect());
        Object { name, description: text(&schema["description"]), parameters }
    };
    schemas.map(object).collect()
}

/// The media type of a body and its contents.
fn content(of: &Value) -> Option<String> {
    let (media, body) = members(&of["content"]).next()?;
    Some(match kind(&body["schema"]).as_str() {
        "" => media.clone(),
        kind => format!("{kind} ({media})"),
    })
}

/// A schema in few words.
fn kind(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(text).collect::<Vec<_>>().join(", ");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = schema[choice].as_array() {
            let kinds = schemas.iter().map(kind).filter(|kind| kind != "null");
            return kinds.collect::<Vec<_>>().join(" or ");
        }
    }
    let name = match &schema["type"] {
        Value::Array(names) => {
            let names = names.iter().map(text).filter(|name| name != "null");
            names.collect::<Vec<_>>().join(" or ")
        }
        name => text(name),
    };
    match name.as_str() {
        "array" => format!("list of {}", kind(&schema["items"])),
        _ => name,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
