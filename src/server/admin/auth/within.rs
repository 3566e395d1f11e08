//! What a role for one group reaches: that group and those below it.
//!
//! The gate asks here before the handler of any page runs. Whatever a request names of a group (in
//! its path, in its query or in its form) has to belong to the user's scope; for things of another
//! group, the server answers as if they did not exist. Lists take the scope from `Signed` and hand
//! it to the store.

use axum::{
    RequestExt,
    extract::{RawPathParams, Request},
    http::StatusCode,
};

use super::{
    super::{shared::error::AdminError, state::Admin},
    visitor::Signed,
};
use crate::store::{Scope, StoreError};

/// Members of queries and forms that name a group.
const GROUPS: [&str; 2] = ["group", "parent"];

/// Refuses a request whose path or query names something of another group.
pub(super) async fn check_address(
    admin: &Admin,
    signed: &Signed,
    request: &mut Request,
) -> Result<(), AdminError> {
    check_members(signed, request.uri().query().unwrap_or_default().as_bytes())?;
    let parameters: Result<RawPathParams, _> = request.extract_parts().await;
    let parameters = parameters.map_err(|_| outside(signed))?;
    for (name, value) in &parameters {
        if !is_within(admin, &signed.scope, name, value).await? {
            return Err(outside(signed));
        }
    }
    Ok(())
}

/// Refuses a query or a form that names another group.
pub(super) fn check_members(signed: &Signed, encoded: &[u8]) -> Result<(), AdminError> {
    if names_another(&signed.scope, encoded) { Err(outside(signed)) } else { Ok(()) }
}

fn names_another(scope: &Scope, encoded: &[u8]) -> bool {
    form_urlencoded::parse(encoded).any(|(name, value)| {
        let group = value.trim();
        GROUPS.contains(&&*name) && !group.is_empty() && !scope.has(group)
    })
}

/// Whether the part of a path belongs to a scope.
async fn is_within(
    admin: &Admin,
    scope: &Scope,
    name: &str,
    value: &str,
) -> Result<bool, AdminError> {
    let store = admin.store();
    let group = match name {
        "group" => return Ok(scope.has(value)),
        "deployment" => store.deployment(value).await.map(|found| found.token.group),
        "client" => store.client(value).await.map(|found| found.group),
        "event" => store.event(value).await.map(|found| found.group),
        // The number of a version belongs to the policy of the group earlier in the path, and a
        // session belongs to the user.
        "version" | "session" => return Ok(true),
        // A page that names anything else needs an arm here, which says to which group that belongs.
        _ => return Ok(false),
    };
    match group {
        Ok(group) => Ok(scope.has(&group)),
        Err(StoreError::Missing(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn outside(signed: &Signed) -> AdminError {
    AdminError::new(
        StatusCode::NOT_FOUND,
        "Not found",
        "This does not exist, or it belongs to a group that your role is not for.",
    )
    .on(signed.page("", "Not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_for_the_organisation_covers_every_group() {
        for encoded in ["", "group=navy", "parent=organisation&group=x"] {
            assert!(!names_another(&Scope::EVERYTHING, encoded.as_bytes()), "{encoded}");
        }
    }
}
