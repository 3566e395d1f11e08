//! The names that pages show for codes.

use crate::store::Action;
use crate::verdict::Reason;

/// The outcome of a flagged recipient, in the groups that people ask about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Outcome {
    /// The sender corrected or removed the recipient.
    Corrected,
    /// The sender went back to the message.
    WentBack,
    /// The sender sent the message as it was.
    SentAnyway,
    /// Outlook asked and does not report the answer.
    Asked,
    /// The client was in audit mode and did not ask.
    Audited,
}

impl Outcome {
    pub(crate) const ALL: [Self; 5] =
        [Self::Corrected, Self::WentBack, Self::SentAnyway, Self::Asked, Self::Audited];

    /// The outcome of an action; an action of a later release counts as `Asked`, whose answer is
    /// unknown.
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

    /// The class of the outcome's colour.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::WentBack => "back",
            Self::SentAnyway => "sent",
            Self::Asked => "asked",
            Self::Audited => "audited",
        }
    }

    /// Whether the outcome occurs only with some settings of an organisation.
    pub(crate) const fn is_rare(self) -> bool {
        matches!(self, Self::Asked | Self::Audited)
    }

    /// The outcome's code in filters: that of its action, if it has only one.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Corrected => "corrected",
            Self::WentBack => "held-back",
            Self::SentAnyway => "sent-anyway",
            Self::Asked => "asked",
            Self::Audited => "audited",
        }
    }

    fn actions(self) -> Vec<Action> {
        Action::ALL.into_iter().filter(|action| Self::of(action.as_str()) == self).collect()
    }
}

/// The code of a filter for all actions with which a message left.
pub(crate) const SENT: &str = "sent";

/// The actions that a filter's code stands for: those of an outcome, or one action; none for an empty or unknown code.
pub(crate) fn actions(code: &str) -> Vec<Action> {
    if code == SENT {
        return Action::ALL.into_iter().filter(|action| action.is_sent()).collect();
    }
    let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.code() == code);
    let action = || parse(&Action::ALL, Action::as_str, code).into_iter().collect();
    outcome.map_or_else(action, Outcome::actions)
}

/// The codes of [`actions`] with their names, each outcome before its actions.
pub(crate) fn action_choices() -> Vec<(&'static str, String)> {
    let mut choices = vec![(SENT, "Sent: anyway, or while only auditing".to_owned())];
    for outcome in Outcome::ALL {
        let actions = outcome.actions();
        choices.push((outcome.code(), outcome.name().to_owned()));
        if actions.len() > 1 {
            let each = actions.into_iter().map(Action::as_str);
            choices
                .extend(each.map(|code| (code, format!("{}: {}", outcome.name(), action(code)))));
        }
    }
    choices
}

/// What the sender did; also the names of outcomes in filters.
pub(crate) fn action(code: &str) -> &str {
    match code {
        "corrected" => "corrected",
        "held-back" => "held back",
        SENT => "sent: anyway, or while only auditing",
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

/// A reason in a few words; a code of a later release stays as it is.
pub(crate) fn reason(code: &str) -> &str {
    match Reason::from_code(code) {
        Some(reason) => reason.label(),
        None => code,
    }
}

/// The reason why a verdict was raised, in words; a code of a later release stays unchanged.
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

/// The value of a code; `None` for an empty or unknown one.
pub(crate) fn parse<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str, text: &str) -> Option<T> {
    all.iter().copied().find(|value| code(*value) == text)
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn every_code_of_a_filter_stands_for_its_actions() {
        for outcome in Outcome::ALL {
            let actions = actions(outcome.code());
            assert!(!actions.is_empty(), "{}", outcome.code());
            assert!(actions.iter().all(|action| Outcome::of(action.as_str()) == outcome));
        }
        for action in Action::ALL {
            assert_eq!(actions(action.as_str()), [action]);
        }
        assert!(actions("").is_empty() && actions("lost").is_empty());
        assert_eq!(actions(SENT), [Action::SentAnyway, Action::Audited]);
        let choices = action_choices();
        assert_eq!(choices.len(), 10);
        assert!(choices.iter().all(|(code, _)| !actions(code).is_empty()));
    }
}
