//! Policies: every version of each group's own layer, and what the layers make together.
//!
//! A version is never changed or taken away while its group exists. To roll back is to store an old
//! document again, as a new version.

use std::collections::BTreeMap;
use std::fmt;

use sqlx::{AnyConnection, FromRow, any::AnyRow};

use super::{AuditEntry, Group, Millis, Store, StoreError, groups, now};
use crate::policy::{Layer, Level, Merged, Policy, Problem};

/// Clients read no more of an answer (`www/shared/backend.js`).
const MAX_DOCUMENT: usize = 4 << 20;

const MAX_COMMENT: usize = 500;

/// One version of a group's own layer, without its document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyVersion {
    /// Whose layer.
    pub group: String,
    /// Counts up from 1 with every change of this layer.
    pub version: i64,
    /// Counts up with every change of anything: versions of different groups compare by it.
    pub revision: i64,
    /// Who stored it.
    pub author: String,
    /// Why.
    pub comment: String,
    /// When.
    pub created: Millis,
}

/// A new version.
#[derive(Clone, Debug)]
pub struct PolicyChange {
    /// Whose layer.
    pub group: String,
    /// The document as written.
    pub document: String,
    /// Who stores it.
    pub author: String,
    /// Why: at most 500 characters.
    pub comment: String,
    /// The version that the author began with (0: none): another one in force meanwhile is a conflict.
    /// `None` where that doesn't matter.
    pub expected: Option<i64>,
}

/// The policy in force for the clients of a group.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The group.
    pub group: String,
    /// With defaults filled in. Its `id` is the group's, and its `version` grows with every change of a layer.
    pub policy: Policy,
    /// How the layers, from the organisation down, came to it, and what the lower ones were refused.
    pub merged: Merged,
}

impl Effective {
    /// What clients are given.
    pub fn json(&self) -> String {
        // A policy is made of texts, numbers and lists: there is nothing that JSON could not hold.
        serde_json::to_string(&self.policy).unwrap_or_default()
    }
}

/// Why a policy was not stored.
#[derive(Debug)]
pub enum PolicyChangeError {
    /// It has errors, or what it makes together with other layers has.
    Refused {
        /// The group whose effective policy would be wrong: the one to change, or one below it.
        group: String,
        /// What is wrong.
        problems: Vec<Problem>,
    },
    /// The store.
    Store(StoreError),
}

impl fmt::Display for PolicyChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { group, problems } => {
                write!(f, "the policy of `{group}` would have errors")?;
                problems.iter().try_for_each(|problem| write!(f, "; {problem}"))
            }
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PolicyChangeError {}

impl<E: Into<StoreError>> From<E> for PolicyChangeError {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

/// A version with its document.
struct Stored {
    version: PolicyVersion,
    document: String,
}

impl<'r> FromRow<'r, AnyRow> for PolicyVersion {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        Ok(Self {
            group: row.try_get("group_id")?,
            version: row.try_get("version")?,
            revision: row.try_get("revision")?,
            author: row.try_get("author")?,
            comment: row.try_get("comment")?,
            created: row.try_get("created")?,
        })
    }
}

impl<'r> FromRow<'r, AnyRow> for Stored {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        Ok(Self { version: PolicyVersion::from_row(row)?, document: row.try_get("document")? })
    }
}

const LATEST: &str = "
    SELECT group_id, version, revision, author, comment, created, document FROM policies AS one
    WHERE version = (SELECT MAX(version) FROM policies AS other WHERE other.group_id = one.group_id)";

