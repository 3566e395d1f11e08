//! The refusals that several routes of `/v1` share, as `/openapi.json` describes them.

use std::collections::BTreeMap;

use utoipa::{
    IntoResponses, PartialSchema,
    openapi::{
        ContentBuilder, HeaderBuilder, Ref, RefOr,
        response::{Response, ResponseBuilder},
    },
};

/// How a route refuses a body of another form than JSON.
pub(super) struct BodyRefusals;

/// How a route refuses a small body, and one that the database cannot take now.
pub(super) struct NoteRefusals;

/// How a route refuses a client by its key.
pub(crate) struct KeyRefusals;

/// How a route for reports refuses a request.
pub(super) struct ReportRefusals;

type Responses = BTreeMap<String, RefOr<Response>>;

impl IntoResponses for BodyRefusals {
    fn responses() -> Responses {
        problems([
            (400, "Not JSON"),
            (415, "The Content-Type is not JSON, or the body is compressed"),
        ])
    }
}

impl IntoResponses for NoteRefusals {
    fn responses() -> Responses {
        let seconds = HeaderBuilder::new().schema(Some(u64::schema())).description(Some("Seconds"));
        let away = problem("The database does not answer: try again later");
        let away = away.header("Retry-After", seconds.build());
        let mut responses = problems([(413, "Too large")]);
        responses.insert("503".to_owned(), away.into());
        responses
    }
}

impl IntoResponses for KeyRefusals {
    fn responses() -> Responses {
        problems([
            (401, "The key is missing or unknown: enrol again"),
            (403, "The client was shut out"),
        ])
    }
}

impl IntoResponses for ReportRefusals {
    fn responses() -> Responses {
        problems([
            (400, "A parameter is invalid"),
            (401, "No token, or one that is not valid"),
            (503, "The database does not answer"),
        ])
    }
}

fn problems<const N: usize>(refusals: [(u16, &str); N]) -> Responses {
    let refusals = refusals.into_iter();
    refusals.map(|(status, text)| (status.to_string(), problem(text).into())).collect()
}

fn problem(text: &str) -> ResponseBuilder {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new().description(text).content("application/problem+json", content.build())
}
