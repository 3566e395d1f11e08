//! Policies: every version of each group's own layer, and the policies that the layers make
//! together.
//!
//! A version is never changed, and is deleted only together with its group. A rollback stores an
//! old document again, as a new version.

use std::collections::BTreeMap;

use sqlx::AnyConnection;

use super::{
    AuditEntry, Group, Store, StoreError, group_tree, now,
    policy_layers::{Effective, Layers, PolicyChangeError, PolicyVersion, Stored, check_size},
};
use crate::policy::{Layer, Policy};

const MAX_COMMENT: usize = 500;

/// A new version.
#[derive(Clone, Debug)]
pub struct PolicyChange {
    /// The group whose layer changes.
    pub group: String,
    /// The document as written.
    pub document: String,
    /// The author.
    pub author: String,
    /// The reason: at most 500 characters.
    pub comment: String,
    /// The version that the author began with (0: none). If another version is in force by now, the
    /// store reports a conflict. `None` switches this check off.
    pub expected: Option<i64>,
}

impl Store {
    /// Stores a new version of a group's layer. Clients get it when they next ask. If the newest version says the same
    /// already, or the layer is empty and the group has none, nothing is stored and the answer is `None`.
    ///
    /// # Errors
    ///
    /// [`PolicyChangeError::Refused`] if it has errors or breaks a limit together with other layers;
    /// [`StoreError::Conflict`] if somebody else has published meanwhile.
    pub async fn put_policy(
        &self,
        put: &PolicyChange,
        entry: Option<&AuditEntry<'_>>,
    ) -> Result<Option<PolicyVersion>, PolicyChangeError> {
        check_size(&put.group, put.document.len())?;
        Layer::read(&*put.group, put.document.as_bytes()).map_err(|problems| {
            PolicyChangeError::Refused { group: put.group.clone(), problems }
        })?;
        if put.comment.chars().count() > MAX_COMMENT {
            let message = format!("a comment has at most {MAX_COMMENT} characters");
            return Err(PolicyChangeError::Store(StoreError::Invalid(message)));
        }
        let (mut change, revision) = self.begin_change().await?;
        let groups = group_tree::all(&mut change).await?;
        if !groups.iter().any(|group| group.id == put.group) {
            return Err(PolicyChangeError::Store(group_tree::missing(&put.group)));
        }
        let sql = "SELECT version, document FROM policies WHERE group_id = $1 ORDER BY version DESC LIMIT 1";
        let newest: Option<(i64, String)> =
            sqlx::query_as(sql).bind(&*put.group).fetch_optional(&mut *change).await?;
        let (newest, document) = newest.unwrap_or_else(|| (0, "{}".to_owned()));
        if put.expected.is_some_and(|expected| expected != newest) {
            return Err(PolicyChangeError::Store(StoreError::Conflict(format!(
                "the policy of `{}` is now at version {newest}; look at the changes and try again",
                put.group
            ))));
        }
        if says_the_same(&document, &put.document) {
            return Ok(None);
        }
        let stored = PolicyVersion {
            group: put.group.clone(),
            version: newest + 1,
            revision,
            author: put.author.clone(),
            comment: put.comment.trim().to_owned(),
            created: now(),
        };
        sqlx::query(
            "INSERT INTO policies (group_id, version, revision, author, comment, created, document)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&*stored.group)
        .bind(stored.version)
        .bind(stored.revision)
        .bind(&*stored.author)
        .bind(&*stored.comment)
        .bind(stored.created)
        .bind(&*put.document)
        .execute(&mut *change)
        .await?;
        check_all(&mut change).await?;
        self.commit_change(change, revision, entry).await?;
        Ok(Some(stored))
    }

    /// A group's versions, the newest first: those before `before`, at most `limit`.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn policy_history(
        &self,
        group: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<PolicyVersion>, StoreError> {
        let sql = "SELECT group_id, version, revision, author, comment, created FROM policies
                   WHERE group_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3";
        let query = sqlx::query_as(sql).bind(group).bind(before.unwrap_or(i64::MAX));
        Ok(query.bind(i64::from(limit)).fetch_all(self.reader()).await?)
    }

    /// The document of one version, as its author wrote it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such version.
    pub async fn policy_document(&self, group: &str, version: i64) -> Result<String, StoreError> {
        let sql = "SELECT document FROM policies WHERE group_id = $1 AND version = $2";
        let query = sqlx::query_scalar(sql).bind(group).bind(version);
        query.fetch_optional(self.reader()).await?.ok_or_else(|| {
            StoreError::Missing(format!("the policy of `{group}` has no version {version}"))
        })
    }

    /// The newest version of a group's own layer and its document; `None` where it has none.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn newest_policy(
        &self,
        group: &str,
    ) -> Result<Option<(PolicyVersion, String)>, StoreError> {
        let sql = "SELECT group_id, version, revision, author, comment, created, document
                   FROM policies WHERE group_id = $1 ORDER BY version DESC LIMIT 1";
        let stored: Option<Stored> =
            sqlx::query_as(sql).bind(group).fetch_optional(self.reader()).await?;
        Ok(stored.map(|stored| (stored.version, stored.document)))
    }

