//! A twin in the form of the output, and its changes since an earlier run.

use std::collections::BTreeMap;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};

use super::{Evidence, Reach, Twin, TwinKind};
use crate::detect::{Reason, Severity};
use crate::domain;

/// One line of `milguard twins --format jsonl`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Record {
    /// The change, if the run compares with an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The twin in lower-case A-labels.
    pub domain: String,
    /// The domain with U-labels, if they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unicode: Option<String>,
    /// The protected domain that the twin resembles.
    pub of: String,
    /// How the twin differs from that domain.
    pub kind: TwinKind,
    /// Who gets mail to the twin.
    pub reach: Reach,
    /// A number to compare twins by.
    pub score: u32,
    /// The checker's verdict on an address at the twin.
    pub severity: Severity,
    /// The reason for the verdict.
    pub reason: Reason,
    /// The answers of the DNS, if it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Evidence>,
}

/// The change of a twin between two runs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only the present run has the twin.
    New,
    /// Only the earlier run has the twin.
    Gone,
    /// The answers of the DNS have changed.
    Changed,
}

impl Change {
    /// The name used in output.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Changed => "changed",
        }
    }
}

impl Record {
    /// The twin with its evidence.
    pub fn new(twin: Twin, dns: Option<Evidence>) -> Self {
        let Twin { domain, of, kind, reach, score, severity, reason } = twin;
        let is_idn = domain.split('.').any(|label| label.starts_with("xn--"));
        let unicode = is_idn.then(|| domain::canonicalize(&domain)).flatten();
        let unicode = unicode.map(|canonical| canonical.unicode).filter(|it| *it != domain);
        Self { change: None, domain, unicode, of, kind, reach, score, severity, reason, dns }
    }
}

/// An earlier run's lines, to compare with.
#[derive(Debug, Default)]
pub struct Earlier {
    records: BTreeMap<String, Record>,
}

impl Earlier {
    /// Reads the lines that `milguard twins --format jsonl` wrote.
    ///
    /// # Errors
    ///
    /// If a line cannot be read or is of another form; the message says which.
    pub fn read(reader: impl BufRead) -> io::Result<Self> {
        let mut records = BTreeMap::new();
        for (number, line) in reader.lines().enumerate() {
            let line = line?;
            if line.is_empty() {
                continue;
            }
            let record: Record = serde_json::from_str(&line).map_err(|error| {
                let message = format!("line {} is not a twin in JSON: {error}", number + 1);
                io::Error::new(io::ErrorKind::InvalidData, message)
            })?;
            if record.change != Some(Change::Gone) {
                records.insert(record.domain.clone(), record);
            }
        }
        Ok(Self { records })
    }

    /// Compares `now` with its earlier record, which then no longer counts as missing. If either
    /// run has no answer of the DNS, this reports no change.
    pub fn compare(&mut self, now: &Record) -> Option<Change> {
        let Some(before) = self.records.remove(&now.domain) else { return Some(Change::New) };
        let (before, now) = (before.dns?, now.dns.as_ref()?);
        let is_known = before.is_complete() && now.is_complete();
        (is_known && !before.agrees(now)).then_some(Change::Changed)
    }

    /// The records that were not compared: the domains that have disappeared, sorted.
    pub fn gone(self) -> impl Iterator<Item = Record> {
        self.records.into_values().map(|record| Record { change: Some(Change::Gone), ..record })
    }
}
