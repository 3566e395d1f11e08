//! Times as logs write them, read by `jiff`.
//!
//! | form | standard | in |
//! |---|---|---|
//! | `Mar  5 14:02:11`, with or without a year | RFC 3164 §4.1.2 | traditional syslog |
//! | `2024-03-05T14:02:11.123+01:00`, `2024-03-05 14:02:11 +0100` | RFC 3339, ISO 8601 | RFC 5424, Exim, Exchange |
//! | `05/Mar/2024:14:02:11 +0100`, `2024/03/05 14:02:11` | | templates of rsyslog, other programs |
//! | `3/5/2024 2:02:11 PM`, `05.03.2024 14:02` | how PowerShell and spreadsheets write it | Microsoft 365 |
//! | `Tue, 5 Mar 2024 14:02:11 +0100` | RFC 5322 §3.3 | messages |
//! | `@4000000065e72b2d0c4b8a9c` | TAI64N | qmail |
//! | `1709647331`, `1709647331123`, `/Date(1709647331123)/` | seconds, milliseconds, microseconds or nanoseconds since 1970 | JSON |
//!
//! Times stay as in the log: nothing is converted into another time zone, and days are the log's own.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime::{BrokenDownTime, Meridiem};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in the log's own time, with the offset from UTC if the log has it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Time {
    /// Date and time on the log's clock, to the second.
    pub civil: DateTime,
    /// Minutes east of UTC.
    pub offset: Option<i16>,
    /// Whether the log contains the whole time.
    pub certainty: Certainty,
}

/// How certain a time is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Certainty {
    /// The log contains the whole time, or the user gave the rest.
    #[default]
    Certain,
    /// The log has no year: the time is not later than this.
    Latest,
    /// The log does not show which number is the day and which the month.
    Unsure,
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
        Stamp::any(text.as_bytes(), Order::MonthFirst)
            .and_then(|stamp| stamp.at(stamp.year?))
            .ok_or_else(|| serde::de::Error::custom("not a time"))
    }
}

/// Which of two numbers is the day, in dates such as `03/05/2024`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Order {
    /// `3/5/2024` is the fifth of March.
    #[default]
    MonthFirst,
    /// `05.03.2024` is the fifth of March.
    DayFirst,
}

/// A time whose year may be missing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Stamp {
    pub(super) year: Option<i16>,
    pub(super) month: i8,
    day: i8,
    hour: i8,
    minute: i8,
    second: i8,
    offset: Option<i16>,
    /// The column does not show which number is the day.
    is_ambiguous: bool,
}

/// The forms of a day at the start of a line.
const DATES: [&str; 9] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%b %d, %Y",
    "%b %d",
    "%d/%b/%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%Y %b %d",
    "%Y.%m.%d",
];

impl Stamp {
    /// The time in that year; `None` if there is no such day or hour.
    pub(super) fn at(&self, year: i16) -> Option<Time> {
        let Self { month, day, hour, minute, second, offset, .. } = *self;
        let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
        let certainty = if self.is_ambiguous { Certainty::Unsure } else { Certainty::Certain };
        Some(Time { civil, offset, certainty })
    }

    /// The day in that year.
    pub(super) fn day_in(&self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }

    /// This time, marked if day and month may be exchanged.
    pub(super) fn ambiguous(self, is_ambiguous: bool) -> Self {
        Self { is_ambiguous, ..self }
    }

