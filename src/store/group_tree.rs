//! The tree of groups, whose root is the organisation.

use sqlx::{AnyConnection, FromRow, any::AnyRow};

use super::{Millis, StoreError};

/// The root: its policy is the layer below all others.
pub const ORGANISATION: &str = "organisation";

/// The group that the first start creates.
pub const DEFAULT_GROUP: &str = "default";

/// The most levels of groups. With more, the tree may have a loop, and nobody could tell which policy is in force.
const MAX_DEPTH: usize = 8;

/// A group of clients that share a policy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// A short, permanent id: lower-case letters, digits and `-`, as in addresses and events.
    pub id: String,
    /// The name that people read.
    pub name: String,
    /// The parent; `None` for the organisation alone.
    pub parent: Option<String>,
    /// When the group was made.
    pub created: Millis,
    pub(super) revision: i64,
}

impl<'r> FromRow<'r, AnyRow> for Group {
    fn from_row(row: &'r AnyRow) -> Result<Self, sqlx::Error> {
        use sqlx::Row;
        Ok(Self {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            parent: row.try_get("parent")?,
            created: row.try_get("created")?,
            revision: row.try_get("revision")?,
        })
    }
}

pub(super) const SELECT: &str =
    "SELECT id, name, parent, created, revision FROM groups ORDER BY id";

/// The groups from the organisation down to `id`; empty if it does not exist.
pub(super) fn chain<'a>(groups: &'a [Group], id: &str) -> Vec<&'a Group> {
    let find = |id: &str| groups.iter().find(|group| group.id == id);
    let mut chain = Vec::new();
    let mut next = find(id);
    while let Some(group) = next {
        chain.push(group);
        // Stored groups have no loops. This limit keeps rows that somebody inserted by hand from
        // hanging a server.
        next = group.parent.as_deref().filter(|_| chain.len() < MAX_DEPTH).and_then(find);
    }
    chain.reverse();
    chain
}

pub(super) async fn all(connection: &mut AnyConnection) -> Result<Vec<Group>, StoreError> {
    Ok(sqlx::query_as(SELECT).fetch_all(connection).await?)
}

pub(super) fn missing(id: &str) -> StoreError {
    StoreError::Missing(format!("there is no group `{id}`"))
}

/// Whether a group may be below `parent`.
pub(super) fn check_depth(groups: &[Group], parent: &str) -> Result<(), StoreError> {
    let mut depth = 1;
    let mut next = Some(parent);
    while let Some(id) = next {
        let group = groups.iter().find(|group| group.id == id).ok_or_else(|| missing(id))?;
        depth += 1;
        if depth > MAX_DEPTH {
            return Err(StoreError::Invalid(format!(
                "a group cannot be below itself, and groups can be at most {MAX_DEPTH} levels deep"
            )));
        }
        next = group.parent.as_deref();
    }
    Ok(())
}
