//! Enrolment tokens, by which a client proves that it belongs to a group.

use sqlx::{AnyConnection, FromRow, any::AnyRow};

use super::{AuditEntry, Millis, Secret, Store, StoreError, group_tree, now};

/// How the text of every enrolment token begins.
pub const TOKEN_PREFIX: &str = "mg_enrol_";

const MAX_LABEL: usize = 100;

/// A token, without its text: only a hash is stored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EnrolmentToken {
    /// A public id, which is not a secret.
    pub id: String,
    /// SHA-256 of the text, in hexadecimal.
    pub hash: String,
    /// The group into which the token enrols clients.
    pub group: String,
    /// A label that tells people where the token is used.
    pub label: String,
    /// When the token was made.
    pub created: Millis,
    /// When the token expires.
    pub expires: Option<Millis>,
    /// When the token was revoked.
    pub revoked: Option<Millis>,
    /// When a client last showed the token, to the minute.
    pub last_used: Option<Millis>,
    /// When the clients of the token were shut out, if they were.
    pub clients_out: Option<Millis>,
}

impl EnrolmentToken {
    /// Whether clients may use the token at `time`.
    pub fn is_good(&self, time: Millis) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| expires > time)
    }
}

/// The properties of a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The group into which the token enrols clients.
    pub group: String,
    /// A label that tells people where the token is used: at most 100 characters.
    pub label: String,
    /// When the token expires; `None`: it is valid until somebody revokes it.
    pub expires: Option<Millis>,
}

impl<'r> FromRow<'r, AnyRow> for EnrolmentToken {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        Ok(Self {
            id: row.try_get("id")?,
            hash: row.try_get("hash")?,
            group: row.try_get("group_id")?,
            label: row.try_get("label")?,
            created: row.try_get("created")?,
            expires: row.try_get("expires")?,
            revoked: row.try_get("revoked")?,
            last_used: row.try_get("last_used")?,
            clients_out: row.try_get("clients_out")?,
        })
    }
}

impl Store {
    /// Makes a token. Its text is returned only now.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such group, [`StoreError::Invalid`] for a label that is too long.
    pub async fn create_token(
        &self,
        token: &NewToken,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(EnrolmentToken, Secret), StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        check(&mut change, token).await?;
        let made = insert(&mut change, token).await?;
        self.commit_change(change, revision, entry).await?;
        Ok(made)
    }

    /// All tokens, the newest first, with expired and revoked ones.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn tokens(&self) -> Result<Vec<EnrolmentToken>, StoreError> {
        let sql =
            "SELECT id, hash, group_id, label, created, expires, revoked, last_used, clients_out
                   FROM enrolment_tokens ORDER BY created DESC, id";
        Ok(sqlx::query_as(sql).fetch_all(self.reader()).await?)
    }

    /// Revokes a token for ever. If that has happened already, nothing changes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no token has that id.
    pub async fn revoke_token(
        &self,
        id: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let sql = "UPDATE enrolment_tokens SET revoked = COALESCE(revoked, $1) WHERE id = $2";
        let done = sqlx::query(sql).bind(now()).bind(id).execute(&mut *change).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing(format!("there is no token `{id}`")));
        }
        self.commit_change(change, revision, entry).await
    }

    /// Shuts out for ever the clients that a token has enrolled, and revokes the token.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no token has that id.
    pub async fn shut_out_token(
        &self,
        id: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<(), StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let sql = "UPDATE enrolment_tokens
                   SET revoked = COALESCE(revoked, $1), clients_out = COALESCE(clients_out, $1) WHERE id = $2";
        let done = sqlx::query(sql).bind(now()).bind(id).execute(&mut *change).await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::Missing(format!("there is no token `{id}`")));
        }
        self.commit_change(change, revision, entry).await
    }

    /// Notes when tokens were last used.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn touch_tokens(&self, used: &[(String, Millis)]) -> Result<(), StoreError> {
        if used.is_empty() {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        // Every server uses the same order, so that two never wait for each other.
        let mut used: Vec<_> = used.iter().collect();
        used.sort();
        for (id, time) in used {
            let sql = "UPDATE enrolment_tokens SET last_used = $1
                       WHERE id = $2 AND (last_used IS NULL OR last_used < $1)";
            sqlx::query(sql).bind(*time).bind(id.as_str()).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Whether the properties of a new token are valid.
pub(super) async fn check(
    connection: &mut AnyConnection,
    token: &NewToken,
) -> Result<(), StoreError> {
    if token.label.chars().count() > MAX_LABEL || token.label.chars().any(char::is_control) {
        return Err(StoreError::Invalid(format!(
            "a token's label has at most {MAX_LABEL} characters on one line"
        )));
    }
    let groups = group_tree::all(connection).await?;
    if !groups.iter().any(|group| group.id == token.group) {
        return Err(group_tree::missing(&token.group));
    }
    Ok(())
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    token: &NewToken,
) -> Result<(EnrolmentToken, Secret), StoreError> {
    let secret = Secret::new(TOKEN_PREFIX);
    let made = EnrolmentToken {
        id: uuid::Uuid::new_v4().to_string(),
        hash: secret.hash(),
        group: token.group.clone(),
        label: token.label.trim().to_owned(),
        created: now(),
        expires: token.expires,
        revoked: None,
        last_used: None,
        clients_out: None,
    };
    sqlx::query(
        "INSERT INTO enrolment_tokens (id, hash, group_id, label, created, expires)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&*made.id)
    .bind(&*made.hash)
    .bind(&*made.group)
    .bind(&*made.label)
    .bind(made.created)
    .bind(made.expires)
    .execute(connection)
    .await?;
    Ok((made, secret))
}
