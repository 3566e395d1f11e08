//! JSON: one object on each line, an array of objects, or objects one after the other, as log collectors, mail
//! services and audit exports write them.
//!
//! | written by | recipients in | result of the delivery in |
//! |---|---|---|
//! | anything with usual names at the top | `recipient`, `to`, … | `status`, `event`, `type`, … |
//! | Elastic Common Schema | `email.to.address`, `email.cc.address`, … | `event.action` |
//! | Amazon SES, directly and through SNS | `delivery.recipients`, `bounce.bouncedRecipients`, … | `eventType`, `notificationType` |
//! | `KumoMTA` | `recipient` | `type` |
//! | Google Workspace's Gmail logs in `BigQuery` | `message_info.destination` | `event_info.success` |
//! | Microsoft Purview's audit log | `ExchangeMetaData.To`, … | `Operation` |
//! | journald (`-o json`), Docker | a log line in `MESSAGE` or `log` | as in that log |
//!
//! A name may be a path: `envelope.to`. Without one, the usual names are searched at every depth, and the
//! least deep value counts; recipients count at all depths.

use memchr::memchr;
use serde_json::Value;

use super::columns::{Column, Columns, plain};
use super::kind::{Format, Framing};
use super::log::Log;
use super::parser::Parser;
use super::row::{Dates, Row};
use crate::scan::bytes;
use crate::scan::event::Event;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// The greatest depth to search: a message in an envelope in an event in an export.
const DEPTH: usize = 8;

/// Names that list only a part of a message's recipients, the ones that the object is about.
const CHOSEN: [&str; 3] = ["bouncedrecipients", "delayedrecipients", "complainedrecipients"];

/// Names of recipients at any depth.
const RECIPIENTS: [&str; 16] = [
    "to",
    "cc",
    "bcc",
    "recipient",
    "recipients",
    "rcpt",
    "rcptto",
    "envelopeto",
    "recipientaddress",
    "torecipients",
    "ccrecipients",
    "bccrecipients",
    "destination",
    "destinations",
    "mailto",
    "toaddress",
];

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
        serde_json::from_slice::<Value>(text).is_ok_and(|value| match &value {
            Value::Array(list) => list.iter().take(20).any(|it| self.names_recipients(it)),
            value => self.names_recipients(value),
        })
    }

    fn names_recipients(&self, object: &Value) -> bool {
        log_line(object).is_some()
            || !self.recipients(object).is_empty()
            || self.find(object, Column::Recipient).is_some()
    }

    /// Reads an object, or each object of an array.
    pub(super) fn read(&self, start: usize, text: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        match serde_json::from_slice::<Value>(text) {
            Ok(value) => self.value(start, &value, text, judge, found),
            Err(_) => found.add_broken(start, text),
        }
    }

    fn value(
        &self,
        start: usize,
        value: &Value,
        text: &[u8],
        judge: &mut Judge<'_>,
        found: &mut Found,
    ) {
        match value {
            Value::Array(list) => {
                for it in list {
                    self.value(start, it, text, judge, found);
                }
            }
            Value::Object(members) => {
                if let Some(line) = log_line(value) {
                    return read_line(start, &line, judge, found);
                }
                // SNS, Purview and others forward JSON inside a text.
                let inner = ["Message", "AuditData"].iter().find_map(|name| members.get(*name));
                let inner = inner.and_then(Value::as_str).filter(|it| it.starts_with('{'));
                match inner.and_then(|inner| serde_json::from_str::<Value>(inner).ok()) {
                    Some(inner) => self.object(start, &inner, judge, found),
                    None => self.object(start, value, judge, found),
                }
            }
            _ => found.add_broken(start, text),
        }
    }

    fn object(&self, start: usize, object: &Value, judge: &mut Judge<'_>, found: &mut Found) {
        let recipients = self.recipients(object);
        if recipients.is_empty() {
            // In an export, the records are in an inner list.
            for list in object.as_object().into_iter().flatten().filter_map(|it| it.1.as_array()) {
                for record in list.iter().filter(|it| it.is_object()) {
                    self.object(start, record, judge, found);
                }
            }
            return;
        }
        let text = |column| self.find(object, column).map(plain_text);
        let columns = [Column::Sender, Column::Time, Column::Status, Column::Id].map(text);
        let [sender, time, status, id] =
            columns.each_ref().map(|it| it.as_deref().map(str::as_bytes));
        let row = Row { start, sender, time, status, id, dates: Dates::default() };
        let mut given = Vec::new();
        for recipient in recipients {
            row.read_new(recipient.as_bytes(), &mut given, judge, found);
        }
    }

    /// The texts in the members for recipients.
    fn recipients(&self, object: &Value) -> Vec<String> {
        let mut texts = Vec::new();
        if self.columns.given(Column::Recipient).is_some() {
            if let Some(value) = self.find(object, Column::Recipient) {
                addresses(value, &mut texts);
            }
            return texts;
        }
        // SES names all recipients besides those that an event is about.
        for names in [&CHOSEN[..], &RECIPIENTS[..]] {
            collect(object, names, 0, &mut texts);
            if !texts.is_empty() {
                return texts;
            }
        }
        // A general name for addresses counts only at the top.
        if let Some(value) = Self::find_at(object, Column::Recipient) {
            addresses(value, &mut texts);
        }
        texts
    }

    /// The value of a column.
    fn find<'a>(&self, object: &'a Value, column: Column) -> Option<&'a Value> {
        match self.columns.given(column) {
            Some(path) => object
                .get(path)
                .or_else(|| path.split('.').try_fold(object, |value, name| value.get(name))),
            None => Self::find_at(object, column).or_else(|| shallowest(object, column.usual())),
        }
    }

    fn find_at(object: &Value, column: Column) -> Option<&Value> {
        let members = object.as_object()?;
        let find = |usual: &&str| {
            members.iter().find(|(name, value)| plain(name) == **usual && is_leaf(value))
        };
        column.usual().iter().find_map(find).map(|(_, value)| value)
    }
}

