//! `/admin`: the pages for administrators.

use axum::Router;

use super::state::AppState;

/// The routes below `/admin`.
pub(super) fn router(state: AppState) -> Router {
    Router::new().with_state(state)
}
