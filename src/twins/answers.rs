//! A file with answers from earlier runs: one JSON object a line, appended as they arrive, so that
//! an interrupted run can continue.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Evidence;

/// The longest line; longer ones are not answers.
const MAX_LINE: usize = 1 << 20;

#[derive(Deserialize, Serialize)]
struct Line {
    domain: String,
    #[serde(flatten)]
    evidence: Evidence,
}

/// A file of answers, open for more.
#[derive(Debug)]
pub struct Cache {
    fresh: HashMap<String, Evidence>,
    file: File,
}

impl Cache {
    /// Reads the answers of the last `max_age` seconds before `now`, and removes older answers and
    /// broken lines from the file.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or written.
    pub fn open(path: &Path, now: i64, max_age: i64) -> io::Result<Self> {
        let mut fresh: HashMap<String, Evidence> = HashMap::new();
        let mut lines = 0_usize;
        match File::open(path) {
            Ok(file) => {
                for line in BufReader::new(file).split(b'\n') {
                    let line = line?;
                    lines += 1;
                    let is_fresh = |it: &Line| {
                        it.evidence.is_complete()
                            && it.evidence.at <= now
                            && now - it.evidence.at < max_age
                    };
                    let read = if line.len() > MAX_LINE {
                        None
                    } else {
                        serde_json::from_slice::<Line>(&line).ok().filter(is_fresh)
                    };
                    if let Some(Line { domain, evidence }) = read {
                        fresh.insert(domain, evidence);
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if lines != fresh.len() {
            rewrite(path, &fresh)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { fresh, file })
    }

    /// A fresh answer.
    pub fn get(&self, domain: &str) -> Option<&Evidence> {
        self.fresh.get(domain)
    }

    /// Adds an answer, unless it is incomplete: then the next run asks again.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn add(&mut self, domain: &str, evidence: &Evidence) -> io::Result<()> {
        if !evidence.is_complete() {
            return Ok(());
        }
        // Each line is one write, so that lines of another run at the same time do not mix with it.
        self.file.write_all(&line(domain, evidence)?)
    }
}

fn line(domain: &str, evidence: &Evidence) -> io::Result<Vec<u8>> {
    let line = Line { domain: domain.to_owned(), evidence: evidence.clone() };
    let mut bytes = serde_json::to_vec(&line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Replaces the file as a whole, or not at all.
fn rewrite(path: &Path, answers: &HashMap<String, Evidence>) -> io::Result<()> {
    let mut sorted: Vec<_> = answers.iter().collect();
    sorted.sort_by_key(|(domain, _)| *domain);
    let mut bytes = Vec::new();
    for (domain, evidence) in sorted {
        bytes.extend(line(domain, evidence)?);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes)?;
    fs::rename(&beside, path)
}