/// Whether a value is a plain one, or contains an address.
fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(members) => members
            .keys()
            .any(|name| matches!(plain(name).as_str(), "address" | "email" | "emailaddress")),
        Value::Array(list) => list.first().is_some_and(is_leaf),
        _ => true,
    }
}

/// The least deep value with one of the names, in the order of the names.
fn shallowest<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let mut level: Vec<&Value> = vec![object];
    for _ in 0..DEPTH {
        let members = || level.iter().filter_map(|it| it.as_object()).flatten();
        let found = names.iter().find_map(|wanted| {
            members().find(|(name, value)| plain(name) == *wanted && is_leaf(value))
        });
        if let Some((_, value)) = found {
            return Some(value);
        }
        level = members().map(|(_, value)| value).filter(|it| it.is_object()).collect();
    }
    None
}

/// Adds the texts in members with these names, at every depth.
fn collect(value: &Value, names: &[&str], depth: usize, texts: &mut Vec<String>) {
    if depth > DEPTH {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                // A copy of the header does not describe the envelope.
                let plain = plain(name);
                if names.contains(&plain.as_str()) {
                    addresses(value, texts);
                } else if !matches!(plain.as_str(), "commonheaders" | "headers") {
                    collect(value, names, depth + 1, texts);
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|it| collect(it, names, depth + 1, texts)),
        _ => {}
    }
}

/// The addresses in a value: a text, a list, or objects that contain an address.
fn addresses(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.trim().is_empty() => texts.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|it| addresses(it, texts)),
        Value::Object(members) => {
            for (name, value) in members {
                let name = plain(name);
                if matches!(
                    name.as_str(),
                    "address" | "email" | "emailaddress" | "recipient" | "addr" | "mail"
                ) {
                    addresses(value, texts);
                }
            }
        }
        _ => {}
    }
}

/// A value without quotes; empty for null. A list or an object counts as its first text.
fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.first().map(plain_text).unwrap_or_default(),
        Value::Object(_) => {
            let mut texts = Vec::new();
            addresses(value, &mut texts);
            texts.into_iter().next().unwrap_or_default()
        }
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// The log line that a collector put into an object, in the form that a file would have.
fn log_line(object: &Value) -> Option<Vec<u8>> {
    let text = |name: &str| object.get(name).map(plain_text);
    if let Some(message) = object.get("MESSAGE") {
        let program = text("SYSLOG_IDENTIFIER").or_else(|| text("_COMM"))?;
        // Text that is not UTF-8 is a list of bytes.
        let message = match message {
            Value::Array(list) => {
                let byte = |it: &Value| it.as_u64().and_then(|it| u8::try_from(it).ok());
                list.iter().filter_map(byte).collect()
            }
            message => plain_text(message).into_bytes(),
        };
        let micros = text("__REALTIME_TIMESTAMP").or_else(|| text("_SOURCE_REALTIME_TIMESTAMP"));
        let time = micros.and_then(|it| it.parse::<i64>().ok()).unwrap_or_default();
        let time = jiff::Timestamp::from_microsecond(time).ok()?;
        let host = text("_HOSTNAME").unwrap_or_else(|| "-".to_owned());
        let process = text("SYSLOG_PID").or_else(|| text("_PID")).unwrap_or_else(|| "0".to_owned());
        let head = format!("{} {host} {program}[{process}]: ", time.strftime("%Y-%m-%dT%H:%M:%SZ"));
        return Some([head.as_bytes(), &message].concat());
    }
    // Docker's json-file, Fluent Bit, Promtail.
    let line = text("log").or_else(|| text("line"))?;
    let line = line.trim_end();
    memchr(b':', line.as_bytes())?;
    match text("time").or_else(|| text("timestamp")) {
        Some(time) => Some(format!("{time} {line}").into_bytes()),
        None => Some(line.as_bytes().to_vec()),
    }
}

/// Reads the log line in an object.
fn read_line(start: usize, line: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
    let log = Log { format: Format::Log };
    let mut inner = Found::default();
    log.parse(line, judge, &mut inner);
    found.recipients += inner.recipients;
    found.broken += inner.broken;
    found.lines.add(&inner.lines);
    found.senders.add_all(&inner.senders);
    for mut event in inner.events {
        if let Event::Attempt(attempt) = &mut event {
            attempt.at = start;
        }
        found.events.push(event);
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
            while let Some(range) = next_value(block, at) {
                let value = bytes::part(block, range.clone());
                self.read(range.start, value, judge, found);
                at = range.end;
            }
        } else {
            for (start, line) in bytes::lines(block) {
                let line = line.trim_ascii();
                let line = line.strip_suffix(b",").unwrap_or(line);
                if !line.is_empty() {
                    self.read(start, line, judge, found);
                }
            }
        }
        found.senders.sort();
    }
}

/// The next object from `at` on. Brackets and commas of an array around it are skipped.
fn next_value(text: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let start = at + memchr(b'{', bytes::from(text, at))?;
    value_end(text, start).map(|end| start..end)
}

/// The end of the object that begins at `start`; `None` if it is incomplete.
fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_text = false;
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if is_text => at += 1,
            b'"' => is_text = !is_text,
            b'{' if !is_text => depth += 1,
            b'}' if !is_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// How much of the beginning consists of complete objects.
pub(crate) fn cut(buffer: &[u8], is_all: bool) -> usize {
    if is_all {
        return buffer.len();
    }
    let mut end = 0;
    while let Some(range) = next_value(buffer, end) {
        end = range.end;
    }
    end
}
