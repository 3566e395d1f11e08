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
    /// The year of the first line, as the times in the file and its last change show it.
    #[serde(default)]
    assumed: Option<i16>,
    /// The latest day so far.
    day: Option<Date>,
}

impl Calendar {
    /// The calendar of a file without lines after `latest`. Its first line is of `year`, if that is known.
    pub(crate) fn new(latest: Date, year: Option<i16>) -> Self {
        Self { latest, first: year, assumed: None, day: None }
    }

    /// The calendar of a file whose first line is probably of the year `assumed`.
    pub(crate) fn beginning(self, assumed: Option<i16>) -> Self {
        Self { assumed, ..self }
    }

    /// The calendar of the same file after it has grown: no line is later than `latest`.
    pub(crate) fn until(self, latest: Date) -> Self {
        Self { latest: self.latest.max(latest), ..self }
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
                if self.first.is_none() && next > self.latest {
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
        let assumed = self.assumed.and_then(|year| stamp.day_in(year));
        assumed.or_else(|| day_until(stamp, self.latest))
    }
}

/// The last day before or on `latest` that the time may have.
fn day_until(stamp: &Stamp, latest: Date) -> Option<Date> {
    // The year, or up to seven years before it, may have no February 29.
    let mut years = (latest.year() - 8..=latest.year()).rev();
    years.find_map(|year| stamp.day_in(year).filter(|day| *day <= latest))
}

/// The year of the first of these times, if they are those of a file in its order, and the last of them is not later
/// than `latest`. Only the last time tells the year: a log from 1 January to 31 December begins on a day that
/// comes again, by another clock, before the file's last change.
pub(crate) fn first_year(stamps: impl Iterator<Item = Stamp>, latest: Date) -> Option<i16> {
    const BASE: i16 = 2000;
    let mut calendar = Calendar::new(Date::MAX, Some(BASE));
    let mut last = None;
    // The years after the base have no February 29, other than those of the log perhaps.
    for stamp in stamps.filter(|stamp| stamp.year.is_none() && stamp.day_in(BASE + 1).is_some()) {
        if let Some(time) = calendar.resolve(&stamp) {
            last = Some((stamp, time.civil.year()));
        }
    }
    let (stamp, year) = last?;
    Some(day_until(&stamp, latest)?.year() - (year - BASE))
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
            let mut calendar = Calendar::new(day(latest), year);
            let times = stamps.iter().map(|text| calendar.resolve(&stamp(text)));
            times.map(|time| time.map_or(0, |time| time.civil.year())).collect::<Vec<_>>()
        };
        assert_eq!(
            years("2024-03-07", None, &["Mar  5 00:00:00", "Mar  7 00:00:00"]),
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
        assert_eq!(years("2024-03-07", None, &["Mar  7 00:00:00"]), [2024], "the last day");
        assert_eq!(years("2024-03-07", None, &["Mar  8 00:00:00"]), [2023]);
    }

    #[test]
    fn the_last_line_of_a_log_shows_the_year_of_its_first() {
        let first = |lines: &[&str], latest: &str| {
            first_year(lines.iter().map(|text| stamp(text)), latest.parse().unwrap())
        };
        let lines = [
            "Mar  5 00:00:00",
            "Sep  1 00:00:00",
            "Jan  2 00:00:00",
            "Oct  1 00:00:00",
            "Feb  3 00:00:00",
        ];
        assert_eq!(first(&lines, "2024-02-05"), Some(2022), "two new years");
        let year = ["Jan  1 00:00:01", "Jun 30 00:00:00", "Dec 31 23:59:59"];
        for latest in ["2024-12-31", "2025-01-01", "2025-01-02"] {
            assert_eq!(first(&year, latest), Some(2024), "{latest}");
        }
        let turn = ["Dec 31 09:00:00", "Jan  1 00:30:00"];
        assert_eq!(first(&turn, "2025-01-01"), Some(2024), "changed on 31 December in UTC");
        assert_eq!(first(&turn, "2025-01-02"), Some(2024));
        let late = ["Dec 31 09:00:00", "Jan  1 00:00:00", "Dec 31 23:59:59"];
        assert_eq!(first(&late, "2025-01-02"), Some(2024), "a line that came late");
        let leap = ["Dec  1 00:00:00", "Feb 29 00:00:00", "Mar  1 00:00:00"];
        assert_eq!(first(&leap, "2024-03-02"), Some(2023), "29 February");
        assert_eq!(first(&["Feb 29 00:00:00"], "2024-03-02"), None);
    }

    #[test]
    fn a_log_that_has_grown_has_later_lines() {
        let mut calendar = Calendar::new("2024-12-31".parse().unwrap(), None);
        assert_eq!(calendar.resolve(&stamp("Dec 31 09:00:00")).unwrap().civil.year(), 2024);
        let mut grown = calendar.until("2025-03-02".parse().unwrap());
        assert_eq!(grown.resolve(&stamp("Mar  1 09:00:00")).unwrap().civil.year(), 2025);
    }
}