    /// The policy in force for each group. If this release cannot read the layers of a group, the reason stands
    /// in place of the policy.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn effective_policies(
        &self,
    ) -> Result<Vec<(Group, Result<Effective, PolicyChangeError>)>, StoreError> {
        let layers = self.layers().await?;
        away(move || {
            let all = layers.groups.iter();
            all.map(|group| (group.clone(), layers.merge(&group.id))).collect()
        })
        .await
    }

    /// The policy that would be in force for `group` with `document` as its own layer. This is a preview and stores
    /// nothing.
    ///
    /// # Errors
    ///
    /// As [`put_policy`](Self::put_policy).
    pub async fn preview_policy(
        &self,
        group: &str,
        document: &str,
    ) -> Result<Effective, PolicyChangeError> {
        check_size(group, document.len())?;
        let layers = self.layers().await?;
        let (group, document) = (group.to_owned(), document.to_owned());
        away(move || layers.with(&group, document).merge(&group)).await?
    }

    /// The policy in force for `group` and each group below it, and the policy that would be in force with `document` as the
    /// layer of `group`, by group. If the present layers of a group cannot be read, the built-in policy replaces them; if the
    /// new ones cannot, the group is left out.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn preview_policies(
        &self,
        group: &str,
        document: &str,
    ) -> Result<BTreeMap<String, (Policy, Policy)>, StoreError> {
        let before = self.layers().await?;
        let (group, document) = (group.to_owned(), document.to_owned());
        away(move || {
            let after = before.clone().with(&group, document);
            let is_below = |id: &str| {
                group_tree::chain(&before.groups, id).iter().any(|above| above.id == group)
            };
            let ids = before.groups.iter().map(|it| &it.id).filter(|id| is_below(id));
            ids.filter_map(|id| {
                let after = after.merge(id).ok()?.policy;
                let before = before.merge(id).map(|it| it.policy).unwrap_or_default();
                Some((id.clone(), (before, after)))
            })
            .collect()
        })
        .await
    }

    /// The policy in force for one group.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] if there is no such group.
    pub async fn effective_policy(&self, group: &str) -> Result<Effective, PolicyChangeError> {
        let layers = self.layers().await?;
        let group = group.to_owned();
        away(move || layers.merge(&group)).await?
    }

    async fn layers(&self) -> Result<Layers, StoreError> {
        let mut connection = self.reader().acquire().await?;
        Layers::read(&mut connection).await
    }
}

/// Whether two documents have the same members, in whatever order and layout.
fn says_the_same(one: &str, other: &str) -> bool {
    let read = serde_json::from_str::<serde_json::Value>;
    matches!((read(one), read(other)), (Ok(one), Ok(other)) if one == other)
}

/// Refuses a change that would give any group a policy with errors.
pub(super) async fn check_all(connection: &mut AnyConnection) -> Result<(), PolicyChangeError> {
    let layers = Layers::read(connection).await?;
    away(move || layers.groups.iter().try_for_each(|group| layers.merge(&group.id).map(|_| ())))
        .await?
}

/// Checking long lists takes a while, so it does not run on a thread that answers requests.
async fn away<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| StoreError::Corrupt(panic.to_string()))
}
