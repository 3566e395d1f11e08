//! `/admin`: the dashboard, rendered by the server. `server::api::admin` answers programs.
//!
//! One file for each page (`pages`), one table of them (`table`), one gate before all of them (`auth::access`). The
//! pages need no script; `www/admin` has their styles, and the script that makes charts better.

pub(crate) mod auth;
mod pages;
pub(crate) mod shared;
mod state;

use std::sync::Arc;

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{
    limits::{Bodies, Rates},
    state::AppState,
};
use crate::store::Store;

use auth::{flow, gate::Pages, password::Passwords, sessions, visitor};
use pages::{
    account, alerts, audit, clients, deployments, domains, events, export, exports, filters,
    groups, help, overview, password, policy, report, setup, sign_in, single_sign_on, system,
    tokens, users,
};
use shared::{
    error::AdminError,
    time::{DAY, now},
};
use state::Admin;

pub use auth::{
    gate::{Access, Confirm, Rule},
    second_factor::code_at,
};
pub use pages::setup::{new_link, setup_link};
pub use shared::role::Role;

/// Tries to sign in from one network, which may be a whole office behind one address.
const SIGN_INS_PER_MINUTE: u32 = 60;

/// The routes below `/admin`.
pub(super) fn router(state: AppState) -> Router {
    let admin = Admin {
        app: state,
        passwords: Passwords::default(),
        forms: Bodies::new(64 << 20),
        strangers_forms: Bodies::new(4 << 20),
        sign_ins: Arc::new(Rates::new(SIGN_INS_PER_MINUTE)),
    };
    table(Pages::new(admin.clone())).router().with_state(admin)
}

/// The role that each page needs.
pub fn rules() -> Vec<Rule> {
    table(Pages::rules_alone()).into_rules()
}

/// Every page and the role that it needs.
fn table(pages: Pages) -> Pages {
    of_the_organisation(of_a_group(before_sign_in(pages)))
}

/// The pages that are open to people who have not signed in.
fn before_sign_in(pages: Pages) -> Pages {
    use Access::{Anyone, Half};
    pages
        .get(Anyone, "/admin/setup/{link}", setup::show)
        .post(Anyone, "/admin/setup/{link}", setup::submit)
        .get(Anyone, "/admin/password/{link}", password::show)
        .post(Anyone, "/admin/password/{link}", password::set)
        .get(Anyone, "/admin/forgot", password::forgot)
        .post(Anyone, "/admin/forgot", password::ask)
        .get(Anyone, "/admin/sign-in", sign_in::show)
        .post(Anyone, "/admin/sign-in", sign_in::submit)
        .get(Anyone, "/admin/sign-in/oidc", single_sign_on::start)
        .get(Anyone, "/admin/sign-in/oidc/callback", single_sign_on::callback)
        .get(Anyone, "/admin/signed-out", single_sign_on::signed_out)
        .get(Half, "/admin/sign-in/code", sign_in::show_code)
        .post(Half, "/admin/sign-in/code", sign_in::submit_code)
}

/// The pages that are also open to users with a role for one group: `auth::within` limits these
/// users to that group, and lists show only that group.
fn of_a_group(pages: Pages) -> Pages {
    const VIEWER: Access = Access::Within(Role::Viewer);
    const ANALYST: Access = Access::Within(Role::Analyst);
    const ADMIN: Access = Access::Within(Role::Admin);
    pages
        .get(VIEWER, "/admin", overview::show)
        .post(VIEWER, "/admin/filters", filters::save)
        .post(VIEWER, "/admin/filters/remove", filters::remove)
        .get(ANALYST, "/admin/events", events::list)
        .get(ANALYST, "/admin/events/{event}", events::show)
        .get(ANALYST, "/admin/events.csv", export::csv)
        .get(ANALYST, "/admin/events.jsonl", export::jsonl)
        .get(VIEWER, "/admin/policy", policy::list)
        .get(VIEWER, "/admin/policy/{group}", policy::show)
        .get(VIEWER, "/admin/policy/{group}/history", policy::history)
        .get(VIEWER, "/admin/policy/{group}/history/{version}", policy::version)
        .get(ANALYST, "/admin/policy/{group}/edit", policy::edit)
        .post_policy(ANALYST, Confirm::No, "/admin/policy/{group}/edit", policy::edit_further)
        .post_policy(ANALYST, Confirm::No, "/admin/policy/{group}/review", policy::review)
        .post_policy(ADMIN, Confirm::Password, "/admin/policy/{group}/publish", policy::publish)
        .get(VIEWER, "/admin/deployments", deployments::list)
        .post_confirmed(ADMIN, "/admin/deployments", deployments::create)
        .get(VIEWER, "/admin/deployments/{deployment}", deployments::show)
        .post(ADMIN, "/admin/deployments/{deployment}/close", deployments::close)
        .post_confirmed(ADMIN, "/admin/deployments/{deployment}/shut-out", deployments::shut_out)
        .get(VIEWER, "/admin/clients", clients::list)
        .get(VIEWER, "/admin/clients/{client}", clients::show)
        .post(ADMIN, "/admin/clients/{client}/shut-out", clients::shut_out)
        .post_confirmed(ADMIN, "/admin/clients/{client}/remove-events", clients::remove_events)
        .get(VIEWER, "/admin/help", help::show)
        .get(VIEWER, "/admin/account", account::show)
        .get(VIEWER, "/admin/account/confirm", single_sign_on::confirm)
        .get(VIEWER, "/admin/account/confirmed", single_sign_on::confirmed)
        .post(VIEWER, "/admin/account/password", account::change_password)
        .post(VIEWER, "/admin/account/code/offer", account::offer_code)
        .post(VIEWER, "/admin/account/code/on", account::turn_on_code)
        .post(VIEWER, "/admin/account/code/off", account::turn_off_code)
        .post(VIEWER, "/admin/account/code/recovery", account::renew_recovery)
        .post(VIEWER, "/admin/account/sessions/{session}/end", account::end_session)
        .post(VIEWER, "/admin/sign-out", sign_in::sign_out)
        .post(VIEWER, "/admin/sign-out-everywhere", sign_in::sign_out_everywhere)
}

