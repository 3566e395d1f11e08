//! What codes are called on the pages.

/// What became of a flagged recipient, in the parts that a person asks about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// The recipient was set right or taken out.
    Corrected,
    /// The sender went back to the message.
    WentBack,
    /// The sender sent the message as it was.
    SentAnyway,
    /// Outlook asked and does not tell the answer.
    Asked,
    /// Nobody was asked: audit mode.
    Audited,
}

impl Outcome {
    pub(super) const ALL: [Self; 5] =
        [Self::Corrected, Self::WentBack, Self::SentAnyway, Self::Asked, Self::Audited];

    /// Of an action; one of a later release has an outcome that is not known.
    pub(super) fn of(action: &str) -> Self {
        match action {
            "fixed" | "removed" => Self::Corrected,
            "cancelled" | "blocked" => Self::WentBack,
            "sent-anyway" => Self::SentAnyway,
            "audited" => Self::Audited,
            _ => Self::Asked,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Corrected => "Corrected",
            Self::WentBack => "Held back",
            Self::SentAnyway => "Sent anyway",
            Self::Asked => "Asked by Outlook",
            Self::Audited => "Only audited",
        }
    }

    /// The class of its colour.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::WentBack => "back",
            Self::SentAnyway => "sent",
            Self::Asked => "asked",
            Self::Audited => "audited",
        }
    }

    /// Whether it depends on how an organisation has set things up.
    pub(super) const fn is_rare(self) -> bool {
        matches!(self, Self::Asked | Self::Audited)
    }

    /// The action, where it stands for one alone.
    pub(super) const fn only_action(self) -> Option<&'static str> {
        match self {
            Self::SentAnyway => Some("sent-anyway"),
            Self::Asked => Some("asked"),
            Self::Audited => Some("audited"),
            Self::Corrected | Self::WentBack => None,
        }
    }
}

/// What the sender did.
pub(super) fn action(code: &str) -> &str {
    match code {
        "fixed" => "fixed",
        "removed" => "removed",
        "sent-anyway" => "sent anyway",
        "cancelled" => "went back",
        "blocked" => "blocked",
        "asked" => "asked by Outlook",
        "audited" => "only audited",
        other => other,
    }
}

/// Why, in a few words; a code of a later release stays as it is.
pub(super) fn reason(code: &str) -> &str {
    match code {
        "suffix-typo" => "mistyped suffix",
        "suffix-swapped" => "other suffix",
        "suffix-embedded" => "protected name inside",
        "suffix-glued" => "missing dot",
        "confusable" => "confusable characters",
        "unregistered-domain" => "not registered",
        "foreign-military" => "another country's military",
        "name-mismatch" => "name shows another address",
        "sibling-mismatch" => "unlike a colleague's domain",
        "persona-local-part" => "DoD persona elsewhere",
        "denied-by-policy" => "denied by policy",
        "allowed-by-policy" => "allowed by policy",
        "malformed" => "cannot be read",
        "unexpanded-group" => "list that cannot be opened",
        other => other,
    }
}

/// The mail client.
pub(super) fn host(code: &str) -> &str {
    match code {
        "thunderbird" => "Thunderbird",
        "outlook" => "Outlook",
        other => other,
    }
}

/// The value of a code; `None` for an empty one and one that is not known.
pub(super) fn parse<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|value| code(*value) == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reason, store::Action};

    #[test]
    fn every_reason_and_action_has_a_name() {
        for known in Reason::ALL {
            assert_ne!(reason(known.as_str()), known.as_str());
        }
        for known in Action::ALL {
            assert!(!action(known.as_str()).contains('-'), "{}", known.as_str());
        }
        assert_eq!(reason("of-tomorrow"), "of-tomorrow");
    }

    #[test]
    fn an_outcome_that_one_action_makes_leads_to_it() {
        for outcome in Outcome::ALL {
            if let Some(action) = outcome.only_action() {
                assert_eq!(Outcome::of(action), outcome);
            }
        }
    }
}
