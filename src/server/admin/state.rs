//! The state that pages share: the application's, and the dashboard's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{auth::password::Passwords, shared::error::AdminError};
use crate::bundle::Origin;
use crate::server::{
    dns::Dns,
    limits::{Bodies, Rates, free_and_total},
    state::AppState,
};
use crate::store::{Group, Scope, Store};

/// The state that pages share.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    pub(crate) app: AppState,
    pub(crate) passwords: Passwords,
    /// Room for the forms of people who are signed in, and for those of visitors.
    pub(crate) forms: Bodies,
    pub(crate) strangers_forms: Bodies,
    /// How often a network may try to sign in, under any name.
    pub(crate) sign_ins: Arc<Rates>,
}

impl Admin {
    pub(crate) fn app(&self) -> &AppState {
        &self.app
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.store
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.passwords
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.app.origin
    }

    pub(crate) fn dns(&self) -> &Dns {
        &self.app.dns
    }

    /// The groups of a scope.
    pub(crate) async fn groups(&self, scope: &Scope) -> Result<Vec<Group>, AdminError> {
        Ok(scope.among(self.store().groups().await?))
    }

    /// The names of the groups of a scope, by id.
    pub(crate) async fn group_names(
        &self,
        scope: &Scope,
    ) -> Result<BTreeMap<String, String>, AdminError> {
        let groups = self.groups(scope).await?;
        Ok(groups.into_iter().map(|group| (group.id, group.name)).collect())
    }

    /// Free and total bytes where the state folder is; `None` if the system does not report them.
    pub(crate) fn disk(&self) -> Option<(u64, u64)> {
        free_and_total(&self.app.options.state)
    }

    /// Events that wait to be stored, on this server.
    pub(crate) fn queue(&self) -> i64 {
        i64::try_from(self.app.clients.ingest.waiting()).unwrap_or(i64::MAX)
    }
}
