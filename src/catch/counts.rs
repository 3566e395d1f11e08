//! Counts of refused recipients, by day (UTC), caught domain and the sender's domain. No local part is kept.
//!
//! Each day has a CSV file, which is written again whenever it has changed.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::client::write_private;

/// The most pairs of domains that a day counts separately. Further senders are counted together, since anybody
/// can make up a sender's domain.
const PAIRS: usize = 50_000;

/// The name under which further senders are counted.
const OTHERS: &str = "others";

#[derive(Debug)]
pub(super) struct Counts {
    folder: PathBuf,
    day: Mutex<Day>,
}

#[derive(Debug, Default)]
struct Day {
    date: Date,
    /// The counts, by caught domain and then by the sender's domain.
    refused: HashMap<String, HashMap<String, u64>>,
    pairs: usize,
    has_changed: bool,
}

impl Counts {
    /// Continues today's counts.
    pub(super) fn open(state: &Path) -> io::Result<Self> {
        let folder = state.join("counts");
        fs::create_dir_all(&folder)?;
        let date = today();
        let mut day = Day { date, ..Day::default() };
        match fs::read_to_string(path(&folder, date)) {
            Ok(text) => {
                for line in text.lines().skip(1) {
                    let mut cells = line.split(',');
                    if let (Some(domain), Some(sender), Some(Ok(n))) =
                        (cells.next(), cells.next(), cells.next().map(str::parse))
                    {
                        day.add(domain, sender, n);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(Self { folder, day: Mutex::new(day) })
    }

    fn day(&self) -> MutexGuard<'_, Day> {
        self.day.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one refusal. Both names are domains in ASCII, or fixed words.
    pub(super) fn add(&self, domain: &str, sender: &str) {
        self.day().add(domain, sender, 1);
    }

    /// Writes changed counts; after midnight it begins a new file.
    pub(super) fn write(&self) -> io::Result<()> {
        let (date, text) = {
            let mut day = self.day();
            let (date, text) = (day.date, day.has_changed.then(|| day.text()));
            day.has_changed = false;
            if date != today() {
                *day = Day { date: today(), ..Day::default() };
            }
            (date, text)
        };
        let Some(text) = text else { return Ok(()) };
        let written = write_private(&path(&self.folder, date), text.as_bytes());
        if written.is_err() {
            self.day().has_changed = true;
        }
        written
    }
}

impl Day {
    fn add(&mut self, domain: &str, sender: &str, n: u64) {
        self.has_changed = true;
        if !self.refused.contains_key(domain) {
            self.refused.insert(domain.to_owned(), HashMap::new());
        }
        let Some(senders) = self.refused.get_mut(domain) else { return };
        if let Some(count) = senders.get_mut(sender) {
            *count += n;
        } else if self.pairs < PAIRS {
            self.pairs += 1;
            senders.insert(sender.to_owned(), n);
        } else {
            *senders.entry(OTHERS.to_owned()).or_default() += n;
        }
    }

    fn text(&self) -> String {
        let mut rows: Vec<_> = self
            .refused
            .iter()
            .flat_map(|(domain, senders)| {
                senders.iter().map(move |(sender, n)| (domain, sender, n))
            })
            .collect();
        rows.sort_unstable();
        let mut text = "domain,sender_domain,refused\n".to_owned();
        for (domain, sender, n) in rows {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{domain},{sender},{n}");
        }
        text
    }
}

fn path(folder: &Path, date: Date) -> PathBuf {
    folder.join(format!("{date}.csv"))
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_continue_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let counts = Counts::open(folder.path()).unwrap();
        counts.add("army.ml", "a.example");
        counts.add("army.ml", "a.example");
        counts.write().unwrap();
        let counts = Counts::open(folder.path()).unwrap();
        counts.add("army.ml", "none");
        counts.add("army.ml", "a.example");
        counts.write().unwrap();
        let file = path(&folder.path().join("counts"), counts.day().date);
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(text, "domain,sender_domain,refused\narmy.ml,a.example,3\narmy.ml,none,1\n");
    }

    #[test]
    fn made_up_senders_do_not_fill_the_memory() {
        let mut day = Day::default();
        for at in 0..PAIRS + 10 {
            day.add("army.ml", &format!("{at}.example"), 1);
        }
        assert_eq!(day.refused["army.ml"].len(), PAIRS + 1);
        assert_eq!(day.refused["army.ml"][OTHERS], 10);
    }
}
