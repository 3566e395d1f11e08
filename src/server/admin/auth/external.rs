//! Signs in people whom a provider or a proxy names.

use axum::http::StatusCode;

use super::{
    super::{
        shared::{error::AdminError, time::now},
        state::Admin,
    },
    attempts, new_password,
    proxy::Named,
    secret,
    sign_in_method::SignInMethod,
};
use crate::server::{
    client_address::ClientAddress,
    metrics::SignInOutcome,
    sso::{Grant, Identity},
};
use crate::store::{Admission, AuditEntry, Given, NewIdentity, NewSession, UserRow};

/// The issuer of people whom a proxy names.
pub(crate) const PROXY: &str = "proxy";

/// A person with a proved identity, and what the provider or the proxy says about them.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) method: SignInMethod,
    /// Who names the person: `proxy`, or the issuer.
    pub(crate) issuer: String,
    /// What people call that provider or proxy.
    pub(crate) source: String,
    pub(crate) subject: String,
    /// The names that the account may get, the best first.
    pub(crate) names: Vec<String>,
    pub(crate) groups: Vec<String>,
    /// The ID token, which the provider wants at sign-out.
    pub(crate) id_token: Option<String>,
    /// When the person last proved who they are, in ms since 1970; 0 if the provider or the proxy
    /// does not say.
    pub(crate) confirmed_at: i64,
}

impl Person {
    /// The person whom a provider names.
    pub(crate) fn of_provider(issuer: &str, source: &str, identity: Identity) -> Self {
        /// Many servers refuse a URL with a longer token in it.
        const HINT: usize = 6_000;
        let signed_in_at = identity.signed_in_at.unwrap_or_default().saturating_mul(1000);
        Self {
            method: SignInMethod::Oidc,
            issuer: issuer.to_owned(),
            source: source.to_owned(),
            subject: identity.subject,
            names: identity.names,
            groups: identity.groups,
            id_token: Some(identity.id_token).filter(|token| token.len() <= HINT),
            // If the provider's clock is ahead, the time of this server counts.
            confirmed_at: signed_in_at.clamp(0, now()),
        }
    }

    /// The person whom the proxy names.
    pub(crate) fn of_proxy(named: Named) -> Self {
        Self {
            method: SignInMethod::Proxy,
            issuer: PROXY.to_owned(),
            source: "the proxy".to_owned(),
            names: vec![named.subject.clone()],
            subject: named.subject,
            groups: named.groups,
            id_token: None,
            confirmed_at: 0,
        }
    }
}

/// Gives a person their account, and a session in it. The result is the session's secret.
pub(crate) async fn admit(
    admin: &Admin,
    person: &Person,
    address: ClientAddress,
    browser: &str,
) -> Result<String, AdminError> {
    let Some(name) = name(&person.names) else {
        let text = format!(
            "{} gives no name for you that an account here can have. An administrator can choose another \
             claim with oidc-user-claim.",
            person.source
        );
        let page = AdminError::new(StatusCode::FORBIDDEN, "Your account has no name", text)
            .before_sign_in();
        return Err(refuse(admin, None, "no-name", address, page).await);
    };
    let user = account(admin, person, &name, address).await?;
    begin(admin, person, &user, address, browser).await
}

async fn account(
    admin: &Admin,
    person: &Person,
    name: &str,
    address: ClientAddress,
) -> Result<UserRow, AdminError> {
    let grant = admin.app().options.sign_in.roles.grant(&person.groups);
    let group = grant.and_then(|grant| grant.group);
    let (network, detail) = (address.0.to_string(), by(&person.source));
    let entry = AuditEntry {
        at: now(),
        actor: name,
        address: &network,
        action: "user-created",
        target: name,
        detail: &detail,
    };
    let identity = NewIdentity {
        id: &uuid::Uuid::new_v4().to_string(),
        issuer: &person.issuer,
        subject: &person.subject,
        name,
        given: grant.map(|grant| Given { role: grant.role.as_str(), group }),
    };
    let source = &person.source;
    let (reason, status, title, text) = match admin.store().admit(identity, &entry).await? {
        Admission::Admitted(user) => return Ok(*user),
        Admission::Disabled => (
            "account-disabled",
            StatusCode::FORBIDDEN,
            "Your account is disabled",
            "An administrator has disabled your account on this server.".to_owned(),
        ),
        Admission::NoRole => (
            "no-role",
            StatusCode::FORBIDDEN,
            "You have no role on this server",
            format!(
                "You signed in with {source} as {name}, but none of your groups there gives you a role on this \
                 server. Ask an administrator to add you to one that does."
            ),
        ),
        Admission::NoGroup => (
            "no-group",
            StatusCode::FORBIDDEN,
            "The group of your role does not exist",
            format!(
                "You signed in with {source} as {name}. Your role is for the group {} of this server, which does \
                 not exist. Ask an administrator to create the group or to correct group-roles.",
                group.unwrap_or_default()
            ),
        ),
        Admission::NameTaken => (
            "name-taken",
            StatusCode::CONFLICT,
            "Another account has your name",
            format!(
                "You signed in with {source}, but another account on this server has the name {name}. Ask an \
                 administrator to delete that account; then sign in again."
            ),
        ),
    };
    let page = AdminError::new(status, title, text).before_sign_in();
    Err(refuse(admin, Some(name), reason, address, page).await)
}

