//! The periods of reports: weeks of ISO 8601, which begin on Mondays, and quarters of the calendar. All times are in UTC.

use jiff::{
    Timestamp, ToSpan, Unit,
    civil::{Date, ISOWeekDate, Weekday},
};

use crate::store::{DAY, Millis};

/// A week or a quarter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Period {
    /// From Monday to Sunday.
    Week {
        /// The Monday.
        begins: Date,
    },
    /// Three months.
    Quarter {
        /// A quarter, by the first day of its first month.
        begins: Date,
    },
}

impl Period {
    /// The week that a moment is in.
    pub(crate) fn week_of(time: Millis) -> Self {
        let day = date(time);
        let since = i64::from(day.weekday().to_monday_zero_offset());
        Self::Week { begins: day.saturating_sub(since.days()) }
    }

    /// The quarter that a moment is in.
    pub(crate) fn quarter_of(time: Millis) -> Self {
        let day = date(time);
        let month = (day.month() - 1) / 3 * 3 + 1;
        Self::Quarter { begins: Date::new(day.year(), month, 1).unwrap_or(day) }
    }

    /// Reads the form that [`key`](Self::key) writes, for years from 2000 to 2999.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, rest) = text.split_once('-')?;
        let year: i16 = year.parse().ok().filter(|year| (2000..3000).contains(year))?;
        let number: i8 = rest.get(1..)?.parse().ok()?;
        let found = match rest.get(..1)? {
            "W" => {
                let begins = ISOWeekDate::new(year, number, Weekday::Monday).ok()?.date();
                Self::Week { begins }
            }
            "Q" if (1..=4).contains(&number) => {
                Self::Quarter { begins: Date::new(year, number * 3 - 2, 1).ok()? }
            }
            _ => return None,
        };
        // Accept only the spelling that the database uses.
        (found.key() == text).then_some(found)
    }

    /// The name of the period for programs: `2026-W48`, `2026-Q4`.
    pub(crate) fn key(self) -> String {
        match self {
            Self::Week { begins } => {
                let week = begins.iso_week_date();
                format!("{}-W{:02}", week.year(), week.week())
            }
            Self::Quarter { begins } => format!("{}-Q{}", begins.year(), quarter(begins)),
        }
    }

    /// The name of the period for people.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Week { begins } => {
                let week = begins.iso_week_date();
                format!("Week {} of {}", week.week(), week.year())
            }
            Self::Quarter { begins } => {
                let names = ["First", "Second", "Third", "Fourth"];
                let index = usize::from(quarter(begins).unsigned_abs()).saturating_sub(1);
                let name = names.get(index).copied().unwrap_or_default();
                format!("{name} quarter of {}", begins.year())
            }
        }
    }

    /// The first and the last day of the period.
    pub(crate) fn days(self) -> (Date, Date) {
        let last = date(self.to() - DAY);
        match self {
            Self::Week { begins } | Self::Quarter { begins } => (begins, last),
        }
    }

    /// When the period begins.
    pub(crate) fn from(self) -> Millis {
        match self {
            Self::Week { begins } | Self::Quarter { begins } => midnight(begins),
        }
    }

    /// When the next period begins.
    pub(crate) fn to(self) -> Millis {
        match self {
            Self::Week { begins } => midnight(begins) + 7 * DAY,
            Self::Quarter { begins } => midnight(begins.saturating_add(3.months())),
        }
    }

    /// The period before.
    pub(crate) fn before(self) -> Self {
        match self {
            Self::Week { .. } => Self::week_of(self.from() - DAY),
            Self::Quarter { .. } => Self::quarter_of(self.from() - DAY),
        }
    }

    /// The parts to draw, each with its beginning: the days of a week, or the weeks of a quarter.
    pub(crate) fn steps(self) -> Vec<Millis> {
        let step = if matches!(self, Self::Week { .. }) { DAY } else { 7 * DAY };
        let mut steps = Vec::new();
        let mut start = self.from();
        while start < self.to() {
            steps.push(start);
            start += step;
        }
        steps
    }
}

fn quarter(day: Date) -> i8 {
    (day.month() - 1) / 3 + 1
}

fn date(time: Millis) -> Date {
    let time = Timestamp::from_millisecond(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn midnight(day: Date) -> Millis {
    let days = day.since((Unit::Day, Date::constant(1970, 1, 1)));
    days.map_or(0, |span| Millis::from(span.get_days()) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        text.parse::<Timestamp>().expect("a time").as_millisecond()
    }

    #[test]
    fn periods_follow_the_calendar() {
        for (time, week, quarter) in [
            ("2026-11-29T23:59:59Z", "2026-W48", "2026-Q4"),
            ("2026-11-30T00:00:00Z", "2026-W49", "2026-Q4"),
            ("2027-01-01T00:00:00Z", "2026-W53", "2027-Q1"),
            ("2026-03-31T23:59:59Z", "2026-W14", "2026-Q1"),
        ] {
            assert_eq!(Period::week_of(at(time)).key(), week, "{time}");
            assert_eq!(Period::quarter_of(at(time)).key(), quarter, "{time}");
        }
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        let week = Period::week_of(at("2026-11-29T12:00:00Z"));
        assert_eq!(
            (week.from(), week.to()),
            (at("2026-11-23T00:00:00Z"), at("2026-11-30T00:00:00Z"))
        );
        assert_eq!(week.before().key(), "2026-W47");
        assert_eq!(week.steps().len(), 7);
        let quarter = Period::quarter_of(at("2026-02-10T12:00:00Z"));
        assert_eq!(quarter.to(), at("2026-04-01T00:00:00Z"));
        assert_eq!(quarter.before().key(), "2025-Q4");
        assert_eq!(quarter.steps().len(), 13);
        assert_eq!(quarter.name(), "First quarter of 2026");
        assert_eq!(quarter.days().1.to_string(), "2026-03-31");
    }

    #[test]
    fn a_period_s_key_is_read_back_and_other_text_is_refused() {
        for key in ["2026-W48", "2026-W53", "2026-Q4", "2020-W01"] {
            assert_eq!(Period::parse(key).map(Period::key).as_deref(), Some(key));
        }
        for text in [
            "",
            "2026",
            "2026-W54",
            "2025-W53",
            "2026-Q5",
            "2026-W5",
            "2026-X1",
            "99999-W01",
            "2026-Wä",
            "-1-Q1",
            "2026-Q+1",
        ] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }
}
