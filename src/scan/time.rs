//! Times as logs write them.
//!
//! | form | standard | in |
//! |---|---|---|
//! | `Mar  5 14:02:11` | RFC 3164 §4.1.2, without a year | traditional syslog |
//! | `2024-03-05T14:02:11.123+01:00`, `2024-03-05 14:02:11 +0100` | RFC 3339, ISO 8601 | RFC 5424, Exim, Exchange |
//! | `3/5/2024 2:02:11 PM`, `3/5/2024 14:02` | how PowerShell writes it in the USA | Microsoft 365 |
//! | `Tue, 5 Mar 2024 14:02:11 +0100` | RFC 5322 §3.3 | messages |
//!
//! What a log says is kept: nothing is converted into another time zone, and days are the log's own.

use std::fmt;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment as a log has it: its own clock, and how far that is from UTC if the log tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Time {
    /// Date and time on the log's clock, to the second.
    pub civil: DateTime,
    /// Minutes east of UTC.
    pub offset: Option<i16>,
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.civil.strftime("%Y-%m-%dT%H:%M:%S"))?;
        match self.offset {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(minutes) => {
                let sign = if minutes < 0 { '-' } else { '+' };
                let minutes = minutes.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Stamp::iso(text.as_bytes())
            .and_then(|(stamp, _)| stamp.at(stamp.year?))
            .ok_or_else(|| serde::de::Error::custom("not a time"))
    }
}

/// A time that may lack its year.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Stamp {
    pub(super) year: Option<i16>,
    pub(super) month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    offset: Option<i16>,
}

const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

impl Stamp {
    /// The time in that year; `None` if there is no such day or hour.
    pub(super) fn at(&self, year: i16) -> Option<Time> {
        // A leap second is counted with the second before it.
        let second = self.second.min(59);
        let civil =
            DateTime::new(year, self.month, self.day, self.hour, self.minute, second, 0).ok()?;
        Some(Time { civil, offset: self.offset })
    }

    /// The day in that year.
    pub(super) fn day_in(&self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }

    /// Any of the forms.
    pub(super) fn any(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        Self::iso(text)
            .or_else(|| Self::syslog(text))
            .map(|(stamp, _)| stamp)
            .or_else(|| Self::american(text))
            .or_else(|| Self::internet(text))
    }

    /// `Mar  5 14:02:11` at the start, and its length.
    pub(super) fn syslog(text: &[u8]) -> Option<(Self, usize)> {
        let month = month(text.get(..3)?)?;
        let mut cursor = Cursor { text, at: 3 };
        cursor.skip(b' ')?;
        while cursor.skip(b' ').is_some() {}
        let day = cursor.number(2)?;
        cursor.skip(b' ')?;
        let (hour, minute, second) = cursor.clock()?;
        let stamp = Self { year: None, month, day, hour, minute, second, offset: None };
        Some((stamp, cursor.at))
    }

    /// `2024-03-05T14:02:11.123+01:00` at the start, and its length. A space may stand for the `T` and
    /// before the offset; seconds may be missing.
    pub(super) fn iso(text: &[u8]) -> Option<(Self, usize)> {
        let mut cursor = Cursor { text, at: 0 };
        let year = cursor.year()?;
        cursor.skip(b'-')?;
        let month = cursor.number(2)?;
        cursor.skip(b'-')?;
        let day = cursor.number(2)?;
        let mut stamp = Self { year: Some(year), month, day, ..Self::default() };
        let date_end = cursor.at;
        if cursor.skip(b'T').or_else(|| cursor.skip(b' ')).is_none() {
            return Some((stamp, date_end));
        }
        let Some((hour, minute, second)) = cursor.clock() else { return Some((stamp, date_end)) };
        (stamp.hour, stamp.minute, stamp.second) = (hour, minute, second);
        if cursor.skip(b'.').or_else(|| cursor.skip(b',')).is_some() {
            while cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                cursor.at += 1;
            }
        }
        let end = cursor.at;
        let _ = cursor.skip(b' ');
        stamp.offset = cursor.offset();
        Some((stamp, if stamp.offset.is_some() { cursor.at } else { end }))
    }

    /// `3/5/2024 2:02:11 PM`: the month first.
    fn american(text: &[u8]) -> Option<Self> {
        let mut cursor = Cursor { text, at: 0 };
        let month = cursor.number(2)?;
        cursor.skip(b'/')?;
        let day = cursor.number(2)?;
        cursor.skip(b'/')?;
        let year = Some(cursor.year()?);
        let _ = cursor.skip(b',');
        cursor.skip(b' ')?;
        let (mut hour, minute, second) = cursor.clock()?;
        let rest = text.get(cursor.at..)?.trim_ascii();
        if rest.eq_ignore_ascii_case(b"PM") && hour < 12 {
            hour += 12;
        } else if rest.eq_ignore_ascii_case(b"AM") && hour == 12 {
            hour = 0;
        }
        Some(Self { year, month, day, hour, minute, second, offset: None })
    }

    /// `Tue, 5 Mar 2024 14:02:11 +0100`.
    fn internet(text: &[u8]) -> Option<Self> {
        let text = match memchr::memchr(b',', text) {
            Some(comma) => text.get(comma + 1..)?.trim_ascii_start(),
            None => text,
        };
        let mut cursor = Cursor { text, at: 0 };
        let day = cursor.number(2)?;
        cursor.skip(b' ')?;
        let month = month(text.get(cursor.at..cursor.at + 3)?)?;
        cursor.at += 3;
        cursor.skip(b' ')?;
        let year = Some(cursor.year()?);
        cursor.skip(b' ')?;
        let (hour, minute, second) = cursor.clock()?;
        let _ = cursor.skip(b' ');
        Some(Self { year, month, day, hour, minute, second, offset: cursor.offset() })
    }
}

