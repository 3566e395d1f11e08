//! People whom a sign-in provider or a proxy names. The first sign-in creates their account, and each further one
//! updates it.

use sqlx::{Any, AnyConnection, Transaction};

use super::{
    AuditEntry, Store, StoreError, UserRow, audit,
    users::{Ends, check_group, end, find_user},
};

/// A person, as the provider describes them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewIdentity<'a> {
    /// The id of the account, if this sign-in creates it.
    pub(crate) id: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    /// The name of the account.
    pub(crate) name: &'a str,
    /// `None` if the person's groups give no role.
    pub(crate) given: Option<Given<'a>>,
}

/// The role that the person's groups at the provider give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) role: &'a str,
    /// The group that the role is for. `None` where the provider says nothing of a group: the account keeps the one that
    /// an administrator has set.
    pub(crate) group: Option<&'a str>,
}

/// Whether a person may sign in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Admission {
    /// The person may sign in, with this account.
    Admitted(Box<UserRow>),
    /// The account is disabled.
    Disabled,
    /// No group gives the person a role.
    NoRole,
    /// The group that the role is for does not exist.
    NoGroup,
    /// Another account has the name.
    NameTaken,
}

impl Store {
    /// Finds or creates the account of an identity, and gives it the present role and name. If the role has changed,
    /// earlier sessions end; without a role, or if the role is for another group, every way to sign in ends.
    ///
    /// `entry` says who, from where and when; this function sets its action and target.
    pub(crate) async fn admit(
        &self,
        identity: NewIdentity<'_>,
        entry: &AuditEntry<'_>,
    ) -> Result<Admission, StoreError> {
        let mut tx = self.begin().await?;
        let known = find(&mut tx, identity).await?;
        if known.as_ref().is_some_and(|user| user.disabled) {
            return Ok(Admission::Disabled);
        }
        let given = match existing(&mut tx, identity.given).await? {
            Ok(given) => given,
            Err(refused) => {
                if let Some(user) = known {
                    end(&mut tx, &user.id, Ends::Everything).await?;
                    tx.commit().await?;
                }
                return Ok(refused);
            }
        };
        let user = if let Some(user) = known {
            rename(&mut tx, &user, identity.name, entry).await?;
            follow(&mut tx, &user, given, entry).await?;
            user
        } else {
            let detail = match given.group {
                Some(group) => format!("for {group}, {}", entry.detail),
                None => entry.detail.to_owned(),
            };
            let entry = AuditEntry {
                action: "user-created",
                target: identity.name,
                detail: &detail,
                ..*entry
            };
            if insert(&mut tx, identity, given, entry.at).await? {
                audit::insert(&mut tx, &entry).await?;
                // The first person who signs in ends the link of the first start, as setting a password does. A role
                // for one group administers nothing that the link is for.
                if given.group.is_none() {
                    let sql = "DELETE FROM setup_links WHERE (SELECT COUNT(*) FROM users) = 1";
                    sqlx::query(sql).execute(&mut *tx).await?;
                }
            }
            match find(&mut tx, identity).await? {
                Some(user) => user,
                None => return Ok(Admission::NameTaken),
            }
        };
        let user = find_user(&mut tx, "id = $1", &[&user.id]).await?;
        tx.commit().await?;
        Ok(user.map_or(Admission::NoRole, |user| Admission::Admitted(Box::new(user))))
    }

    /// The account of an identity.
    pub(crate) async fn user_by_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<UserRow>, StoreError> {
        let mut connection = self.reader().acquire().await?;
        find_user(&mut connection, "issuer = $1 AND subject = $2", &[issuer, subject]).await
    }

    /// Whether this is the first time that a provider's answer is used.
    pub(crate) async fn take_answer(&self, digest: &str, now: i64) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "INSERT INTO sign_in_answers (digest, at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING",
        )
        .bind(digest)
        .bind(now)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes the answers that were used before `before`: they are too old to be used again.
    pub(crate) async fn prune_answers(&self, before: i64) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sign_in_answers WHERE at < $1")
            .bind(before)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

async fn find(
    tx: &mut Transaction<'static, Any>,
    identity: NewIdentity<'_>,
) -> Result<Option<UserRow>, StoreError> {
    let values = [identity.issuer, identity.subject];
    find_user(tx, "issuer = $1 AND subject = $2", &values).await
}

/// The role that the provider's groups give; `None` if they give none, or if the role is for a
/// group that does not exist.
async fn existing<'a>(
    tx: &mut AnyConnection,
    given: Option<Given<'a>>,
) -> Result<Result<Given<'a>, Admission>, StoreError> {
    let Some(given) = given else { return Ok(Err(Admission::NoRole)) };
    match check_group(tx, given.group).await {
        Ok(()) => Ok(Ok(given)),
        Err(StoreError::Missing(_)) => Ok(Err(Admission::NoGroup)),
        Err(error) => Err(error),
    }
}

/// `false` if another account has the name, or the same account was created a moment ago.
async fn insert(
    tx: &mut AnyConnection,
    identity: NewIdentity<'_>,
    given: Given<'_>,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO users (id, name, role, password_hash, totp_on, totp_step, disabled, created_at, \
         issuer, subject, group_id, group_given) \
         VALUES ($1, $2, $3, '', 0, 0, 0, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(identity.id)
    .bind(identity.name)
    .bind(given.role)
    .bind(now)
    .bind(identity.issuer)
    .bind(identity.subject)
    .bind(given.group.map(str::to_owned))
    .bind(i64::from(given.group.is_some()))
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a known account its present name. If another account has the name, the old name stays.
async fn rename(
    tx: &mut AnyConnection,
    user: &UserRow,
    name: &str,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    if user.name == name {
        return Ok(());
    }
    let done = sqlx::query(
        "UPDATE users SET name = $1 WHERE id = $2 \
         AND NOT EXISTS (SELECT 1 FROM users other WHERE other.name = $1)",
    )
    .bind(name)
    .bind(&user.id)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() > 0 {
        // The audit log names people, so it has to record the new name.
        let detail = format!("to {name}, {}", entry.detail);
        note(tx, "user-renamed", user, &detail, entry).await?;
    }
    Ok(())
}

/// Gives a known account the present role, for the present group.
async fn follow(
    tx: &mut AnyConnection,
    user: &UserRow,
    given: Given<'_>,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    // A sign-in replaces a group that an earlier sign-in has set, and keeps one that an
    // administrator has set.
    let group = given.group.or(user.group.as_deref().filter(|_| !user.group_given));
    sqlx::query("UPDATE users SET role = $1, group_id = $2, group_given = $3 WHERE id = $4")
        .bind(given.role)
        .bind(group.map(str::to_owned))
        .bind(i64::from(given.group.is_some()))
        .bind(&user.id)
        .execute(&mut *tx)
        .await?;
    if user.role != given.role {
        end(tx, &user.id, Ends::Sessions).await?;
        let detail = format!("{} to {}, {}", user.role, given.role, entry.detail);
        note(tx, "user-role", user, &detail, entry).await?;
    }
    if user.group.as_deref() != group {
        end(tx, &user.id, Ends::Everything).await?;
        let name = |group: Option<&str>| group.unwrap_or("the organisation").to_owned();
        let detail =
            format!("{} to {}, {}", name(user.group.as_deref()), name(group), entry.detail);
        note(tx, "user-group", user, &detail, entry).await?;
    }
    Ok(())
}

async fn note(
    tx: &mut AnyConnection,
    action: &str,
    user: &UserRow,
    detail: &str,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    let row = AuditEntry { action, target: &user.name, detail, ..*entry };
    audit::insert(tx, &row).await
}
