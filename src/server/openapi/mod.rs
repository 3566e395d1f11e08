//! The description of the interface for programs: OpenAPI 3.1, from the code that answers. `page` shows it to people.

mod page;

use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::bundle::Origin;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Milguard",
        description = "Add-ins fetch policies from an organisation's server and report to it; operators watch it.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    modifiers(&Schemes),
    tags(
        (name = "clients", description = "For add-ins and gateways, which enrol with the token of their group."),
        (name = "reports", description = "For programs of the organisation, with a token made on the dashboard."),
        (name = "operations", description = "For those who run the server."),
    ),
)]
struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut openapi::OpenApi) {
        let components = openapi.components.get_or_insert_default();
        for (name, description) in [
            (
                "enrolmentToken",
                "The token of a deployment, which its add-ins are installed with. It only enrols.",
            ),
            ("clientKey", "The key of one client, from POST /v1/enrol."),
            ("apiToken", "A token made on the dashboard, under API tokens."),
            ("metricsToken", "The token that --metrics-token sets."),
        ] {
            let mut scheme = Http::new(HttpAuthScheme::Bearer);
            scheme.description = Some(description.to_owned());
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}

/// The document that routes are added to.
pub(super) fn description() -> openapi::OpenApi {
    Description::openapi()
}

/// `/openapi.json`, and `/api/` for people, as files like any other.
pub(super) fn files(mut description: openapi::OpenApi, origin: &Origin) -> [(String, Vec<u8>); 2] {
    description.servers = Some(vec![openapi::Server::new(origin.base())]);
    // The document is plain data, so serialising and rendering it cannot fail.
    let value = serde_json::to_value(description).unwrap_or_default();
    let page = page::render(&value).unwrap_or_default();
    [
        ("/openapi.json".to_owned(), format!("{value:#}\n").into_bytes()),
        ("/api/index.html".to_owned(), page.into_bytes()),
    ]
}
