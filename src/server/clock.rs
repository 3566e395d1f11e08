//! The time, even when this machine's clock may be wrong.
//!
//! A clock that jumps must not delete stored data, nor lose events that arrive. So the database keeps the last trusted time.
//! If the clock differs from it by more than a day, the server believes the clock only after a week; until then it deletes
//! nothing for its age, and events keep the times that clients give them.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use crate::store::{self, DAY, Millis, Store, StoreError};

/// A larger difference is a jump: neither a correction of the clock nor a night without the server
/// explains it.
const JUMP: Millis = DAY;

/// If the clock is ahead by no more than this, the server was probably stopped and the clock is
/// right. So `now` follows the clock, but the server still deletes nothing.
const LONGEST_STOP: Millis = 60 * DAY;

/// The server believes a clock that has jumped after this time: by then, an administrator has seen
/// the warning.
const SETTLED: Millis = 7 * DAY;

/// Where the database keeps the last trusted time, and since when the clock is doubted.
const SETTING: &str = "clock";

/// The clock of this machine, and how far it is trusted. A clone shares both.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// For tests: milliseconds to add to the system's clock.
    offset: AtomicI64,
    trust: Mutex<Trust>,
}

/// The trusted time, and the moment of this process at which it was read.
#[derive(Clone, Copy, Debug)]
struct Trust {
    /// The last trusted time, at `at`.
    time: Millis,
    at: Instant,
    /// The clock's time when it was first doubted.
    doubted_since: Option<Millis>,
}

impl Default for Clock {
    fn default() -> Self {
        let time = store::now();
        let trust = Mutex::new(Trust { time, at: Instant::now(), doubted_since: None });
        Self(Arc::new(Inner { offset: AtomicI64::new(0), trust }))
    }
}

impl Clock {
    /// The time that the clock of this machine shows.
    pub(crate) fn says(&self) -> Millis {
        store::now().saturating_add(self.0.offset.load(Ordering::Relaxed))
    }

    /// Moves the clock by `by` milliseconds: for tests.
    pub fn shift(&self, by: Millis) {
        self.0.offset.fetch_add(by, Ordering::Relaxed);
    }

    /// The time to use: that of the clock or, while it is doubted, the last trusted time plus the
    /// time passed since.
    pub(crate) fn now(&self) -> Millis {
        let (trust, says) = (self.trust(), self.says());
        let was_off = (0..=LONGEST_STOP).contains(&(says - trust.now()));
        if trust.doubted_since.is_none() || was_off { says } else { trust.now() }
    }

    /// The latest time that an event may have. While the clock is doubted, clients' clocks may be
    /// right.
    pub(crate) fn latest(&self) -> Millis {
        let now = self.now();
        if self.is_doubted() { now.max(self.says()) } else { now }
    }

    /// Whether the clock has jumped and is not believed yet.
    pub(crate) fn is_doubted(&self) -> bool {
        self.trust().doubted_since.is_some()
    }

    /// Compares the clock with the record in the database, and stores the new record.
    ///
    /// # Errors
    ///
    /// If the database doesn't answer.
    pub(crate) async fn look(&self, store: &Store) -> Result<(), StoreError> {
        let remembered = match store.setting(SETTING).await? {
            Some(text) => Remembered::read(&text),
            // The first start of this release takes the time of the newest stored data.
            None => {
                store.newest_received().await?.map(|time| Remembered { time, doubted_since: None })
            }
        };
        let was_doubted = self.is_doubted();
        let says = self.says();
        // With an empty database, the server believes the clock: it has nothing to delete, and the
        // file of the program may be months old.
        let known = remembered.unwrap_or(Remembered { time: says, doubted_since: None });
        let known = Remembered { time: known.time.max(built()), ..known };
        // Time that this process has seen pass is not part of a jump.
        let passed = self.trust().now_since_look(known.time);
        let next = known.after(says, passed);
        *self.0.trust.lock().unwrap_or_else(PoisonError::into_inner) =
            Trust { time: next.time, at: Instant::now(), doubted_since: next.doubted_since };
        if next.doubted_since.is_some() && !was_doubted {
            tracing::warn!(
                "the clock differs from the last known time by more than a day: the server removes nothing for its age \
                 until the clock has run on for a week"
            );
        }
        store.set_setting(SETTING, &next.write(), None).await
    }