    /// A time in any of the forms.
    pub(super) fn any(text: &[u8], order: Order) -> Option<Self> {
        let text = text.trim_ascii();
        let text = text.strip_prefix(b"/Date(").map_or(text, |text| {
            text.split(|byte| !byte.is_ascii_digit()).next().unwrap_or_default()
        });
        if text.first().is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'[') {
            return None;
        }
        Self::at_start(text)
            .map(|(stamp, _)| stamp)
            .or_else(|| Self::numeric(text, order))
            .or_else(|| Self::date_alone(text))
            .or_else(|| Self::since_1970(text))
    }

    /// A day and a time of day at the start, and their length with an offset from UTC and a year after
    /// them. The `T` may be a space, and seconds may be missing.
    pub(super) fn at_start(text: &[u8]) -> Option<(Self, usize)> {
        if let Some(seconds) = tai64n(text) {
            return Some((Self::of_second(seconds)?, 25));
        }
        let mut cursor = Cursor { text, at: usize::from(text.first() == Some(&b'[')) };
        if let Some(stamp) = cursor.seconds() {
            return Some((stamp, cursor.at));
        }
        cursor.weekday();
        let day = DATES.iter().find_map(|format| cursor.take(format))?;
        let mut stamp = Self { month: day.month()?, day: day.day()?, ..Self::default() };
        stamp.year = day.year();
        let is_separated = cursor.skip(b'T') || cursor.skip(b't') || cursor.skip(b':');
        if !is_separated && !cursor.blanks() {
            return None;
        }
        // `Mar 5, 2024 @ 14:02:11.000`, as Kibana shows it.
        if cursor.skip(b'@') {
            cursor.blanks();
        }
        if stamp.year.is_none() {
            stamp.year = cursor.year();
        }
        cursor.clock(&mut stamp)?;
        stamp.offset = cursor.offset();
        if stamp.year.is_none() {
            stamp.year = cursor.trailing_year();
        }
        Some((stamp, cursor.at))
    }

    /// `3/5/2024 2:02:11 PM`, `05.03.2024 14:02`: numbers alone.
    fn numeric(text: &[u8], order: Order) -> Option<Self> {
        let mut cursor = Cursor { text, at: 0 };
        let formats = match order {
            Order::MonthFirst => ["%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"],
            Order::DayFirst => ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"],
        };
        let day = formats.iter().find_map(|format| cursor.take(format))?;
        let mut stamp = Self { month: day.month()?, day: day.day()?, ..Self::default() };
        stamp.year = day.year();
        let _ = cursor.skip(b',');
        if cursor.blanks() {
            cursor.clock(&mut stamp)?;
            stamp.offset = cursor.offset();
        }
        Some(stamp)
    }

    /// The first two numbers of a date that consists of numbers alone, as far as they show which
    /// one is the day.
    pub(super) fn order_of(text: &[u8]) -> Option<(i8, i8)> {
        let text = text.trim_ascii();
        let mut parts = text.splitn(3, |byte| matches!(byte, b'/' | b'.' | b'-'));
        let mut number = || {
            let part = str::from_utf8(parts.next()?).ok()?;
            part.parse::<i8>().ok().filter(|it| (1..=31).contains(it) && part.len() <= 2)
        };
        let numbers = (number()?, number()?);
        Self::numeric(text, Order::MonthFirst).or_else(|| Self::numeric(text, Order::DayFirst))?;
        Some(numbers)
    }

    /// `2024-03-05`.
    fn date_alone(text: &[u8]) -> Option<Self> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.weekday();
        let day =
            DATES.iter().find_map(|format| cursor.take(format)).filter(|it| it.year().is_some())?;
        // Not the beginning of a number.
        if text.get(cursor.at).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        Some(Self { year: day.year(), month: day.month()?, day: day.day()?, ..Self::default() })
    }

    /// Reads the time since 1970 in seconds, milliseconds, microseconds or nanoseconds, as JSON has it.
    fn since_1970(text: &[u8]) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        let number: f64 = text.parse().ok().filter(|_| text.len() >= 10)?;
        let unit = match number {
            ..1e11 => 1.0,
            ..1e14 => 1e3,
            ..1e17 => 1e6,
            _ => 1e9,
        };
        let seconds = number / unit;
        #[expect(clippy::cast_possible_truncation, reason = "checked to be in this century")]
        let seconds = (1e8..1e10).contains(&seconds).then_some(seconds as i64)?;
        Self::of_second(seconds)
    }

    fn of_second(seconds: i64) -> Option<Self> {
        let time = jiff::Timestamp::from_second(seconds).ok()?;
        let time = time.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        Some(Self {
            year: Some(time.year()),
            month: time.month(),
            day: time.day(),
            hour: time.hour(),
            minute: time.minute(),
            second: time.second(),
            offset: Some(0),
            is_ambiguous: false,
        })
    }
}