fn month(name: &[u8]) -> Option<i8> {
    let index = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(*month))?;
    i8::try_from(index + 1).ok()
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    /// A number of at most `digits` digits.
    fn number(&mut self, digits: usize) -> Option<i8> {
        let start = self.at;
        let mut number: i8 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek()
            && self.at - start < digits
        {
            number = number * 10 + i8::try_from(digit - b'0').ok()?;
            self.at += 1;
        }
        (self.at > start).then_some(number)
    }

    fn year(&mut self) -> Option<i16> {
        let (century, year) = (self.number(2)?, self.number(2)?);
        (!self.peek().is_some_and(|byte| byte.is_ascii_digit()))
            .then(|| i16::from(century) * 100 + i16::from(year))
    }

    /// `14:02:11` or `14:02`.
    fn clock(&mut self) -> Option<(i8, i8, i8)> {
        let hour = self.number(2)?;
        self.skip(b':')?;
        let minute = self.number(2)?;
        let second = if self.skip(b':').is_some() { self.number(2)? } else { 0 };
        (hour < 24 && minute < 60 && second <= 60).then_some((hour, minute, second))
    }

    /// `Z`, `+01:00`, `+0100` or `+01`.
    fn offset(&mut self) -> Option<i16> {
        if self.skip(b'Z').is_some() {
            return Some(0);
        }
        let sign = match self.peek()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.at += 1;
        let hours = self.number(2)?;
        let _ = self.skip(b':');
        let minutes = self.number(2).unwrap_or(0);
        (hours < 24 && minutes < 60).then(|| sign * (i16::from(hours) * 60 + i16::from(minutes)))
    }
}

/// Gives the times of a file their year. Traditional syslog leaves it out; the file was last written in
/// the year of its last line, and lines are in order.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Calendar {
    /// No line is later than this day, unless the file tells the year itself.
    latest: Date,
    year: Option<i16>,
    month: i8,
}

impl Calendar {
    /// For a file last written on `latest`, whose first line is of `year` if that is known.
    pub(crate) fn new(latest: Date, year: Option<i16>) -> Self {
        Self { latest, year, month: 0 }
    }

    /// The time that a stamp means, in the order of the file.
    pub(crate) fn resolve(&mut self, stamp: &Stamp) -> Option<Time> {
        if let Some(year) = stamp.year {
            return stamp.at(year);
        }
        let year = self.year.or_else(|| self.last_year_of(stamp))?;
        self.year = Some(year);
        let year = match i16::from(stamp.month) - i16::from(self.month) {
            // A line of December among those of January: processes write as they get to it.
            6.. if self.month > 0 => return stamp.at(year - 1),
            // The turn of the year.
            ..=-6 => {
                self.month = stamp.month;
                year + 1
            }
            _ => {
                self.month = self.month.max(stamp.month);
                year
            }
        };
        self.year = Some(year);
        stamp.at(year)
    }

    /// The last year in which the day of a stamp is not after the file's last change.
    fn last_year_of(&self, stamp: &Stamp) -> Option<i16> {
        let this_year = self.latest.year();
        // A day of slack for clocks in other time zones.
        let last_day = self.latest.tomorrow().unwrap_or(self.latest);
        // February 29 may lack in this year and in the seven before.
        let mut years = (this_year - 8..=this_year + 1).rev();
        years.find(|&year| stamp.day_in(year).is_some_and(|day| day <= last_day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stamp: Stamp) -> String {
        stamp.at(stamp.year.unwrap_or(2024)).map_or_else(|| "none".to_owned(), |it| it.to_string())
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("Mar  5 14:02:11", "2024-03-05T14:02:11"),
            ("Dec 31 23:59:60 mx", "2024-12-31T23:59:59"),
            ("2024-03-05T14:02:11.123456+01:00", "2024-03-05T14:02:11+01:00"),
            ("2024-03-05T14:02:11.1234567Z", "2024-03-05T14:02:11Z"),
            ("2024-03-05 14:02:11", "2024-03-05T14:02:11"),
            ("2024-03-05 14:02:11.5 -0530", "2024-03-05T14:02:11-05:30"),
            ("2024-03-05", "2024-03-05T00:00:00"),
            ("3/5/2024 2:02:11 PM", "2024-03-05T14:02:11"),
            ("12/31/2023 12:00:00 AM", "2023-12-31T00:00:00"),
            ("3/5/2024 14:02", "2024-03-05T14:02:00"),
            ("Tue, 5 Mar 2024 14:02:11 +0100 (CET)", "2024-03-05T14:02:11+01:00"),
            ("5 Mar 2024 14:02 GMT", "2024-03-05T14:02:00"),
            ("2024-02-31T00:00:00Z", "none"),
        ] {
            assert_eq!(Stamp::any(text.as_bytes()).map(shown).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "x", "Mar", "Mar 5", "2024", "2024-3", "12345-01-01", "99:99", "\u{660}"] {
            assert_eq!(Stamp::any(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_year_is_found_and_turns() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let years = |latest: &str, year: Option<i16>, stamps: &[&str]| {
            let mut calendar = Calendar::new(day(latest), year);
            let read = |text: &&str| Stamp::syslog(text.as_bytes()).unwrap().0;
            let times = stamps.iter().map(read).map(|stamp| calendar.resolve(&stamp));
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
        assert_eq!(years("2025-06-01", None, &["Feb 29 00:00:00"]), [2024]);
        assert_eq!(years("2024-03-06", None, &["Mar  7 00:00:00"]), [2024], "another time zone");
        assert_eq!(years("2024-03-06", None, &["Mar  8 00:00:00"]), [2023]);
    }
}
