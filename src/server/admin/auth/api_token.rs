//! Tokens for programs that read events and counts: what a token may read, and how long it is valid.

use super::{super::shared::role::Role, secret};
use crate::store::ApiTokenRow;

/// The beginning of each token of this server, by which log filters and scanners for secrets
/// recognise a token.
pub(crate) const PREFIX: &str = "mg_api_";

/// What a token may read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Scope {
    /// Single events.
    Events,
    /// Counts.
    Summary,
}

codes! {
    pub(crate) ALL,
    pub(crate) as_str of Scope {
        Events: "events:read",
        Summary: "summary:read",
    }
}

impl Scope {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Events => "single events, with all that policies let clients report",
            Self::Summary => "counts alone",
        }
    }

    /// The role that the user of a token needs for this scope, whenever the token is used: a token
    /// can do no more than its user.
    pub(crate) const fn role(self) -> Role {
        match self {
            Self::Events => Role::Analyst,
            Self::Summary => Role::Viewer,
        }
    }
}

/// The digest by which the store finds a token.
pub(crate) fn digest(token: &str) -> String {
    secret::digest_for("api token", token)
}

/// Whether a token is valid now, for a scope. Programs read about the whole organisation: a user with a role for one group
/// has no token.
pub(crate) fn is_good(token: &ApiTokenRow, scope: Scope, now: i64) -> bool {
    let role = Role::parse(&token.user_role);
    token.expires_at > now
        && !token.user_disabled
        && token.user_group.is_none()
        && role.is_some_and(|role| role >= scope.role())
        && token.scopes.split(' ').any(|it| it == scope.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_token_opens_its_scopes_while_it_and_its_user_are_valid() {
        let token = ApiTokenRow {
            id: String::new(),
            name: String::new(),
            user_id: String::new(),
            user_name: String::new(),
            user_role: "analyst".to_owned(),
            user_group: None,
            user_disabled: false,
            scopes: "events:read".to_owned(),
            created_at: 0,
            expires_at: 100,
            used_at: None,
        };
        assert!(is_good(&token, Scope::Events, 99));
        assert!(!is_good(&token, Scope::Events, 100));
        assert!(!is_good(&token, Scope::Summary, 99));
        let demoted = ApiTokenRow { user_role: "viewer".to_owned(), ..token.clone() };
        assert!(!is_good(&demoted, Scope::Events, 99));
        let limited = ApiTokenRow { user_group: Some("finance".to_owned()), ..token.clone() };
        assert!(!is_good(&limited, Scope::Events, 99));
        let disabled = ApiTokenRow { user_disabled: true, ..token };
        assert!(!is_good(&disabled, Scope::Events, 99));
    }
}
