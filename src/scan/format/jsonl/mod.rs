//! JSON: one object on each line, an array of objects, or objects one after the other, as log collectors, mail
//! services and audit exports write them.
//!
//! | written by | recipients in | result of the delivery in |
//! |---|---|---|
//! | anything with usual names at the top | `recipient`, `to`, … | `status`, `event`, `type`, … |
//! | Elastic Common Schema | `email.to.address`, `email.cc.address`, … | `event.action` |
//! | Amazon SES, directly and through SNS or `EventBridge` | `delivery.recipients`, `bounce.bouncedRecipients`, … | `eventType`, `notificationType` |
//! | `SendGrid`, Mailgun, Postmark, `SparkPost`, Mandrill, Brevo | `email`, `recipient`, `rcpt_to`, … | `event`, `RecordType`, `type` |
//! | `KumoMTA` | `recipient` | `type` |
//! | Google Workspace's Gmail logs in `BigQuery` | `message_info.destination` | `event_info.success` |
//! | Microsoft Purview's audit log | `ExchangeMetaData.To`, … | `Operation` |
//! | `Get-MessageTrackingLog`, `Get-MessageTrace`, Graph | `Recipients`, `RecipientAddress`, `toRecipients` | `EventId`, `Status` |
//! | journald (`-o json`), Docker, Filebeat, Fluentd, rsyslog, Splunk, Loki | a log line in `MESSAGE`, `log`, `message`, `_raw`, … | as in that log |
//!
//! A name that the user gives may be a path: `envelope.to`. Otherwise the scan looks for the usual names in inner
//! objects too, and takes the least deep value; recipients count at all depths. Objects in a list are records of
//! their own, unless the object around them names recipients.

mod cut;
mod find;
mod walk;

pub(crate) use self::cut::cut;

use memchr::memchr;
use serde_json::Value;

use self::cut::{LONGEST, objects};
use self::find::Object;
use self::walk::{Record, walk};
use super::columns::{Column, Columns};
use super::exchange;
use super::kind::{Format, Framing};
use super::log;
use super::parser::Parser;
use super::row::{self, Dates, Row};
use crate::scan::bytes;
use crate::scan::event::Status;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct Jsonl {
    pub(super) columns: Columns,
    pub(super) framing: Framing,
}

impl Default for Jsonl {
    fn default() -> Self {
        Self { columns: Columns::default(), framing: Framing::Lines }
    }
}

impl Jsonl {
    /// Whether a text contains recipients, or a log line.
    pub(super) fn fits(&self, text: &[u8]) -> bool {
        serde_json::from_slice::<Value>(text)
            .is_ok_and(|value| walk(&self.columns, &value, &mut |_| {}))
    }

    /// Reads an object, or each object of an array.
    pub(super) fn read(&self, start: usize, text: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        let value = serde_json::from_slice::<Value>(text);
        let value = value.ok().filter(|value| value.is_array() || value.is_object());
        let Some(value) = value else { return found.add_broken(start, text, judge) };
        let is_read = walk(&self.columns, &value, &mut |record| match record {
            Record::Line(line) => log::read_at(start, &line, judge, found),
            Record::Object(object) => self.object(start, &object, judge, found),
            Record::Unread(value) => found.note_flagged(value.to_string().as_bytes(), judge),
        });
        if !is_read {
            found.note_flagged(text, judge);
        }
    }

    fn object(&self, start: usize, object: &Object<'_>, judge: &mut Judge<'_>, found: &mut Found) {
        // Exchange also logs events before the end of a delivery.
        if !self.columns.is_given()
            && let Some(event) = object.exchange_event()
            && exchange::status(event.as_bytes()) == Status::Unknown
        {
            return;
        }
        // Most records have no flagged recipient, and their other members do not matter.
        if object.recipients.iter().all(|it| row::is_ordinary(it.as_bytes(), judge)) {
            found.recipients += object.recipients.len() as u64;
            return;
        }
        let text = |column| object.text(&self.columns, column);
        let columns = [Column::Sender, Column::Time, Column::Status, Column::Id].map(text);
        let [sender, time, status, id] =
            columns.each_ref().map(|it| it.as_deref().map(str::as_bytes));
        let row = Row { start, sender, time, status, id, dates: Dates::default() };
        let mut given = Vec::new();
        for recipient in &object.recipients {
            row.read_new(recipient.as_bytes(), &mut given, judge, found);
        }
    }
}

/// A line without the brackets and the comma of an array around it.
pub(super) fn element(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii();
    let line = line.strip_suffix(b",").unwrap_or(line);
    match line {
        [b'[', .., b']'] => line,
        [b'[' | b',', rest @ ..] | [rest @ .., b']'] => rest.trim_ascii(),
        _ => line,
    }
}

/// Passes over text between objects, which may contain a record that is cut, or too long.
fn skip(start: usize, text: &[u8], is_broken: bool, judge: &mut Judge<'_>, found: &mut Found) {
    if is_broken {
        let begin = text.iter().position(|byte| !b",[] \t\r\n".contains(byte)).unwrap_or_default();
        found.add_broken(start + begin, bytes::from(text, begin), judge);
    } else {
        found.note_flagged(text, judge);
    }
}

impl Parser for Jsonl {
    fn format(&self) -> Format {
        Format::Jsonl
    }

    fn framing(&self) -> Framing {
        self.framing
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        if self.framing == Framing::Json {
            let mut at = 0;
            for range in objects(block) {
                let is_long = range.start - at > LONGEST;
                skip(at, bytes::part(block, at..range.start), is_long, judge, found);
                self.read(range.start, bytes::part(block, range.clone()), judge, found);
                at = range.end;
            }
            // Perhaps the file ends inside of an object.
            let rest = bytes::from(block, at);
            skip(at, rest, memchr(b'{', rest).is_some() || rest.len() > LONGEST, judge, found);
        } else {
            for (start, line) in bytes::lines(block) {
                let line = element(line);
                if !line.is_empty() {
                    self.read(start, line, judge, found);
                }
            }
        }
        found.senders.sort();
    }
}