/// Seconds since 1970 in a TAI64N label such as `@40000000433225833b6e1a8c`, as qmail's `multilog` writes it. That program
/// adds ten seconds to the time and leaves leap seconds out (tai64n(8)).
pub(crate) fn tai64n(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"@4")?.get(..23)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let seconds = i64::from_str_radix(str::from_utf8(digits.get(..15)?).ok()?, 16).ok()?;
    seconds.checked_sub(10)
}

/// Takes pieces of a time from the start of a text.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads the form that `format` describes, if it comes next. No form is longer than 40 bytes.
    fn take(&mut self, format: &str) -> Option<BrokenDownTime> {
        let rest = self.rest();
        let rest = rest.get(..40).unwrap_or(rest);
        if rest.first().is_none_or(u8::is_ascii_whitespace) {
            return None;
        }
        let (time, length) = BrokenDownTime::parse_prefix(format, rest).ok()?;
        self.at += length;
        Some(time)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.rest().first() == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn blanks(&mut self) -> bool {
        let start = self.at;
        while self.skip(b' ') {}
        self.at > start
    }

    /// `Tue, ` or `Tue `.
    fn weekday(&mut self) {
        if self.take("%a").is_some() {
            let _ = self.skip(b',');
            self.blanks();
        }
    }

    /// A year that a blank follows.
    fn year(&mut self) -> Option<i16> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits != 4 || self.rest().get(4) != Some(&b' ') {
            return None;
        }
        let year = self.take("%Y")?.year();
        self.blanks();
        year
    }

    /// ` 2024 ` after the clock, perhaps after the name of a zone.
    fn trailing_year(&mut self) -> Option<i16> {
        let start = self.at;
        self.blanks();
        let letters = self.rest().iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        if (3..=4).contains(&letters) {
            self.at += letters;
            self.blanks();
        }
        let year = self.year().filter(|year| (1980..2100).contains(year));
        if year.is_none() {
            self.at = start;
        }
        year
    }

    /// `14:02:11`, `14:02` or `2:02:11 PM`, and a fraction.
    fn clock(&mut self, stamp: &mut Stamp) -> Option<()> {
        if self.rest().first().is_none_or(|byte| !byte.is_ascii_digit()) {
            return None;
        }
        let time = self.take("%H:%M:%S").or_else(|| self.take("%H:%M"))?;
        stamp.hour = time.hour()?;
        stamp.minute = time.minute()?;
        stamp.second = time.second().unwrap_or(0);
        if matches!(self.rest(), [b'.' | b',', digit, ..] if digit.is_ascii_digit()) {
            self.at += 1;
            self.at += self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        }
        // Windows writes a narrow no-break space before `AM` and `PM`.
        let start = self.at;
        while matches!(self.rest(), [b' ' | 0xC2 | 0xA0 | 0xE2 | 0x80 | 0xAF, ..]) {
            self.at += 1;
        }
        match self.take("%p").and_then(|time| time.meridiem()) {
            Some(Meridiem::PM) if stamp.hour < 12 => stamp.hour += 12,
            Some(Meridiem::AM) if stamp.hour == 12 => stamp.hour = 0,
            Some(_) => {}
            None => self.at = start,
        }
        Some(())
    }

    /// `Z`, `+01:00`, `+0100` or `+01`, in minutes.
    fn offset(&mut self) -> Option<i16> {
        if self.skip(b'Z') {
            return Some(0);
        }
        let start = self.at;
        let _ = self.skip(b' ');
        if !matches!(self.rest(), [b'+' | b'-', digit, ..] if digit.is_ascii_digit()) {
            self.at = start;
            return None;
        }
        let time = ["%:z", "%z", "%:::z"].iter().find_map(|format| self.take(format));
        let seconds = time.and_then(|time| time.offset()).map(jiff::tz::Offset::seconds);
        if seconds.is_none() {
            self.at = start;
        }
        i16::try_from(seconds? / 60).ok()
    }

    /// `1709643731.123456`, as journald's short-unix has it.
    fn seconds(&mut self) -> Option<Stamp> {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits(self.rest()) != 10 || self.rest().get(10) != Some(&b'.') {
            return None;
        }
        let number = str::from_utf8(self.rest().get(..10)?).ok()?.parse().ok()?;
        self.at += 11;
        self.at += digits(self.rest());
        Stamp::of_second(number)
    }
}
