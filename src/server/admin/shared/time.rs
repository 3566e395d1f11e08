//! Times as pages show them, and days as people write them. All of them are in UTC; `www/admin/times.js` shows them in the
//! time of the browser.

use std::fmt;

use askama::filters::HtmlSafe;
use jiff::{
    SignedDuration, Timestamp, Unit,
    civil::{Date, DateTime},
    tz::TimeZone,
};

pub(crate) use crate::store::{DAY, HOUR};

/// A moment, in ms since 1970, shown in UTC to the minute.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Moment(pub(crate) i64);

impl Moment {
    /// The moment to the second, for machines: RFC 3339.
    pub(crate) fn iso(self) -> String {
        self.format("%Y-%m-%dT%H:%M:%SZ")
    }

    /// The day, as in `2026-11-25`.
    pub(crate) fn day(self) -> String {
        self.format("%Y-%m-%d")
    }

    /// The day, or the minute if it is not the beginning of a day, in the form that [`start`]
    /// reads.
    pub(crate) fn day_or_minute(self) -> String {
        if self.0.rem_euclid(DAY) == 0 { self.day() } else { self.format("%Y-%m-%dT%H:%M") }
    }

    /// This moment with its zone, for places without a heading that names the zone.
    pub(crate) fn with_zone(self) -> MomentWithZone {
        MomentWithZone(self)
    }

    fn format(self, pattern: &str) -> String {
        Timestamp::from_millisecond(self.0)
            .map_or_else(|_| "?".to_owned(), |time| time.strftime(pattern).to_string())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<time datetime=\"{}\">{}</time>", self.iso(), self.format("%Y-%m-%d %H:%M"))
    }
}

/// Safe: the text has only digits and markup from this file.
impl HtmlSafe for Moment {}

/// A moment that is shown with its zone, UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MomentWithZone(Moment);

impl fmt::Display for MomentWithZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(moment) = self;
        let text = moment.format("%Y-%m-%d %H:%M UTC");
        write!(f, "<time datetime=\"{}\">{text}</time>", moment.iso())
    }
}

/// Safe, as [`Moment`] is.
impl HtmlSafe for MomentWithZone {}

/// A time span, past or future, in words: `3 minutes`.
pub(crate) fn span(ms: i64) -> String {
    let seconds = SignedDuration::from_millis(ms).abs().as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// How long ago a moment was: `3 minutes ago`.
pub(crate) fn ago(moment: i64) -> String {
    format!("{} ago", span(now() - moment))
}

/// Now, in ms since 1970.
pub(crate) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// The beginning of a period that a person writes as a day or a minute, in ms since 1970.
pub(crate) fn start(text: &str) -> Result<Option<i64>, String> {
    match minute(text) {
        Some(minute) => Ok(Some(minute)),
        None => day(text),
    }
}

/// The end of a period, in ms since 1970. A period includes its last day, but not its last minute.
pub(crate) fn end(text: &str) -> Result<Option<i64>, String> {
    match minute(text) {
        Some(minute) => Ok(Some(minute)),
        None => Ok(day(text)?.map(|day| day + DAY)),
    }
}

/// The beginning and the end of a period, if given.
pub(crate) fn period(from: &str, to: &str) -> Result<(Option<i64>, Option<i64>), String> {
    let (from, to) = (start(from)?, end(to)?);
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err("The period ends before it begins. Change one of its days.".to_owned());
    }
    Ok((from, to))
}

fn minute(text: &str) -> Option<i64> {
    let text = text.trim();
    let time: DateTime = text.contains('T').then(|| text.parse().ok())??;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// The beginning of a day in UTC, in ms since 1970.
pub(crate) fn day(text: &str) -> Result<Option<i64>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.parse().map_err(|_| "Write the day as in 2026-11-25.")?;
    Ok(Some(midnight(day)))
}

/// The beginning of a day in UTC, in ms since 1970, for any day.
pub(crate) fn midnight(day: Date) -> i64 {
    let days = day.since((Unit::Day, Date::constant(1970, 1, 1)));
    days.map_or(0, |span| i64::from(span.get_days()) * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(
            Moment(1_790_000_000_000).to_string(),
            "<time datetime=\"2026-09-21T14:13:20Z\">2026-09-21 14:13</time>"
        );
        assert_eq!(
            Moment(1_790_000_000_000).with_zone().to_string(),
            "<time datetime=\"2026-09-21T14:13:20Z\">2026-09-21 14:13 UTC</time>"
        );
        assert_eq!(Moment(i64::MAX).day(), "?");
        for (ms, words) in [(1_000, "1 second"), (-150_000, "2 minutes"), (90_000_000, "25 hours")]
        {
            assert_eq!(span(ms), words);
        }
    }

    #[test]
    fn a_period_has_whole_days_or_minutes() {
        let hour = |text: &str| (start(text).unwrap(), end(text).unwrap());
        assert_eq!(hour("1970-01-02"), (Some(DAY), Some(2 * DAY)));
        assert_eq!(hour("1970-01-02T01:00"), (Some(DAY + HOUR), Some(DAY + HOUR)));
        assert_eq!(hour(" "), (None, None));
        for moment in [DAY, DAY + HOUR] {
            assert_eq!(start(&Moment(moment).day_or_minute()), Ok(Some(moment)));
        }
        for wrong in ["2.1.1970", "1970-13-01", "1970-01-02T25:00", "T"] {
            assert!(start(wrong).is_err() && end(wrong).is_err(), "{wrong}");
        }
        assert_eq!(period("1970-01-02", "1970-01-02"), Ok((Some(DAY), Some(2 * DAY))));
        assert!(period("1970-01-03", "1970-01-02").is_err());
        assert_eq!(period("", "1970-01-02"), Ok((None, Some(2 * DAY))));
    }
}
