//! Whose data somebody may see and change: that of the whole organisation, or of one group and those below it.

use std::collections::BTreeSet;

use super::search::Conditions;
use super::{Group, ORGANISATION, Store, StoreError};

/// The groups that somebody has a role for. Only [`Store::scope`] makes one from a user's account.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scope(Option<Within>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Within {
    /// The group at the top.
    top: String,
    /// The group and all groups below it.
    groups: BTreeSet<String>,
}

impl Scope {
    /// Every group, and the data about the organisation as a whole.
    pub const EVERYTHING: Self = Self(None);

    /// Whether the scope is everything.
    pub fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    /// The group at the top; `None` if the scope is everything.
    pub fn top(&self) -> Option<&str> {
        self.0.as_ref().map(|within| &*within.top)
    }

    /// Whether a group belongs to the scope.
    pub fn has(&self, group: &str) -> bool {
        self.0.as_ref().is_none_or(|within| within.groups.contains(group))
    }

    /// The group to answer a question about: the one in the question if it belongs to the scope,
    /// otherwise the group at the top of the scope.
    pub fn narrow(&self, asked: Option<String>) -> Option<String> {
        match &self.0 {
            None => asked,
            Some(within) => {
                Some(asked.filter(|it| self.has(it)).unwrap_or_else(|| within.top.clone()))
            }
        }
    }

    /// The groups that belong to the scope.
    pub fn among(&self, groups: Vec<Group>) -> Vec<Group> {
        groups.into_iter().filter(|group| self.has(&group.id)).collect()
    }

    /// Leaves out rows of other groups.
    pub(super) fn limit(&self, conditions: &mut Conditions, column: &str) {
        if let Some(within) = &self.0 {
            // The list is never empty: the top group is in it.
            conditions.is_one_of(column, &within.groups.iter().collect::<Vec<_>>());
        }
    }
}

impl Store {
    /// The scope of somebody whose role is for a group, or for the organisation.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub async fn scope(&self, group: Option<&str>) -> Result<Scope, StoreError> {
        let Some(top) = group.filter(|group| *group != ORGANISATION) else {
            return Ok(Scope::EVERYTHING);
        };
        // A scope of a group that does not exist contains that group's id alone.
        let groups: BTreeSet<String> = self.with_below(top).await?.into_iter().collect();
        Ok(Scope(Some(Within { top: top.to_owned(), groups })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finance() -> Scope {
        let groups = ["finance", "payroll"].map(str::to_owned).into();
        Scope(Some(Within { top: "finance".to_owned(), groups }))
    }

    #[test]
    fn a_scope_has_its_groups_and_no_other() {
        for (group, is_within) in
            [("finance", true), ("payroll", true), ("navy", false), ("organisation", false)]
        {
            assert_eq!(finance().has(group), is_within, "{group}");
            assert!(Scope::EVERYTHING.has(group));
        }
    }

    #[test]
    fn a_query_never_reaches_beyond_the_scope() {
        let narrow = |scope: &Scope, asked: Option<&str>| scope.narrow(asked.map(str::to_owned));
        for (asked, about) in [
            (None, "finance"),
            (Some("payroll"), "payroll"),
            (Some("navy"), "finance"),
            (Some(ORGANISATION), "finance"),
        ] {
            assert_eq!(narrow(&finance(), asked).as_deref(), Some(about), "{asked:?}");
            assert_eq!(narrow(&Scope::EVERYTHING, asked).as_deref(), asked);
        }
    }

    #[test]
    fn a_scope_always_becomes_a_condition() {
        let mut conditions = Conditions::default();
        finance().limit(&mut conditions, "group_id");
        assert_eq!(conditions.clause(), "group_id IN ($1, $2)");
        let mut conditions = Conditions::default();
        Scope::EVERYTHING.limit(&mut conditions, "group_id");
        assert_eq!(conditions.clause(), "true");
    }
}
