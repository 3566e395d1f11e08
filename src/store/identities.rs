//! People whom a sign-in provider or a proxy names. The first sign-in creates their account, and each further one
//! updates it.

use sqlx::{Any, AnyConnection, Transaction};

use super::{
    AuditEntry, Store, StoreError, UserRow, audit,
    users::{Ends, end, find_user},
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
    /// `None` if nothing that the provider says can be a name.
    pub(crate) role: Option<&'a str>,
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
    /// Another account has the name.
    NameTaken,
}

impl Store {
    /// Finds or creates the account of an identity, and gives it the present role and name. If the role has changed,
    /// earlier sessions end; without a role, every way to sign in ends.
    ///
    /// `entry` says who, from where and when; this function sets its action and target.
    pub(crate) async fn admit(
        &self,
        identity: NewIdentity<'_>,
        entry: &AuditEntry<'_>,
    ) -> Result<Admission, StoreError> {
        let mut tx = self.begin().await?;
        let known = find(&mut tx, identity).await?;
        let user = match (known, identity.role) {
            (Some(user), _) if user.disabled => return Ok(Admission::Disabled),
            (None, None) => return Ok(Admission::NoRole),
            (Some(user), None) => {
                end(&mut tx, &user.id, Ends::Everything).await?;
                tx.commit().await?;
                return Ok(Admission::NoRole);
            }
            (Some(user), Some(role)) => {
                follow(&mut tx, &user, identity.name, role, entry).await?;
                user
            }
            (None, Some(role)) => {
                let entry = AuditEntry { action: "user-created", target: identity.name, ..*entry };
                if insert(&mut tx, identity, role, entry.at).await? {
                    audit::insert(&mut tx, &entry).await?;
                    // The first person who signs in ends the link of the first start, as setting a password does.
                    let sql = "DELETE FROM setup_links WHERE (SELECT COUNT(*) FROM users) = 1";
                    sqlx::query(sql).execute(&mut *tx).await?;
                }
                match find(&mut tx, identity).await? {
                    Some(user) => user,
                    None => return Ok(Admission::NameTaken),
                }
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

/// `false` if another account has the name, or the same one was created a moment ago.
async fn insert(
    tx: &mut AnyConnection,
    identity: NewIdentity<'_>,
    role: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO users (id, name, role, password_hash, totp_on, totp_step, disabled, created_at, \
         issuer, subject) VALUES ($1, $2, $3, '', 0, 0, 0, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(identity.id)
    .bind(identity.name)
    .bind(role)
    .bind(now)
    .bind(identity.issuer)
    .bind(identity.subject)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Gives a known account the present role and name. If another account has the name, the old name stays.
async fn follow(
    tx: &mut AnyConnection,
    user: &UserRow,
    name: &str,
    role: &str,
    entry: &AuditEntry<'_>,
) -> Result<(), StoreError> {
    if user.name != name {
        let done = sqlx::query(
            "UPDATE users SET name = $1 WHERE id = $2 \
             AND NOT EXISTS (SELECT 1 FROM users other WHERE other.name = $1)",
        )
        .bind(name)
        .bind(&user.id)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() > 0 {
            // The audit log names people.
            let detail = format!("to {name}, {}", entry.detail);
            let row = AuditEntry {
                action: "user-renamed",
                target: &user.name,
                detail: &detail,
                ..*entry
            };
            audit::insert(tx, &row).await?;
        }
    }
    if user.role != role {
        sqlx::query("UPDATE users SET role = $1 WHERE id = $2")
            .bind(role)
            .bind(&user.id)
            .execute(&mut *tx)
            .await?;
        end(tx, &user.id, Ends::Sessions).await?;
        let detail = format!("{} to {role}, {}", user.role, entry.detail);
        let row = AuditEntry { action: "user-role", target: &user.name, detail: &detail, ..*entry };
        audit::insert(tx, &row).await?;
    }
    Ok(())
}