impl Store {
    /// Stores a new version of a group's layer. Clients get it within their next look. Where the newest version says the
    /// same already, or the layer is empty and the group has none, nothing is stored and the answer is `None`.
    ///
    /// # Errors
    ///
    /// [`PolicyChangeError::Refused`] where it has errors or breaks a limit together with other layers;
    /// [`StoreError::Conflict`] where somebody else was faster.
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
        let groups = groups::all(&mut change).await?;
        if !groups.iter().any(|group| group.id == put.group) {
            return Err(PolicyChangeError::Store(groups::missing(&put.group)));
        }
        let sql = "SELECT version, document FROM policies WHERE group_id = $1 ORDER BY version DESC LIMIT 1";
        let newest: Option<(i64, String)> =
            sqlx::query_as(sql).bind(&*put.group).fetch_optional(&mut *change).await?;
        let (newest, document) = newest.unwrap_or_else(|| (0, "{}".to_owned()));
        if put.expected.is_some_and(|expected| expected != newest) {
            return Err(PolicyChangeError::Store(StoreError::Conflict(format!(
                "the policy of `{}` is at version {newest} by now; look at what changed and try again",
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
    /// Where the database doesn't answer.
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

    /// The document of one version, as it was written.
    ///
    /// # Errors
    ///
    /// [`StoreError::Missing`] where there is no such version.
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
    /// Where the database doesn't answer.
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

    /// The policy in force for each group. A group whose layers this release cannot read has the reason in place
    /// of a policy.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
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

    /// What would hold for `group` if `document` were its own layer: for a preview, nothing is stored.
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

    /// The policy in force for `group` and each group below it, and the policy that would be in force if `document` were its own layer, by
    /// group. Where layers cannot be read now, what is built in holds; where not then, the group is left out.
    ///
    /// # Errors
    ///
    /// Where the database doesn't answer.
    pub async fn preview_policies(
        &self,
        group: &str,
        document: &str,
    ) -> Result<BTreeMap<String, (Policy, Policy)>, StoreError> {
        let before = self.layers().await?;
        let (group, document) = (group.to_owned(), document.to_owned());
        away(move || {
            let after = before.clone().with(&group, document);
            let is_below =
                |id: &str| groups::chain(&before.groups, id).iter().any(|above| above.id == group);
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
    /// [`StoreError::Missing`] where there is no such group.
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

/// Refuses a change after which any group's policy would have errors.
pub(super) async fn check_all(connection: &mut AnyConnection) -> Result<(), PolicyChangeError> {
    let layers = Layers::read(connection).await?;
    away(move || layers.groups.iter().try_for_each(|group| layers.merge(&group.id).map(|_| ())))
        .await?
}

/// Long lists take a while to look through: not on a thread that answers requests.
async fn away<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|panic| StoreError::Corrupt(panic.to_string()))
}

/// All that effective policies are made of.
#[derive(Clone)]
struct Layers {
    groups: Vec<Group>,
    /// Revision and document of each group that has any.
    newest: BTreeMap<String, (i64, String)>,
}

impl Layers {
    async fn read(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let groups = groups::all(&mut *connection).await?;
        let stored: Vec<Stored> = sqlx::query_as(LATEST).fetch_all(connection).await?;
        let pairs = stored
            .into_iter()
            .map(|Stored { version, document }| (version.group, (version.revision, document)));
        Ok(Self { groups, newest: pairs.collect() })
    }

    /// With `document` as the newest layer of `group`.
    fn with(mut self, group: &str, document: String) -> Self {
        let (version, own) = self.newest.entry(group.to_owned()).or_default();
        *version += 1;
        *own = document;
        self
    }

    fn merge(&self, id: &str) -> Result<Effective, PolicyChangeError> {
        let refused = |problems| PolicyChangeError::Refused { group: id.to_owned(), problems };
        let chain = groups::chain(&self.groups, id);
        if chain.is_empty() {
            return Err(PolicyChangeError::Store(groups::missing(id)));
        }
        let mut version = 1;
        let mut layers = Vec::new();
        for group in chain {
            version = version.max(group.revision);
            if let Some((revision, document)) = self.newest.get(&group.id) {
                version = version.max(*revision);
                layers.push(Layer::read(&*group.id, document.as_bytes()).map_err(refused)?);
            }
        }
        let merged = Policy::merge(layers);
        let mut policy = merged.policy();
        id.clone_into(&mut policy.id);
        policy.version = u64::try_from(version).unwrap_or(1);
        let problems = policy.problems().into_iter();
        let problems: Vec<_> = problems
            .map(|error| Problem { level: Level::Error, path: error.path, message: error.message })
            .collect();
        if !problems.is_empty() {
            return Err(refused(problems));
        }
        let effective = Effective { group: id.to_owned(), policy, merged };
        check_size(id, effective.json().len())?;
        Ok(effective)
    }
}

fn check_size(group: &str, bytes: usize) -> Result<(), PolicyChangeError> {
    if bytes <= MAX_DOCUMENT {
        return Ok(());
    }
    let message = format!("has {bytes} bytes; clients read at most {MAX_DOCUMENT}");
    let problem = Problem { level: Level::Error, path: String::new(), message };
    Err(PolicyChangeError::Refused { group: group.to_owned(), problems: vec![problem] })
}
