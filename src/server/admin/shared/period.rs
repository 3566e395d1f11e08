//! The days of an overview: the last ones, or those that a person has typed.

use super::time::{DAY, Moment, day};

/// The numbers of days to choose from, with their names.
pub(crate) const PRESETS: [(i64, &str); 5] =
    [(1, "24 hours"), (7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "a year")];

const USUAL_DAYS: i64 = 30;

/// Counts are kept this long, unless an operator keeps them longer. A longer period would have more columns than a
/// screen has pixels.
const MOST_DAYS: i64 = 5 * 366;

/// The members of the page's address.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked<'a> {
    /// A number of days, or empty.
    pub(crate) days: &'a str,
    /// The value of `days` when the form was shown. If the person has chosen another number since, the typed
    /// days no longer count.
    pub(crate) was: &'a str,
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
}

/// The days that an overview covers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Period {
    /// This many days, up to now.
    Last(i64),
    /// From the beginning of the first day up to the beginning of the second.
    Days { from: i64, to: i64 },
}

impl Period {
    /// # Errors
    ///
    /// The error in the days, for a person.
    pub(crate) fn read(asked: Asked<'_>, now: i64) -> Result<Self, String> {
        let has_days = !asked.from.is_empty() || !asked.to.is_empty();
        if !has_days || !asked.days.is_empty() && asked.days != asked.was {
            let days = asked.days.parse().unwrap_or(USUAL_DAYS);
            let is_offered = PRESETS.iter().any(|(known, _)| *known == days);
            return Ok(Self::Last(if is_offered { days } else { USUAL_DAYS }));
        }
        let tomorrow = now - now.rem_euclid(DAY) + DAY;
        let to = day(asked.to)?.map_or(tomorrow, |to| to + DAY);
        let from = day(asked.from)?.unwrap_or(to - USUAL_DAYS * DAY);
        if from >= to {
            return Err("The period ends before it begins. Change one of its days.".to_owned());
        }
        if to - from > MOST_DAYS * DAY {
            return Err("The period is longer than five years. Choose a shorter one.".to_owned());
        }
        Ok(Self::Days { from, to })
    }

    /// The members of an address for the same period.
    pub(crate) fn members(self) -> [(&'static str, String); 3] {
        let (days, from, to) = match self {
            Self::Last(days) => (days.to_string(), String::new(), String::new()),
            Self::Days { from, to } => (String::new(), Moment(from).day(), Moment(to - DAY).day()),
        };
        [("days", days), ("from", from), ("to", to)]
    }

    /// The period in words, for the end of a sentence: `over 30 days`.
    pub(crate) fn in_words(self) -> String {
        match self {
            Self::Last(days) => {
                let name = PRESETS.iter().find(|(known, _)| *known == days);
                format!("over {}", name.map_or("", |(_, name)| name))
            }
            Self::Days { from, to } if to - from == DAY => format!("on {}", Moment(from).day()),
            Self::Days { from, to } => {
                format!("from {} to {}", Moment(from).day(), Moment(to - DAY).day())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 100 * DAY + 5_000;

    fn read(days: &str, was: &str, from: &str, to: &str) -> Result<Period, String> {
        Period::read(Asked { days, was, from, to }, NOW)
    }

    #[test]
    fn a_number_of_days_that_is_not_offered_becomes_the_usual_one() {
        for (given, days) in [("", 30), ("7", 7), ("100000", 30), ("-1", 30), ("x", 30)] {
            assert_eq!(read(given, "", "", ""), Ok(Period::Last(days)), "{given}");
        }
    }

    #[test]
    fn the_field_that_a_person_changed_last_sets_the_period() {
        let days = Ok(Period::Days { from: DAY, to: 3 * DAY });
        assert_eq!(read("", "", "1970-01-02", "1970-01-03"), days);
        assert_eq!(read("30", "30", "1970-01-02", "1970-01-03"), days, "days were written down");
        assert_eq!(
            read("7", "", "1970-01-02", "1970-01-03"),
            Ok(Period::Last(7)),
            "a number was chosen"
        );
    }

    #[test]
    fn one_end_of_a_period_is_enough() {
        let to_today = Period::Days { from: 90 * DAY, to: 101 * DAY };
        assert_eq!(read("", "", &Moment(90 * DAY).day(), ""), Ok(to_today));
        let up_to = Period::Days { from: 11 * DAY, to: 41 * DAY };
        assert_eq!(read("", "", "", &Moment(40 * DAY).day()), Ok(up_to));
    }

    #[test]
    fn an_impossible_period_is_refused() {
        for (from, to) in
            [("1970-01-03", "1970-01-02"), ("3.1.1970", ""), ("1970-01-01", "1990-01-01")]
        {
            assert!(read("", "", from, to).is_err(), "{from} {to}");
        }
    }

    #[test]
    fn a_period_is_written_in_words_and_in_a_link() {
        let days = Period::Days { from: DAY, to: 3 * DAY };
        assert_eq!(days.in_words(), "from 1970-01-02 to 1970-01-03");
        assert_eq!(Period::Days { from: DAY, to: 2 * DAY }.in_words(), "on 1970-01-02");
        assert_eq!(Period::Last(365).in_words(), "over a year");
        let [(_, none), (_, from), (_, to)] = days.members();
        assert_eq!((&*none, read("", "", &from, &to)), ("", Ok(days)));
    }
}
