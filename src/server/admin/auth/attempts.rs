//! Counting the tries to sign in.

use super::{
    super::{
        shared::{error::AdminError, time::now},
        state::Admin,
    },
    backoff,
};
use crate::server::{client_address::ClientAddress, metrics::SignInOutcome};
use crate::store::{AuditEntry, Failures};

/// Counts a try as failed before the server judges it, so that many tries at once do not avoid the
/// pause; a success deletes that count. Returns the number of failures including this one; the
/// inner error is the time to wait, in ms.
pub(crate) async fn take_turn(admin: &Admin, key: &str) -> Result<Result<u32, i64>, AdminError> {
    let forget = i64::try_from(backoff::FORGET.as_millis()).unwrap_or(i64::MAX);
    for _ in 0..20 {
        let now = now();
        let old = admin.store().failures(key).await?;
        if old.not_before > now {
            return Ok(Err(old.not_before - now));
        }
        let count = if now - old.last_at > forget { 1 } else { old.count.saturating_add(1) };
        let pause = i64::try_from(backoff::pause(count).as_millis()).unwrap_or(i64::MAX);
        // Two tries in the same millisecond still get different keys.
        let last_at = now.max(old.last_at + 1);
        let new = Failures { count, not_before: now + pause, last_at };
        if admin.store().count_failure(key, old, new).await? {
            return Ok(Ok(count));
        }
    }
    // No person sends this many requests at once.
    Ok(Err(1_000))
}

/// Notes a failed sign-in where an administrator and a tool such as fail2ban look: a counter, a log line with the
/// address, and the audit log, which gets a row for the first failure and for each doubling, so that nobody fills it.
///
/// `name` is given only if a user has this name: people type their password into the wrong field,
/// and a log must not show it.
pub(crate) async fn note_failure(
    admin: &Admin,
    name: Option<&str>,
    address: ClientAddress,
    failures: u32,
) -> Result<(), AdminError> {
    admin.app().metrics.sign_in(SignInOutcome::Failed);
    let network = address.0.to_string();
    tracing::warn!(network, failures, "sign-in failed");
    if !failures.is_power_of_two() {
        return Ok(());
    }
    let detail = format!("failure {failures} in a row from this network");
    audit(admin, name, &network, &detail).await
}

/// The key under which the server counts the people of a provider or a proxy whom it did not let
/// in.
pub(crate) fn external_key(address: ClientAddress) -> String {
    backoff::key("\0 by others", &backoff::Origin::Network(Some(address.0)))
}

/// Like [`note_failure`], for a person whom a provider or a proxy did not let in. Nobody guesses a
/// password there, so no pause follows, and one browser cannot lock out an office behind the same
/// address.
pub(crate) async fn note_external_failure(
    admin: &Admin,
    name: Option<&str>,
    reason: &'static str,
    address: ClientAddress,
) -> Result<(), AdminError> {
    admin.app().metrics.sign_in(SignInOutcome::Failed);
    let (key, now) = (external_key(address), now());
    let old = admin.store().failures(&key).await?;
    let forget = i64::try_from(backoff::FORGET.as_millis()).unwrap_or(i64::MAX);
    let count = if now - old.last_at > forget { 1 } else { old.count.saturating_add(1) };
    let new = Failures { count, not_before: now, last_at: now.max(old.last_at + 1) };
    // If several failures happen in the same millisecond, the audit log gets one of them; the
    // server's log gets all.
    admin.store().count_failure(&key, old, new).await?;
    let network = address.0.to_string();
    tracing::warn!(network, failures = count, reason, "sign-in failed");
    if !count.is_power_of_two() {
        return Ok(());
    }
    let detail = format!("{reason}; failure {count} in a row from this network");
    audit(admin, name, &network, &detail).await
}

async fn audit(
    admin: &Admin,
    name: Option<&str>,
    network: &str,
    detail: &str,
) -> Result<(), AdminError> {
    let name = name.unwrap_or("(unknown)");
    let entry = AuditEntry {
        at: now(),
        actor: name,
        address: network,
        action: "sign-in-failed",
        target: name,
        detail,
    };
    Ok(admin.store().audit(&entry).await?)
}
