//! People whom a sign-in provider or a proxy names: their accounts come with the first sign-in, and follow what is said
//! of them at each further one.

use sqlx::{Any, AnyConnection, Transaction};

use super::{
    AuditEntry, Store, StoreError, UserRow, audit,
    users::{Ends, end, find_user},
};

/// Somebody, as the provider says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewIdentity<'a> {
    /// The id of the account, if this sign-in creates it.
    pub(crate) id: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    /// What the account is called.
    pub(crate) name: &'a str,
    /// `None` where nothing that the provider says gives one.
    pub(crate) role: Option<&'a str>,
}

/// Whether somebody gets in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Admission {
    /// The person gets in, with this account as it is now.
    Admitted(Box<UserRow>),
    /// The account is disabled.
    Disabled,
    /// No group gives the person a role.
    NoRole,
    /// Another account has the name.
    NameTaken,
}

impl Store {
    /// Finds or makes the account of an identity, and gives it the role and the name of today. With another role, the
    /// sessions of before end; without one, everything that the person could come in with does.
    ///
    /// `entry` says who, from where and when; its action and target are set here.
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
                    // The first who signs in makes the link of the first start useless, as setting a password does.
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

    /// Whether an answer of a provider is taken for the first time.
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

    /// Forgets the answers that were taken before `before`: they are too old to be taken again.
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

/// `false` where another account has the name, or the same one was made a moment ago.
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

/// Gives a known account the role and the name of today. A name that another account has stays as it was.
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
            // The log knows people by their names.
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
