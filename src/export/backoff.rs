//! How long to wait after a failure.

use std::time::Duration;

use super::Pace;

/// The longest pause that a receiver can ask for. Without a limit, one wrong answer could stop the
/// export for days.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// The pause after this many failures in a row (1 is the first). It doubles each time. `chance`
/// shortens it by up to a half, so that many servers do not come back at the same time. It is never
/// shorter than the receiver asks for, up to an hour.
pub(crate) fn pause(pace: &Pace, failures: u32, asked: Option<Duration>, chance: f64) -> Duration {
    let doubled = pace.first_pause.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let shortened = doubled.min(pace.longest_pause).mul_f64(1.0 - 0.5 * chance.clamp(0.0, 1.0));
    shortened.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pace = Pace::default();
        let seconds = |failures| pause(&pace, failures, None, 0.0).as_secs();
        let all: Vec<u64> = (1..=11).map(seconds).collect();
        assert_eq!(all, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(seconds(u32::MAX), 300);
    }

    #[test]
    fn a_random_share_shortens_a_pause_by_at_most_half() {
        let pace = Pace::default();
        assert_eq!(pause(&pace, 3, None, 1.0), Duration::from_secs(2));
        assert_eq!(pause(&pace, 3, None, 0.5), Duration::from_secs(3));
    }

    #[test]
    fn a_receiver_gets_the_pause_that_it_asks_for_up_to_an_hour() {
        let pace = Pace::default();
        let asked = |seconds| pause(&pace, 1, Some(Duration::from_secs(seconds)), 0.0).as_secs();
        assert_eq!([asked(0), asked(90), asked(1_000_000)], [1, 90, 3_600]);
    }
}
