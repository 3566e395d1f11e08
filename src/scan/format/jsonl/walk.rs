//! Goes through a JSON value and finds the records in it.

use std::borrow::Cow;

use serde_json::Value;

use super::find::{self, Object, plain_text};
use crate::scan::format::columns::{Column, Columns, plain};
use crate::scan::format::embedded::{self, Parts};
use crate::scan::format::log;

/// The greatest depth to search: a message in an envelope in an event in an export.
const DEPTH: usize = 10;

/// A record.
pub(super) enum Record<'a> {
    /// A line of a log.
    Line(Vec<u8>),
    /// An object that names recipients.
    Object(Object<'a>),
    /// An object that names none, beside others that do.
    Unread(&'a Value),
}

/// Gives every record in `value` to `visit`. Returns whether it found one.
pub(super) fn walk(columns: &Columns, value: &Value, visit: &mut dyn FnMut(Record<'_>)) -> bool {
    Walk { columns, visit }.value(value, &[], true)
}

struct Walk<'a> {
    columns: &'a Columns,
    visit: &'a mut dyn FnMut(Record<'_>),
}

impl Walk<'_> {
    /// If `is_record`, general names such as `email` may name the recipient.
    fn value(&mut self, value: &Value, around: &[&Value], is_record: bool) -> bool {
        if around.len() > DEPTH {
            return false;
        }
        match value {
            Value::Array(list) => {
                if let Some(line) = pair(list) {
                    (self.visit)(Record::Line(line));
                    return true;
                }
                let mut unread = Vec::new();
                for value in list {
                    if !self.value(value, around, true) {
                        unread.push(value);
                    }
                }
                let any = unread.len() < list.len();
                for value in unread.into_iter().filter(|it| any && it.is_object()) {
                    (self.visit)(Record::Unread(value));
                }
                any
            }
            Value::Object(_) => self.object(value, around, is_record),
            _ => false,
        }
    }

    /// Reads records by id: `{"id1": {record}, "id2": {record}}`, also in a member beside others.
    fn table(&mut self, object: &Value, around: &[&Value]) -> bool {
        let is_table = find::is_table(object);
        let around = [around, &[object]].concat();
        let mut any = false;
        let mut unread = Vec::new();
        for value in object.as_object().into_iter().flatten().map(|(_, value)| value) {
            let is_read = value.is_object() || value.is_array();
            if is_read && self.value(value, &around, is_table) {
                any = true;
            } else {
                unread.push(value);
            }
        }
        for value in unread {
            (self.visit)(Record::Unread(value));
        }
        any
    }

    fn object(&mut self, object: &Value, around: &[&Value], is_record: bool) -> bool {
        let Some(members) = object.as_object() else { return false };
        let parts = parts(object);
        let line = parts.line().filter(|_| !self.columns.is_given());
        let recipients = find::recipients(self.columns, object, is_record);
        if !self.columns.is_given() && find::holds_table(object) {
            return self.table(object, around);
        }
        if let Some(line) = line
            // Fields that a collector took from the line repeat its recipients; other recipients are
            // those of the record, such as a mail that quotes a log.
            && recipients.iter().all(|it| embedded::contains(&line, it.as_bytes()))
        {
            (self.visit)(Record::Line(line));
            return true;
        }
        if !recipients.is_empty() {
            // Elasticsearch keeps the line in `_source`, and copies of fields beside it.
            let inner = members.iter().filter(|(name, value)| {
                value.is_object() && find::WRAPPERS.contains(&plain(name).as_str())
            });
            let inner = inner.map(|it| it.1).find(|it| self::parts(it).line().is_some());
            if let Some(inner) = inner.filter(|_| !self.columns.is_given()) {
                return self.object(inner, &[around, &[object]].concat(), true);
            }
            (self.visit)(Record::Object(Object { value: object, around, recipients }));
            return true;
        }
        // SNS, Purview, Docker and others forward JSON inside a text.
        for text in
            members.values().filter_map(Value::as_str).filter(|it| embedded::is_json(it.as_bytes()))
        {
            let inner = serde_json::from_str::<Value>(text);
            if inner.is_ok_and(|inner| self.value(&inner, around, true)) {
                return true;
            }
        }
        let around = [around, &[object]].concat();
        let mut any = false;
        for (name, value) in members {
            let name = plain(name);
            // The sender, or the person who caused the event, is not a recipient.
            let is_actor = name != "source" && Column::Sender.usual().contains(&name.as_str())
                || matches!(name.as_str(), "actor" | "user" | "author" | "owner");
            if !is_actor && (value.is_object() || value.is_array()) {
                any |= self.value(value, &around, find::WRAPPERS.contains(&name.as_str()));
            }
        }
        if !any && let Some(line) = parts.unread() {
            (self.visit)(Record::Line(line));
            return true;
        }
        any || parts.is_of_other()
    }
}

/// The parts of a log line in an object.
fn parts(object: &Value) -> Parts<'_> {
    let mut parts = Parts::default();
    for (name, value) in object.as_object().into_iter().flatten() {
        let Some(role) = embedded::role(name) else { continue };
        match value {
            Value::String(text) => parts.add(role, text.as_str()),
            Value::Number(_) => parts.add(role, value.to_string()),
            // Text that is not UTF-8 is a list of bytes.
            Value::Array(list) if role.0 == embedded::Role::Text => {
                let byte = |it: &Value| it.as_u64().and_then(|it| u8::try_from(it).ok());
                let bytes: Vec<u8> = list.iter().filter_map(byte).collect();
                parts.add(role, String::from_utf8_lossy(&bytes).into_owned());
            }
            // `host.name`, `process.name`, `event.original`.
            Value::Object(inner) => {
                let inner = ["name", "original", "hostname"].iter().find_map(|it| inner.get(*it));
                parts.add(role, inner.map(plain_text).map_or(Cow::Borrowed(""), Cow::Owned));
            }
            _ => {}
        }
    }
    parts
}

/// Loki's `["1709647331000000000", "line"]`.
fn pair(list: &[Value]) -> Option<Vec<u8>> {
    let [time, line] = list else { return None };
    let (time, line) = (time.as_str()?, line.as_str()?);
    if !time.bytes().all(|byte| byte.is_ascii_digit()) || !log::is_mail(line.as_bytes()) {
        return None;
    }
    let mut parts = Parts::default();
    parts.add((embedded::Role::Time, 0), time);
    parts.add((embedded::Role::Text, 0), line);
    parts.line()
}
