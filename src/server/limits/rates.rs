//! Limits how often somebody may ask. Each sender or network has a bucket that refills evenly.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// This many senders have a bucket of their own; when all are in use, further senders share one.
const MOST: usize = 10_000;

/// Buckets, one for each key that was used lately.
#[derive(Debug)]
pub(crate) struct Rates {
    capacity: f64,
    per_second: f64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Rates {
    /// Allows `per_minute` requests in a minute, which may also come all at once.
    pub(crate) fn new(per_minute: u32) -> Self {
        let capacity = f64::from(per_minute.max(1));
        Self { capacity, per_second: capacity / 60.0, buckets: Mutex::default() }
    }

    /// Allows `per_day` events in a day, which may also come all at once.
    pub(crate) fn daily(per_day: u32) -> Self {
        let capacity = f64::from(per_day.max(1));
        Self { capacity, per_second: capacity / 86_400.0, buckets: Mutex::default() }
    }

    /// Takes one request from the bucket of `key`, or returns how long to wait.
    pub(crate) fn take(&self, key: &str, now: Instant) -> Result<(), Duration> {
        self.take_many(key, 1, now)
    }

    /// Takes `count` at once, or returns how long to wait. A count above the capacity empties a
    /// full bucket.
    pub(crate) fn take_many(&self, key: &str, count: u32, now: Instant) -> Result<(), Duration> {
        let wanted = f64::from(count).min(self.capacity);
        let per_second = self.per_second;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !buckets.contains_key(key);
        if is_new && buckets.len() >= MOST {
            // A full bucket can be deleted, since a new one is full as well.
            buckets.retain(|_, it| {
                let passed = now.saturating_duration_since(it.at).as_secs_f64();
                it.left + passed * per_second < self.capacity
            });
        }
        let key = if is_new && buckets.len() >= MOST { "" } else { key };
        // Copies the key only for a new bucket: most requests have a known key.
        let bucket = match buckets.get_mut(key) {
            Some(bucket) => bucket,
            None => {
                buckets.entry(key.to_owned()).or_insert(Bucket { left: self.capacity, at: now })
            }
        };
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.left = (bucket.left + passed * per_second).min(self.capacity);
        bucket.at = now;
        if bucket.left < wanted {
            return Err(Duration::from_secs_f64((wanted - bucket.left) / per_second));
        }
        bucket.left -= wanted;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_up_again() {
        let start = Instant::now();
        let rates = Rates::new(60);
        for _ in 0..60 {
            assert_eq!(rates.take("one", start), Ok(()));
        }
        assert_eq!(rates.take("one", start), Err(Duration::from_secs(1)));
        assert_eq!(rates.take("two", start), Ok(()), "each token has its own");
        assert_eq!(rates.take("one", start + Duration::from_secs(1)), Ok(()));
        assert!(rates.take("one", start + Duration::from_secs(1)).is_err());
        for number in 0..2 * MOST {
            let _ = rates.take(&number.to_string(), start);
        }
        assert!(rates.buckets.lock().unwrap().len() <= MOST + 1);
        assert!(rates.take("one more", start).is_err(), "the shared one is empty");
        let later = start + Duration::from_hours(1);
        assert_eq!(rates.take("one more", later), Ok(()));
        assert!(rates.buckets.lock().unwrap().len() < 3);
        assert_eq!((0..100).filter(|_| rates.take("one", later).is_ok()).count(), 60);
    }
}