/// The pages about the organisation as a whole.
fn of_the_organisation(pages: Pages) -> Pages {
    const VIEWER: Access = Access::Role(Role::Viewer);
    const ANALYST: Access = Access::Role(Role::Analyst);
    const ADMIN: Access = Access::Role(Role::Admin);
    pages
        .get(VIEWER, "/admin/report", report::show)
        .get(VIEWER, "/admin/domains", domains::list)
        .get(VIEWER, "/admin/domains/{domain}", domains::show)
        .post(ANALYST, "/admin/domains/{domain}/look-up", domains::look_up)
        .post(ANALYST, "/admin/domain-policy", policy::add_domains)
        .get(VIEWER, "/admin/groups", groups::list)
        .post(ADMIN, "/admin/groups", groups::create)
        .get(VIEWER, "/admin/groups/{group}", groups::show)
        .post(ADMIN, "/admin/groups/{group}", groups::change)
        .post(ADMIN, "/admin/groups/{group}/remove", groups::remove)
        .post_confirmed(ADMIN, "/admin/groups/{group}/tokens", groups::enrol)
        .post(ADMIN, "/admin/groups/{group}/tokens/{token}/revoke", groups::revoke)
        .post(ADMIN, "/admin/clients/expected", clients::expect)
        .post_confirmed(ADMIN, "/admin/events/erase", events::erase)
        .get(ADMIN, "/admin/users", users::show)
        .post_confirmed(ADMIN, "/admin/users", users::create)
        .post_confirmed(ADMIN, "/admin/users/invite", users::invite)
        .post_confirmed(ADMIN, "/admin/users/second-factor", users::require_second_factor)
        .post_confirmed(ADMIN, "/admin/users/{user}/role", users::set_role)
        .post(ADMIN, "/admin/users/{user}/disable", users::disable)
        .post_confirmed(ADMIN, "/admin/users/{user}/enable", users::enable)
        .post_confirmed(ADMIN, "/admin/users/{user}/delete", users::delete)
        .post_confirmed(ADMIN, "/admin/users/{user}/password", users::set_password)
        .post_confirmed(ADMIN, "/admin/users/{user}/link", users::send_link)
        .post_confirmed(ADMIN, "/admin/users/{user}/mail", users::set_mail)
        .post_confirmed(ADMIN, "/admin/users/{user}/group", users::set_group)
        .get(ANALYST, "/admin/tokens", tokens::show)
        .post_confirmed(ANALYST, "/admin/tokens", tokens::create)
        .post(ANALYST, "/admin/tokens/{token}/revoke", tokens::revoke)
        .get(ADMIN, "/admin/audit", audit::show)
        .get(ADMIN, "/admin/audit.csv", audit::csv)
        .get(ADMIN, "/admin/alerts", alerts::show)
        .post(ADMIN, "/admin/alerts/{name}/test", alerts::test)
        .post_confirmed(ADMIN, "/admin/alerts/remove", alerts::remove)
        .get(ADMIN, "/admin/exports", exports::show)
        .post(ADMIN, "/admin/exports/{name}/test", exports::test)
        .post_confirmed(ADMIN, "/admin/exports/{name}/remove", exports::remove)
        .get(ADMIN, "/admin/system", system::show)
}

/// The answer to a browser that asks for a page below `/admin` which does not exist.
pub(super) fn missing() -> Response {
    let text = "The dashboard has no page at this address. A link may be incomplete, or of an earlier release.";
    AdminError::new(StatusCode::NOT_FOUND, "Page not found", text).into_response()
}

/// Deletes sessions, links and answers that have ended, every hour.
pub(super) async fn tidy(store: Store) {
    const EVERY: std::time::Duration = std::time::Duration::from_hours(1);
    loop {
        let now = now();
        let browsers = now - sessions::BROWSER_DAYS * DAY;
        let (idle, old) = (now - visitor::IDLE_MS, now - visitor::ABSOLUTE_MS);
        if let Err(error) = store.prune_sessions(idle, old, browsers, now - 2 * DAY).await {
            tracing::warn!(%error, "sessions that have ended were not deleted");
        }
        if let Err(error) = store.prune_answers(now - 2 * flow::GOOD_FOR_MS).await {
            tracing::warn!(%error, "answers of the sign-in provider were not deleted");
        }
        tokio::time::sleep(EVERY).await;
    }
}
