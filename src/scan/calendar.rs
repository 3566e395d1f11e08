//! Adds the year to times without one.
//!
//! Traditional syslog has no year. A file was last written in the year of its last line, and its lines
//! are in order except for a few days: processes write with some delay, and some files combine the logs
//! of several hosts.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::{Deserialize, Serialize};

use super::time::{Certainty, Stamp, Time};

/// How many days a line may lie before the latest one without belonging to the next year. With more, a log
/// with a gap of ten months between two lines would lose a year; with fewer, the logs of two hosts for one
/// month, one after the other, would gain one.
fn slack() -> Span {
    60.days()
}

/// The years of one file.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Calendar {
    /// No line is later than this day, unless the file or the caller gives the year.
    latest: Date,
    /// The year of the first line, if the caller knows it.
    first: Option<i16>,
    /// The latest day so far.
    day: Option<Date>,
    /// How many times the year changes in the file, if that is known.
    turns: i16,
}

impl Calendar {
    /// The calendar of a file that was last written on `latest`. Its first line is of `year`, if that is known, and
    /// the year changes `turns` times in the file.
    pub(crate) fn new(latest: Date, year: Option<i16>, turns: i16) -> Self {
        Self { latest, first: year, day: None, turns }
    }

    /// The time of a line; lines must come in the order of the file.
    pub(crate) fn resolve(&mut self, stamp: &Stamp) -> Option<Time> {
        if let Some(year) = stamp.year {
            return stamp.at(year);
        }
        let day = match self.day {
            None => self.first_day(stamp)?,
            Some(latest) => {
                let earliest = latest.checked_sub(slack()).unwrap_or(latest);
                let years = earliest.year()..=earliest.year() + 8;
                let next =
                    years.filter_map(|year| stamp.day_in(year)).find(|day| *day >= earliest)?;
                // A line that would be in the future is out of order.
                if self.first.is_none() && next > self.last_day() {
                    stamp.day_in(next.year() - 1).unwrap_or(next)
                } else {
                    next
                }
            }
        };
        self.day = Some(self.day.map_or(day, |latest| latest.max(day)));
        let time = stamp.at(day.year())?;
        let certainty = if self.first.is_none() { Certainty::Latest } else { time.certainty };
        Some(Time { certainty, ..time })
    }

    /// The day of the first line.
    fn first_day(&self, stamp: &Stamp) -> Option<Date> {
        if let Some(year) = self.first {
            return stamp.day_in(year);
        }
        let last_day = self.last_day();
        // The year, or up to seven years before it, may have no February 29.
        let this_year = self.latest.year();
        let mut years = (this_year - 8..=this_year + 1).rev();
        let day = years.find_map(|year| stamp.day_in(year).filter(|day| *day <= last_day))?;
        if self.turns > 0 {
            stamp.day_in(self.latest.year() - self.turns).or(Some(day))
        } else {
            Some(day)
        }
    }

    /// A day of tolerance for clocks in other time zones.
    fn last_day(&self) -> Date {
        self.latest.tomorrow().unwrap_or(self.latest)
    }
}

/// How many times the year changes between times in the order of a file.
pub(crate) fn turns(stamps: impl Iterator<Item = Stamp>) -> i16 {
    // 2000 is a leap year, so it has every day.
    let mut calendar = Calendar::new(Date::MAX, Some(2000), 0);
    let mut last = 2000;
    for stamp in stamps.filter(|stamp| stamp.year.is_none()) {
        if let Some(time) = calendar.resolve(&stamp) {
            last = last.max(time.civil.year());
        }
    }
    last - 2000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Stamp {
        Stamp::at_start(text.as_bytes()).unwrap().0
    }

    #[test]
    fn a_missing_year_is_inferred_and_increases_in_january() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let years = |latest: &str, year: Option<i16>, stamps: &[&str]| {
            let mut calendar = Calendar::new(day(latest), year, 0);
            let times = stamps.iter().map(|text| calendar.resolve(&stamp(text)));
            times.map(|time| time.map_or(0, |time| time.civil.year())).collect::<Vec<_>>()
        };
        assert_eq!(
            years("2024-03-06", None, &["Mar  5 00:00:00", "Mar  7 00:00:00"]),
            [2024, 2024]
        );
        assert_eq!(
            years(
                "2024-01-02",
                None,
                &["Dec 30 00:00:00", "Jan  1 00:00:00", "Dec 31 23:59:59", "Jan  2 00:00:00"]
            ),
            [2023, 2024, 2023, 2024]
        );
        assert_eq!(
            years("2026-06-01", Some(2019), &["Nov  1 00:00:00", "Feb  1 00:00:00"]),
            [2019, 2020]
        );
        assert_eq!(
            years("2026-06-01", Some(2023), &["Jan  5 09:00:00", "Aug 28 10:00:00"]),
            [2023, 2023],
            "more than half a year between two lines"
        );
        assert_eq!(
            years("2026-06-01", None, &["Mar  1 00:00:00", "Mar 31 00:00:00", "Mar  1 00:00:00"]),
            [2026, 2026, 2026],
            "the logs of two hosts, one after the other"
        );
        assert_eq!(years("2025-06-01", None, &["Feb 29 00:00:00"]), [2024]);
        assert_eq!(years("2024-03-06", None, &["Mar  7 00:00:00"]), [2024], "another time zone");
        assert_eq!(years("2024-03-06", None, &["Mar  8 00:00:00"]), [2023]);
    }

    #[test]
    fn each_new_year_within_a_log_is_counted() {
        let lines = [
            "Mar  5 00:00:00",
            "Sep  1 00:00:00",
            "Jan  2 00:00:00",
            "Oct  1 00:00:00",
            "Feb  3 00:00:00",
        ];
        assert_eq!(turns(lines.iter().map(|text| stamp(text))), 2);
        let mut calendar = Calendar::new("2024-02-04".parse().unwrap(), None, 2);
        let years: Vec<i16> =
            lines.iter().map(|text| calendar.resolve(&stamp(text)).unwrap().civil.year()).collect();
        assert_eq!(years, [2022, 2022, 2023, 2023, 2024]);
    }
}