async fn begin(
    admin: &Admin,
    person: &Person,
    user: &UserRow,
    address: ClientAddress,
    browser: &str,
) -> Result<String, AdminError> {
    let (session, network) = (secret::generate(), address.0.to_string());
    let new = NewSession {
        digest: &secret::digest(&session),
        user_id: &user.id,
        half: false,
        network: &network,
        browser,
        method: person.method.as_str(),
        id_token: person.id_token.as_deref(),
        confirmed_at: person.confirmed_at,
    };
    admin.store().create_session(new, now()).await?;
    let detail = by(&person.source);
    let entry = AuditEntry {
        at: now(),
        actor: &user.name,
        address: &network,
        action: "signed-in",
        target: &user.name,
        detail: &detail,
    };
    admin.store().note_sign_in(&user.id, now(), &entry).await?;
    admin.store().forget_failures(&attempts::external_key(address)).await?;
    admin.app().metrics.sign_in(SignInOutcome::Succeeded);
    Ok(session)
}

/// Notes that the person of a session has signed in again. `session` is the digest of its digest. The server refuses
/// this if the session belongs to somebody else, or if the person's role or the group that it is for has changed; in the
/// second case, the sessions with the old role end.
pub(crate) async fn confirm(
    admin: &Admin,
    person: &Person,
    session: &str,
    address: ClientAddress,
) -> Result<(), AdminError> {
    let store = admin.store();
    let user = store.user_by_identity(&person.issuer, &person.subject).await?;
    let sessions = match &user {
        Some(user) => store.sessions_of(&user.id).await?,
        None => Vec::new(),
    };
    let row = sessions.iter().find(|row| secret::digest(&row.digest) == session);
    let (Some(user), Some(row)) = (user, row) else {
        let text =
            "You signed in as another person than the one whose session asked you to sign in.";
        let page = AdminError::new(StatusCode::FORBIDDEN, "You are not confirmed", text);
        return Err(refuse(admin, None, "other-person", address, page).await);
    };
    let grant = admin.app().options.sign_in.roles.grant(&person.groups);
    let is_same =
        |grant: Grant<'_>| grant.is_that_of(&user.role, user.group.as_deref(), user.group_given);
    if !grant.is_some_and(is_same) {
        account(admin, person, &user.name, address).await?;
        let text = format!(
            "{} now gives you another role, so the server has ended your sessions. Sign in again.",
            person.source
        );
        let page = AdminError::new(StatusCode::FORBIDDEN, "Your role has changed", text);
        return Err(refuse(admin, Some(&user.name), "other-role", address, page).await);
    }
    store.confirm_session(&row.digest, person.confirmed_at).await?;
    Ok(())
}

/// Notes a refusal, and returns the page that explains it.
pub(crate) async fn refuse(
    admin: &Admin,
    name: Option<&str>,
    reason: &'static str,
    address: ClientAddress,
    page: AdminError,
) -> AdminError {
    let noted = attempts::note_external_failure(admin, name, reason, address).await;
    noted.err().unwrap_or(page)
}

/// The first of the names that an account can have.
fn name(names: &[String]) -> Option<String> {
    let lower = names.iter().map(|name| name.trim().to_lowercase());
    lower.into_iter().find(|name| new_password::is_name(name))
}

fn by(source: &str) -> String {
    format!("by {source}")
}
