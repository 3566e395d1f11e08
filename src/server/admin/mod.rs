//! `/admin`: the dashboard, rendered by the server; and `/v1/admin`: the same for programs.
//!
//! One file for each page, one table of pages (`pages`), one gate before all of them (`access`). The
//! pages need no script; `www/admin` has their styles, and the script that makes charts better.

mod access;
mod account;
mod api;
mod audit;
mod auth;
mod chart;
mod deployment;
mod domains;
mod error;
mod events;
mod export;
mod forms;
mod groups;
mod labels;
mod overview;
mod page;
mod policy;
mod query;
mod setup;
mod sign_in;
mod system;
mod tokens;
mod users;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use serde::Deserialize;

use super::{
    api::{Bodies, Rates},
    dns::Dns,
    state::AppState,
};
use crate::bundle::{BundleOptions, Origin};
use crate::store::Store;

use access::Pages;
use auth::password::Passwords;
use error::AdminError;

pub use access::{Access, Rule};
pub use auth::{role::Role, second_factor::code_at};
pub use setup::{new_link, setup_link};

pub(super) use api::router as api;

/// Tries to sign in from one network, which may be a whole office behind one address.
const SIGN_INS_PER_MINUTE: u32 = 60;

/// What the pages share.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    app: AppState,
    passwords: Passwords,
    /// Room for the forms of people who are signed in, and for those of anybody.
    forms: Bodies,
    strangers_forms: Bodies,
    /// How often a network may try to sign in, whoever it says it is.
    sign_ins: Arc<Rates>,
}

/// The code of what the last form did, in the address of a page.
#[derive(Deserialize)]
pub(crate) struct Done {
    done: Option<String>,
}

impl Done {
    fn code(&self) -> Option<&str> {
        self.done.as_deref()
    }
}

/// The routes below `/admin`.
pub(super) fn router(state: AppState) -> Router {
    let admin = Admin {
        app: state,
        passwords: Passwords::default(),
        forms: Bodies::new(64 << 20),
        strangers_forms: Bodies::new(4 << 20),
        sign_ins: Arc::new(Rates::new(SIGN_INS_PER_MINUTE)),
    };
    pages(Pages::new(admin.clone())).router().with_state(admin)
}

/// What it takes to open each page.
pub fn rules() -> Vec<Rule> {
    pages(Pages::rules_alone()).into_rules()
}

