//! The ways in which a label contains a protected name.

use crate::registry::{Class, Marks};

/// How a label contains a protected name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    /// The name itself.
    Name,
    /// `us` and the name without the dot: `usarmy`.
    Us,
    /// The name and the suffix without the dot, or with a hyphen: `armymil`, `army-mil`.
    Glued,
    /// The suffix first: `milarmy`.
    Reversed,
    /// A host label, the name and the suffix without either dot: `usarmymil`, `mailarmymil`.
    HostGlued,
    /// The first label of a protected suffix.
    Suffix,
    /// A whole protected domain of the policy.
    Domain,
    /// Possibly the first label of another country's military domain.
    Foreign,
    /// What people call an armed service or a command: `airforce`.
    Guess,
}

impl Form {
    /// Whether a name of this class is recognised in this form.
    pub(super) fn is_of(self, class: Class, marks: Marks) -> bool {
        match self {
            Self::Glued => class > Class::Weak,
            Self::Reversed => class == Class::Strong,
            Self::HostGlued => class == Class::Strong || class > Class::Weak && marks.service,
            // `ustranscom` and the like are names of their own; before a military service, `us` is
            // a host.
            Self::Us => class > Class::Weak && marks.service,
            Self::Name | Self::Suffix | Self::Domain | Self::Foreign | Self::Guess => true,
        }
    }
}
