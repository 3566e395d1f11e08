//! What codes are called on the pages.

use crate::verdict::Reason;

/// What became of a flagged recipient, in the parts that a person asks about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
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
    pub(crate) const ALL: [Self; 5] =
        [Self::Corrected, Self::WentBack, Self::SentAnyway, Self::Asked, Self::Audited];

    /// The outcome of an action; that of a later release's action is unknown.
    pub(crate) fn of(action: &str) -> Self {
        match action {
            "fixed" | "removed" => Self::Corrected,
            "cancelled" | "blocked" => Self::WentBack,
            "sent-anyway" => Self::SentAnyway,
            "audited" => Self::Audited,
            _ => Self::Asked,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Corrected => "Corrected",
            Self::WentBack => "Held back",
            Self::SentAnyway => "Sent anyway",
            Self::Asked => "Asked by Outlook",
            Self::Audited => "Only audited",
        }
    }

    /// The class of its colour.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::WentBack => "back",
            Self::SentAnyway => "sent",
            Self::Asked => "asked",
            Self::Audited => "audited",
        }
    }

    /// Whether it depends on how an organisation has set things up.
    pub(crate) const fn is_rare(self) -> bool {
        matches!(self, Self::Asked | Self::Audited)
    }

    /// The action, where it stands for one alone.
    pub(crate) const fn only_action(self) -> Option<&'static str> {
        match self {
            Self::SentAnyway => Some("sent-anyway"),
            Self::Asked => Some("asked"),
            Self::Audited => Some("audited"),
            Self::Corrected | Self::WentBack => None,
        }
    }
}

/// What the sender did.
pub(crate) fn action(code: &str) -> &str {
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
pub(crate) fn reason(code: &str) -> &str {
    match Reason::from_code(code) {
        Some(reason) => reason.label(),
        None => code,
    }
}

/// What made a verdict graver; a code of a later release stays as it is.
pub(crate) fn raised(code: &str) -> &str {
    match code {
        "marking" => "a marking in the message",
        "sibling" => "another recipient",
        "delivers" => "the domain takes mail",
        other => other,
    }
}

/// The mail client.
pub(crate) fn host(code: &str) -> &str {
    match code {
        "thunderbird" => "Thunderbird",
        "outlook" => "Outlook",
        "gateway" => "Mail server",
        other => other,
    }
}

/// The value of a code; `None` for an empty one and one that is not known.
pub(crate) fn parse<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|value| code(*value) == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Action;
    use crate::verdict::RaisedBy;

    #[test]
    fn every_reason_and_action_has_a_name() {
        for known in Reason::ALL {
            assert_ne!(reason(known.as_str()), known.as_str());
        }
        for known in Action::ALL {
            assert!(!action(known.as_str()).contains('-'), "{}", known.as_str());
        }
        for known in RaisedBy::ALL {
            assert_ne!(raised(known.as_str()), known.as_str());
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