/// Every page and what it takes to open it.
fn pages(pages: Pages) -> Pages {
    use Access::{Anyone, Half};
    const VIEWER: Access = Access::Role(Role::Viewer);
    const ANALYST: Access = Access::Role(Role::Analyst);
    const ADMIN: Access = Access::Role(Role::Admin);
    pages
        .get(Anyone, "/admin/setup/{link}", setup::show)
        .post(Anyone, "/admin/setup/{link}", setup::submit)
        .get(Anyone, "/admin/sign-in", sign_in::show)
        .post(Anyone, "/admin/sign-in", sign_in::submit)
        .get(Half, "/admin/sign-in/code", sign_in::show_code)
        .post(Half, "/admin/sign-in/code", sign_in::submit_code)
        .get(VIEWER, "/admin", overview::show)
        .get(VIEWER, "/admin/domains", domains::list)
        .get(VIEWER, "/admin/domains/{domain}", domains::show)
        .post(ANALYST, "/admin/domains/{domain}/look-up", domains::look_up)
        .get(ANALYST, "/admin/events", events::list)
        .get(ANALYST, "/admin/events/{id}", events::show)
        .get(ANALYST, "/admin/events.csv", export::csv)
        .get(ANALYST, "/admin/events.jsonl", export::jsonl)
        .get(VIEWER, "/admin/policy", policy::list)
        .get(VIEWER, "/admin/policy/{group}", policy::show)
        .get(VIEWER, "/admin/policy/{group}/history", policy::history)
        .get(VIEWER, "/admin/policy/{group}/history/{version}", policy::version)
        .get(ANALYST, "/admin/policy/{group}/edit", policy::edit)
        .post_policy(ANALYST, "/admin/policy/{group}/review", policy::review)
        .post_policy(ADMIN, "/admin/policy/{group}/publish", policy::publish)
        .get(VIEWER, "/admin/groups", groups::list)
        .post(ADMIN, "/admin/groups", groups::create)
        .get(VIEWER, "/admin/groups/{group}", groups::show)
        .post(ADMIN, "/admin/groups/{group}", groups::change)
        .post(ADMIN, "/admin/groups/{group}/remove", groups::remove)
        .get(VIEWER, "/admin/groups/{group}/deploy", groups::deploy)
        .post(ADMIN, "/admin/groups/{group}/tokens", groups::enrol)
        .post(ADMIN, "/admin/groups/{group}/tokens/{token}/revoke", groups::revoke)
        .get(ADMIN, "/admin/users", users::show)
        .post(ADMIN, "/admin/users", users::create)
        .post(ADMIN, "/admin/users/{user}/role", users::set_role)
        .post(ADMIN, "/admin/users/{user}/disable", users::disable)
        .post(ADMIN, "/admin/users/{user}/enable", users::enable)
        .post(ADMIN, "/admin/users/{user}/delete", users::delete)
        .post(ADMIN, "/admin/users/{user}/password", users::set_password)
        .get(ANALYST, "/admin/tokens", tokens::show)
        .post(ANALYST, "/admin/tokens", tokens::create)
        .post(ANALYST, "/admin/tokens/{token}/revoke", tokens::revoke)
        .get(ADMIN, "/admin/audit", audit::show)
        .get(ADMIN, "/admin/audit.csv", audit::csv)
        .get(ADMIN, "/admin/system", system::show)
        .get(VIEWER, "/admin/account", account::show)
        .post(VIEWER, "/admin/account/password", account::change_password)
        .post(VIEWER, "/admin/account/code/offer", account::offer_code)
        .post(VIEWER, "/admin/account/code/on", account::turn_on_code)
        .post(VIEWER, "/admin/account/code/off", account::turn_off_code)
        .post(VIEWER, "/admin/account/code/recovery", account::renew_recovery)
        .post(VIEWER, "/admin/account/sessions/{session}/end", account::end_session)
        .post(VIEWER, "/admin/sign-out", sign_in::sign_out)
        .post(VIEWER, "/admin/sign-out-everywhere", sign_in::sign_out_everywhere)
}

/// Deletes what has ended by itself, every hour.
pub(super) async fn tidy(store: Store) {
    const HOUR: std::time::Duration = std::time::Duration::from_hours(1);
    const DAY_MS: i64 = 86_400_000;
    loop {
        let now = page::now();
        let browsers = now - sign_in::BROWSER_DAYS * DAY_MS;
        let (idle, old) = (now - access::IDLE_MS, now - access::ABSOLUTE_MS);
        if let Err(error) = store.prune_sessions(idle, old, browsers, now - 2 * DAY_MS).await {
            tracing::warn!(%error, "sessions that have ended were not deleted");
        }
        tokio::time::sleep(HOUR).await;
    }
}

impl Admin {
    fn app(&self) -> &AppState {
        &self.app
    }

    fn store(&self) -> &Store {
        &self.app.store
    }

    fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    fn options(&self) -> &BundleOptions {
        &self.app.options.bundle
    }

    fn origin(&self) -> &Origin {
        &self.app.origin
    }

    fn dns(&self) -> &Dns {
        &self.app.dns
    }

    /// The names of all groups by id.
    async fn group_names(&self) -> Result<BTreeMap<String, String>, AdminError> {
        let groups = self.store().groups().await?;
        Ok(groups.into_iter().map(|group| (group.id, group.name)).collect())
    }

    /// Free and total bytes where the state folder is; `None` where the system does not tell.
    #[cfg(unix)]
    fn disk(&self) -> Option<(u64, u64)> {
        let disk = rustix::fs::statvfs(&self.app.options.state).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(disk.f_frsize);
        Some((bytes(disk.f_bavail), bytes(disk.f_blocks)))
    }

    /// As above.
    #[cfg(not(unix))]
    #[expect(clippy::unused_self, reason = "as on other systems")]
    fn disk(&self) -> Option<(u64, u64)> {
        None
    }

    /// Events that wait to be stored, on this server.
    fn queue(&self) -> i64 {
        i64::try_from(self.app.clients.ingest.waiting()).unwrap_or(i64::MAX)
    }
}
