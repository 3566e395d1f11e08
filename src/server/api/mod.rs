//! `/v1`: the interface for add-ins.

pub(crate) mod admin;
mod authentication;
mod client;
mod clients;
mod contacts;
mod directory;
mod enrol;
mod event_in;
mod events;
mod group_policy;
mod json_body;
mod key;
mod lessons;
mod policy;
mod refusals;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::state::AppState;

pub(crate) use client::Client;
pub(crate) use clients::Clients;
pub(crate) use directory::{Deployed, Directory};
pub(crate) use policy::unchanged_policy;
pub(crate) use refusals::KeyRefusals;

/// The routes, each described for `/openapi.json`.
pub(super) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(enrol::post_enrol))
        .routes(routes!(events::post_events))
        .routes(routes!(lessons::post_lesson))
        .routes(routes!(policy::get_policy))
        .with_state(state)
}
