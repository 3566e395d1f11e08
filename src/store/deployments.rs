//! Deployments: the files that an administrator gives to a group's clients, below an address that
//! nobody can guess.
//!
//! A deployment is an enrolment token whose text the store keeps, since the server writes it into the files
//! below the address. Address and token are one secret: everybody who may load the files has the token, and
//! everybody who has the token may load the files.

use std::fmt;

use sqlx::{AnyConnection, FromRow, Row, any::AnyRow};

use super::tokens::{self, EnrolmentToken, NewToken, TOKEN_PREFIX};
use super::{AuditEntry, DEFAULT_GROUP, ORGANISATION, Secret, Store, StoreError};

/// A deployment for one group.
#[derive(Clone, Eq, PartialEq)]
pub struct Deployment {
    /// The deployment's token: group, label, and when the token was made, used and closed.
    pub token: EnrolmentToken,
    /// The secret in the deployment's address.
    pub secret: String,
}

impl Deployment {
    /// The path of the deployment's files, without a slash at its end.
    pub fn path(&self) -> String {
        format!("/d/{}", self.secret)
    }

    /// The text of the deployment's token.
    pub fn token_text(&self) -> String {
        format!("{TOKEN_PREFIX}{}", self.secret)
    }
}

impl fmt::Debug for Deployment {
    /// The printed form has no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployment").field("token", &self.token).finish_non_exhaustive()
    }
}

impl<'r> FromRow<'r, AnyRow> for Deployment {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { token: EnrolmentToken::from_row(row)?, secret: row.try_get("secret")? })
    }
}

impl Store {
    /// Makes a deployment for a group.
    ///
    /// # Errors
    ///
    /// As [`create_token`](Self::create_token).
    pub async fn create_deployment(
        &self,
        group: &str,
        label: &str,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<Deployment, StoreError> {
        let (mut change, revision) = self.begin_change().await?;
        let new = NewToken { group: group.to_owned(), label: label.to_owned(), expires: None };
        tokens::check(&mut change, &new).await?;
        let (token, secret) = insert(&mut change, &new).await?;
        self.commit_change(change, revision, entry).await?;
        let secret = secret.reveal().trim_start_matches(TOKEN_PREFIX).to_owned();
        Ok(Deployment { token, secret })
    }

    /// All deployments, the newest first, with those that were closed.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn deployments(&self) -> Result<Vec<Deployment>, StoreError> {
        let sql = "SELECT t.id, t.hash, t.group_id, t.label, t.created, t.expires, t.revoked, t.last_used,
                       t.clients_out, d.secret
                   FROM deployments AS d JOIN enrolment_tokens AS t ON t.id = d.id
                   ORDER BY t.created DESC, t.id";
        Ok(sqlx::query_as(sql).fetch_all(self.reader()).await?)
    }

    /// Reads one deployment.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if no deployment has that id.
    pub async fn deployment(&self, id: &str) -> Result<Deployment, StoreError> {
        let found = self.deployments().await?.into_iter().find(|it| it.token.id == id);
        found.ok_or_else(|| StoreError::Missing(format!("there is no deployment `{id}`")))
    }

    /// Makes sure that the default group has an open deployment, for a server that runs for its own machine.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn ensure_local_deployment(&self) -> Result<(), StoreError> {
        let groups = self.groups().await?;
        let group = [DEFAULT_GROUP, ORGANISATION]
            .into_iter()
            .find(|id| groups.iter().any(|group| group.id == *id));
        let deployments = self.deployments().await?;
        let is_open = |it: &Deployment| it.token.revoked.is_none();
        if let Some(group) = group
            && !deployments.iter().any(|it| it.token.group == group && is_open(it))
        {
            self.create_deployment(group, "This machine", None).await?;
        }
        Ok(())
    }
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    token: &NewToken,
) -> Result<(EnrolmentToken, Secret), StoreError> {
    let (token, secret) = tokens::insert(connection, token).await?;
    sqlx::query("INSERT INTO deployments (id, secret) VALUES ($1, $2)")
        .bind(&*token.id)
        .bind(secret.reveal().trim_start_matches(TOKEN_PREFIX))
        .execute(connection)
        .await?;
    Ok((token, secret))
}
