//! Which role the groups of a provider or a proxy give, and what the role is for.

use std::str::FromStr;

use crate::server::admin::Role;
use crate::store::{Group, ORGANISATION};

/// The groups that give each role.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RoleMap {
    /// Groups of administrators.
    pub admin: Vec<String>,
    /// Groups of analysts.
    pub analyst: Vec<String>,
    /// Groups of viewers.
    pub viewer: Vec<String>,
    /// Groups that give a role for one group of this server.
    pub within: Vec<GroupRole>,
}

/// A group of the provider or the proxy whose members have a role for one group of this server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GroupRole {
    /// The group at the provider or the proxy.
    pub name: String,
    /// The role at this server.
    pub role: Role,
    /// The id of the group of this server that the role is for.
    pub group: String,
}

/// What a person gets at sign-in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Grant<'a> {
    pub(crate) role: Role,
    /// The group that the role is for. `None` for the whole organisation; an administrator can then limit the account to
    /// a group.
    pub(crate) group: Option<&'a str>,
}

impl Grant<'_> {
    /// Whether an account already has this role for this group. `is_given` says that a sign-in set the account's group.
    pub(crate) fn is_that_of(&self, role: &str, group: Option<&str>, is_given: bool) -> bool {
        let same_group = match self.group {
            Some(_) => self.group == group,
            None => !is_given,
        };
        self.role.as_str() == role && same_group
    }
}

impl RoleMap {
    /// The highest role that one of the groups gives. Of equal roles, the one for the organisation counts, and then the
    /// one that the list names first. Names are compared to the letter.
    pub(crate) fn grant(&self, groups: &[String]) -> Option<Grant<'_>> {
        Role::ALL.into_iter().rev().find_map(|role| {
            if self.of(role).iter().any(|name| groups.contains(name)) {
                return Some(Grant { role, group: None });
            }
            let mut within = self.within.iter();
            let found = within.find(|it| it.role == role && groups.contains(&it.name))?;
            Some(Grant { role, group: Some(&found.group) })
        })
    }

    /// Whether no group gives any role.
    pub fn is_empty(&self) -> bool {
        Role::ALL.into_iter().all(|role| self.of(role).is_empty()) && self.within.is_empty()
    }

    /// The entries whose group does not exist on this server.
    pub(crate) fn without_group(&self, groups: &[Group]) -> impl Iterator<Item = &GroupRole> {
        self.within.iter().filter(|it| groups.iter().all(|group| group.id != it.group))
    }

    fn of(&self, role: Role) -> &[String] {
        match role {
            Role::Admin => &self.admin,
            Role::Analyst => &self.analyst,
            Role::Viewer => &self.viewer,
        }
    }
}

impl FromStr for GroupRole {
    type Err = String;

    /// Reads `navy-soc=analyst:navy`. The name may hold `=` and `:` as well.
    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            format!(
                "{text:?} has to name a group of the provider, a role and a group of this server: navy-soc=analyst:navy"
            )
        };
        let (name, given) = text.rsplit_once('=').ok_or_else(form)?;
        let (role, group) = given.split_once(':').ok_or_else(form)?;
        let (name, role, group) = (name.trim(), role.trim(), group.trim());
        let role = Role::parse(role).ok_or_else(|| {
            format!("{role:?} is not a role: admin, analyst and viewer are roles")
        })?;
        if group == ORGANISATION {
            let option = format!("{role}-groups");
            return Err(format!(
                "name {name:?} in {option} instead: {ORGANISATION} is not a single group"
            ));
        }
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || group.is_empty() || !group.bytes().all(is_plain) {
            return Err(form());
        }
        Ok(Self { name: name.to_owned(), role, group: group.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn map() -> RoleMap {
        let within = ["navy-admins=admin:navy", "fleet=analyst:fleet", "navy-soc=analyst:navy"];
        RoleMap {
            admin: names(&["mail-admins"]),
            analyst: names(&["soc", "ir"]),
            viewer: names(&["staff"]),
            within: within.map(|text| text.parse().unwrap()).to_vec(),
        }
    }

    #[test]
    fn the_highest_role_counts_and_unknown_groups_give_no_role() {
        for (groups, role) in [
            (&["staff", "mail-admins", "soc"][..], Some(Role::Admin)),
            (&["ir", "staff"], Some(Role::Analyst)),
            (&["staff"], Some(Role::Viewer)),
            (&["Staff", "staff ", "mail-admins2", "", "navy"], None),
            (&[], None),
        ] {
            let expected = role.map(|role| Grant { role, group: None });
            assert_eq!(map().grant(&names(groups)), expected, "{groups:?}");
        }
        assert!(RoleMap::default().is_empty() && !map().is_empty());
        assert!(!RoleMap { within: map().within, ..RoleMap::default() }.is_empty());
    }

    #[test]
    fn of_equal_roles_the_one_for_the_organisation_wins_or_else_the_first() {
        for (groups, role, group) in [
            (&["navy-soc"][..], Role::Analyst, Some("navy")),
            (&["navy-soc", "fleet"], Role::Analyst, Some("fleet")),
            (&["navy-soc", "soc"], Role::Analyst, None),
            (&["navy-soc", "staff"], Role::Analyst, Some("navy")),
            (&["navy-admins", "soc"], Role::Admin, Some("navy")),
            (&["navy-admins", "mail-admins"], Role::Admin, None),
        ] {
            assert_eq!(map().grant(&names(groups)), Some(Grant { role, group }), "{groups:?}");
        }
    }

    #[test]
    fn a_role_for_a_group_matches_only_an_account_with_that_group() {
        let grant = |group| Grant { role: Role::Analyst, group };
        for (group, account, is_given, expected) in [
            (Some("navy"), Some("navy"), true, true),
            (Some("navy"), Some("fleet"), true, false),
            (Some("navy"), None, false, false),
            (None, None, false, true),
            (None, Some("navy"), true, false),
            // An administrator, not the provider, limited the account to this group.
            (None, Some("navy"), false, true),
        ] {
            assert_eq!(grant(group).is_that_of("analyst", account, is_given), expected);
            assert!(!grant(group).is_that_of("admin", account, is_given));
        }
    }

    #[test]
    fn an_entry_names_a_group_of_the_provider_a_role_and_a_group_of_the_server() {
        let entry = |text: &str| text.parse::<GroupRole>();
        let read = entry("CN=soc:navy = analyst : navy-1").unwrap();
        let (name, group) = ("CN=soc:navy".to_owned(), "navy-1".to_owned());
        assert_eq!(read, GroupRole { name, role: Role::Analyst, group });
        for (text, words) in [
            ("navy-soc", "navy-soc=analyst:navy"),
            ("navy-soc=analyst", "navy-soc=analyst:navy"),
            ("=analyst:navy", "navy-soc=analyst:navy"),
            ("navy-soc=analyst:", "navy-soc=analyst:navy"),
            ("navy-soc=analyst:The Navy", "navy-soc=analyst:navy"),
            ("navy-soc=Analyst:navy", "admin, analyst and viewer are roles"),
            ("soc=analyst:organisation", "analyst-groups instead"),
        ] {
            let refusal = entry(text).unwrap_err();
            assert!(refusal.contains(words), "{text}: {refusal}");
        }
    }
}
