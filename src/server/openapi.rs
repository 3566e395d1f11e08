//! The description of the interface for programs: OpenAPI 3.1, from the code that answers.

use axum::{Router, http::header, response::IntoResponse, routing::get};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Milguard",
        description = "What add-ins ask an organisation's server for and report to it, and what operators watch.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/", description = "This server")),
    modifiers(&Schemes),
    tags(
        (name = "clients", description = "For add-ins, with the token of their group."),
        (name = "operations", description = "For those who run the server."),
    ),
)]
struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (name, description) in [
            ("clientToken", "The token of a group, which its add-ins are installed with."),
            ("metricsToken", "What --metrics-token says."),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// What the routes are added to.
pub(super) fn description() -> openapi::OpenApi {
    Description::openapi()
}

/// `/openapi.json`.
pub(super) fn router(description: &openapi::OpenApi) -> Router {
    // Serialising plain data cannot fail.
    let json = description.to_pretty_json().unwrap_or_default();
    let serve =
        async move || ([(header::CONTENT_TYPE, "application/json")], json.clone()).into_response();
    Router::new().route("/openapi.json", get(serve))
}