    fn trust(&self) -> Trust {
        *self.0.trust.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trust {
    fn now(&self) -> Millis {
        let passed = Millis::try_from(self.at.elapsed().as_millis()).unwrap_or(Millis::MAX);
        self.time.saturating_add(passed)
    }

    /// How much of the time since `remembered` this process has seen pass.
    fn now_since_look(&self, remembered: Millis) -> Millis {
        if self.time == remembered { self.now() - self.time } else { 0 }
    }
}

/// The record in the database.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Remembered {
    time: Millis,
    doubted_since: Option<Millis>,
}

impl Remembered {
    fn read(text: &str) -> Option<Self> {
        let (time, doubted) = text.split_once(' ').unwrap_or((text, ""));
        Some(Self { time: time.parse().ok()?, doubted_since: doubted.parse().ok() })
    }

    fn write(self) -> String {
        match self.doubted_since {
            Some(since) => format!("{} {since}", self.time),
            None => self.time.to_string(),
        }
    }

    /// The new state of trust when the clock shows `says`, and `passed` ms were seen to pass since the
    /// last look.
    fn after(self, says: Millis, passed: Millis) -> Self {
        let expected = self.time.saturating_add(passed);
        if (says - expected).abs() <= JUMP {
            return Self { time: says, doubted_since: None };
        }
        match self.doubted_since {
            // The clock has continued from the time it jumped to.
            Some(since) if says >= since && says - since >= SETTLED => {
                Self { time: says, doubted_since: None }
            }
            Some(since) if says >= since => Self { time: expected, doubted_since: Some(since) },
            _ => Self { time: expected, doubted_since: Some(says) },
        }
    }
}

/// When this program was installed: a clock that shows an earlier time is wrong. 0 if the system
/// does not say.
fn built() -> Millis {
    let modified = std::env::current_exe().and_then(std::fs::metadata).and_then(|it| it.modified());
    let since = modified.unwrap_or(UNIX_EPOCH).duration_since(UNIX_EPOCH).unwrap_or_default();
    // A file's date in the future proves nothing.
    let ahead = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
        + std::time::Duration::from_hours(24 * 366 * 5);
    if since > ahead { 0 } else { Millis::try_from(since.as_millis()).unwrap_or(0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::HOUR;

    const T: Millis = 1_795_600_000_000;

    fn trusted(time: Millis) -> Remembered {
        Remembered { time, doubted_since: None }
    }

    #[test]
    fn a_clock_that_jumps_is_believed_after_a_week() {
        for jump in [400 * DAY, -400 * DAY] {
            let wrong = T + jump;
            let mut now = trusted(T).after(wrong, 0);
            assert_eq!(now, Remembered { time: T, doubted_since: Some(wrong) });
            for hour in 1..7 * 24 {
                now = now.after(wrong + hour * HOUR, HOUR);
                assert_eq!(now.doubted_since, Some(wrong), "hour {hour}");
                assert_eq!(now.time, T + hour * HOUR);
            }
            assert_eq!(now.after(wrong + 7 * DAY, HOUR), trusted(wrong + 7 * DAY));
            // The clock was set right meanwhile.
            assert_eq!(now.after(T + 7 * DAY, HOUR), trusted(T + 7 * DAY));
        }
    }

    #[test]
    fn a_clock_without_a_jump_is_believed() {
        assert_eq!(trusted(T).after(T + HOUR, HOUR), trusted(T + HOUR));
        assert_eq!(trusted(T).after(T + 20 * HOUR, 0), trusted(T + 20 * HOUR), "a night without");
        assert_eq!(trusted(T).after(T - HOUR, 0), trusted(T - HOUR), "a correction");
        assert_eq!(trusted(T).after(T + 30 * DAY, 30 * DAY), trusted(T + 30 * DAY), "was asleep");
    }

    #[test]
    fn the_stored_state_of_the_clock_is_read_back() {
        for kept in [trusted(T), Remembered { time: T, doubted_since: Some(T + 1) }] {
            assert_eq!(Remembered::read(&kept.write()), Some(kept));
        }
        assert_eq!(Remembered::read("x"), None);
    }
}
