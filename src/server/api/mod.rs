//! `/v1`: what add-ins ask for and report to.

mod body;
mod client;
mod clients;
mod directory;
mod event_in;
mod events;
mod policy;
mod rates;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::state::AppState;

pub(crate) use client::Client;
pub(crate) use clients::Clients;
pub(crate) use policy::unchanged_policy;
pub(crate) use rates::Rates;

pub(crate) use body::{Bodies, Read};
use directory::Directory;

/// The routes, each described for `/openapi.json`.
pub(super) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(events::post_events))
        .routes(routes!(policy::get_policy))
        .with_state(state)
}
