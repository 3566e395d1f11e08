//! Who may do what.

use std::fmt;

/// The role of a user. Ordered: each role may do what the roles before it may.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Role {
    /// Sees counts, domains and policies: nothing about a single message.
    Viewer,
    /// Also sees single events with addresses and justifications, exports them, tries policies out.
    Analyst,
    /// Also changes policies, groups, tokens and users, and reads the audit log.
    Admin,
}

codes! {
    /// Every role, the one that may do least first.
    pub ALL,
    /// The name in the store, in forms and in the audit log.
    pub as_str of Role {
        Viewer: "viewer",
        Analyst: "analyst",
        Admin: "admin",
    }
}

impl Role {
    /// What a person with the role may do, for the administrator who gives it.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Viewer => "sees counts, domains and policies",
            Self::Analyst => "also sees single events and exports them, and tries policies out",
            Self::Admin => "also changes policies, groups, tokens and users",
        }
    }

    /// Reads a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_read_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("Admin"), None);
        assert!(Role::Viewer < Role::Analyst && Role::Analyst < Role::Admin);
    }
}
