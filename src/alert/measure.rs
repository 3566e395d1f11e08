//! Computes with times: how dense events are, and how long a silence is.

use crate::store::{DAY, Millis};

/// The most events within any time of the length `within`, if these are `least` or more: their
/// number, the first time and the last.
pub(super) fn densest(
    times: &[Millis],
    within: Millis,
    least: usize,
) -> Option<(usize, Millis, Millis)> {
    let mut start = 0;
    let mut best: Option<(usize, Millis, Millis)> = None;
    for (end, last) in times.iter().enumerate() {
        while times.get(start).is_some_and(|first| last - first > within) {
            start += 1;
        }
        let count = end + 1 - start;
        if count >= least && best.is_none_or(|(most, ..)| count > most) {
            best = times.get(start).map(|first| (count, *first, *last));
        }
    }
    best
}

/// The time between two moments, without Saturdays and Sundays if these do not count.
pub(super) fn counted(from: Millis, to: Millis, weekends: bool) -> Millis {
    if weekends {
        return to - from;
    }
    // Whole weeks are computed at once, so that a wrong clock cannot make this take long.
    let weeks = (to - from).max(0) / (7 * DAY);
    let mut sum = weeks * 5 * DAY;
    let mut at = from + weeks * 7 * DAY;
    while at < to {
        let midnight = at - at.rem_euclid(DAY) + DAY;
        // The first of January 1970 was a Thursday.
        let weekday = (at.div_euclid(DAY) + 4).rem_euclid(7);
        if !matches!(weekday, 0 | 6) {
            sum += midnight.min(to) - at;
        }
        at = midnight;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::HOUR;

    #[test]
    fn the_period_with_the_most_events_is_found() {
        assert_eq!(densest(&[], 10, 2), None);
        assert_eq!(densest(&[0, 20, 40], 10, 2), None);
        assert_eq!(densest(&[0, 10, 40], 10, 2), Some((2, 0, 10)));
        assert_eq!(densest(&[0, 9, 30, 31, 32, 60], 10, 2), Some((3, 30, 32)));
    }

    #[test]
    fn weekends_count_only_if_the_file_says_so() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        let friday = at("2026-11-27T17:00:00Z");
        for (to, hours) in [
            ("2026-11-27T17:00:00Z", 0),
            ("2026-11-28T09:00:00Z", 7),
            ("2026-11-29T23:00:00Z", 7),
            ("2026-11-30T17:00:00Z", 24),
            ("2026-12-07T17:00:00Z", 24 + 5 * 24),
        ] {
            assert_eq!(counted(friday, at(to), false), hours * HOUR, "{to}");
        }
        assert_eq!(counted(friday, at("2026-11-29T17:00:00Z"), true), 48 * HOUR);
        assert_eq!(counted(friday, friday - DAY, false), 0, "a clock that was set back");
    }
}
