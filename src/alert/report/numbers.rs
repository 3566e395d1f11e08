//! The numbers of a report, and their forms for people.

use serde::{Deserialize, Serialize};

use crate::alert::domain::domain_path;
use crate::text::number::number;

/// A number in this period and in the one before.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Trend {
    pub(crate) now: i64,
    pub(crate) before: i64,
}

/// A number with a name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) trend: Trend,
}

/// A number with a name, and the part of it that was sent in spite of the warning.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) n: i64,
    pub(crate) sent: i64,
    /// Whether nobody wrote to the domain before this period.
    #[serde(default)]
    pub(crate) is_new: bool,
}

/// What to train, and the reason.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Lesson {
    pub(crate) reason: String,
    pub(crate) n: i64,
    pub(crate) text: String,
}

impl Trend {
    pub(super) fn is_empty(self) -> bool {
        self.now == 0 && self.before == 0
    }

    /// The number, for people.
    pub(crate) fn number(self) -> String {
        number(self.now)
    }

    /// The number of the period before, for people.
    pub(crate) fn number_before(self) -> String {
        number(self.before)
    }

    /// The comparison with the period before, in words.
    pub(crate) fn change(self) -> String {
        if self.before == 0 {
            return if self.now == 0 { "as before".to_owned() } else { "none before".to_owned() };
        }
        let percent = (self.now - self.before).saturating_mul(100) / self.before;
        match percent {
            0 => "as before".to_owned(),
            1.. => format!("{percent} % more"),
            _ => format!("{} % fewer", -percent),
        }
    }
}

impl Part {
    /// The number, for people.
    pub(crate) fn number(&self) -> String {
        number(self.n)
    }

    /// The number that senders sent anyway, for people.
    pub(crate) fn number_sent(&self) -> String {
        number(self.sent)
    }

    /// The path of the page of this domain on the dashboard.
    pub(crate) fn path(&self) -> String {
        domain_path(&self.name)
    }
}

impl Lesson {
    /// How often the checker gave this reason, for people.
    pub(crate) fn number(&self) -> String {
        number(self.n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_written_in_words() {
        for (now, before, words) in [
            (150, 100, "50 % more"),
            (50, 100, "50 % fewer"),
            (100, 100, "as before"),
            (3, 0, "none before"),
            (0, 0, "as before"),
        ] {
            assert_eq!(Trend { now, before }.change(), words);
        }
    }
}
