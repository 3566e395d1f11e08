//! `/v1`: what add-ins ask for and report to.

use utoipa_axum::router::OpenApiRouter;

use super::state::AppState;

/// The routes, each described for `/openapi.json`.
pub(super) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new().with_state(state)
}
