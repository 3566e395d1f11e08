//! How each group's effective policy is made: from the newest layer of every group, merged from the organisation
//! down.

use std::collections::BTreeMap;
use std::fmt;

use sqlx::{AnyConnection, FromRow, any::AnyRow};

use super::{Group, Millis, StoreError, group_tree};
use crate::policy::{Layer, Level, Merged, Policy, Problem};

/// The largest policy; clients read no more of an answer (`www/shared/backend.js`).
const MAX_DOCUMENT: usize = 4 << 20;

/// One version of a group's own layer, without its document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PolicyVersion {
    /// The group whose layer this is.
    pub group: String,
    /// A number that grows by 1 with every change of this layer.
    pub version: i64,
    /// A number that grows with every change of any group. It shows which version is newer, also between
    /// groups.
    pub revision: i64,
    /// Who stored the version.
    pub author: String,
    /// Why the author stored the version.
    pub comment: String,
    /// When the author stored the version.
    pub created: Millis,
}

/// The policy in force for the clients of a group.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The group.
    pub group: String,
    /// The policy with defaults filled in. Its `id` is the group's, and its `version` grows with every change of a layer.
    pub policy: Policy,
    /// How the layers, from the organisation down, led to it, and which changes of lower layers were
    /// refused.
    pub merged: Merged,
}

impl Effective {
    /// The document for clients.
    pub fn json(&self) -> String {
        // A policy consists of texts, numbers and lists, which JSON can always hold.
        serde_json::to_string(&self.policy).unwrap_or_default()
    }
}

/// Why a policy was not stored.
#[derive(Debug)]
pub enum PolicyChangeError {
    /// The document has errors, or makes a policy with errors together with other layers.
    Refused {
        /// The group whose effective policy would have errors: the changed group, or one below it.
        group: String,
        /// The errors.
        problems: Vec<Problem>,
    },
    /// The store failed, or refused the request.
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
pub(super) struct Stored {
    pub(super) version: PolicyVersion,
    pub(super) document: String,
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

/// The newest version of every group that has one.
const LATEST: &str = "
    SELECT group_id, version, revision, author, comment, created, document FROM policies AS one
    WHERE version = (SELECT MAX(version) FROM policies AS other WHERE other.group_id = one.group_id)";

/// The layers from which effective policies are made.
#[derive(Clone)]
pub(super) struct Layers {
    pub(super) groups: Vec<Group>,
    /// Revision and document of each group that has a layer.
    newest: BTreeMap<String, (i64, String)>,
}

impl Layers {
    pub(super) async fn read(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let groups = group_tree::all(&mut *connection).await?;
        let stored: Vec<Stored> = sqlx::query_as(LATEST).fetch_all(connection).await?;
        let pairs = stored
            .into_iter()
            .map(|Stored { version, document }| (version.group, (version.revision, document)));
        Ok(Self { groups, newest: pairs.collect() })
    }

    /// These layers with `document` as the newest layer of `group`.
    pub(super) fn with(mut self, group: &str, document: String) -> Self {
        let (version, own) = self.newest.entry(group.to_owned()).or_default();
        *version += 1;
        *own = document;
        self
    }

    pub(super) fn merge(&self, id: &str) -> Result<Effective, PolicyChangeError> {
        let refused = |problems| PolicyChangeError::Refused { group: id.to_owned(), problems };
        let chain = group_tree::chain(&self.groups, id);
        if chain.is_empty() {
            return Err(PolicyChangeError::Store(group_tree::missing(id)));
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

/// Refuses a document that is too large for clients.
pub(super) fn check_size(group: &str, bytes: usize) -> Result<(), PolicyChangeError> {
    if bytes <= MAX_DOCUMENT {
        return Ok(());
    }
    let message = format!("has {bytes} bytes; clients read at most {MAX_DOCUMENT}");
    let problem = Problem { level: Level::Error, path: String::new(), message };
    Err(PolicyChangeError::Refused { group: group.to_owned(), problems: vec![problem] })
}
