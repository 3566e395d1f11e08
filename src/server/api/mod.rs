//! `/v1`: what add-ins ask for and report to.

mod body;
mod client;
mod clients;
mod directory;
mod event_in;
mod events;
mod policy;
mod rates;

use std::time::Duration;

use axum::http::{Method, header};
use tower_http::cors::{Any, CorsLayer};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::state::AppState;

pub(crate) use clients::Clients;

use body::Bodies;
use directory::Directory;
use rates::Rates;

/// The routes, each described for `/openapi.json`.
pub(super) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(events::post_events))
        .routes(routes!(policy::get_policy))
        .layer(cors())
        .with_state(state)
}

/// Add-ins run in pages and extensions of other origins. Any may ask, since it must show a token; nothing
/// here goes by cookies.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::RETRY_AFTER])
        .max_age(Duration::from_hours(24))
}
