//! Finds recipients and columns in an object.

use serde_json::Value;

use crate::scan::event::Status;
use crate::scan::format::columns::{Column, Columns, plain};
use crate::scan::time::{Order, Stamp};

/// The greatest depth to search for a column.
const DEPTH: usize = 8;

/// Names of objects around the record.
pub(super) const WRAPPERS: [&str; 12] = [
    "msg",
    "data",
    "message",
    "eventdata",
    "source",
    "result",
    "fields",
    "detail",
    "event",
    "record",
    "payload",
    "item",
];

/// Names of the parts of a record, which may name recipients each.
const PARTS: [&str; 16] = [
    "envelope",
    "header",
    "headers",
    "commonheaders",
    "mail",
    "email",
    "smtp",
    "delivery",
    "bounce",
    "complaint",
    "send",
    "request",
    "response",
    "meta",
    "metadata",
    "context",
];

/// Names of lists with only those recipients of a message that the object is about.
const CHOSEN: [&str; 3] = ["bouncedrecipients", "delayedrecipients", "complainedrecipients"];

/// Names of the envelope's recipients. If an object has them, those in a copy of the header do not count.
const ENVELOPE: [&str; 6] =
    ["rcpts", "rcptto", "envelopeto", "envelopercpt", "enveloperecipients", "recipientenvelope"];

/// How names of recipients rank; the best rank with an address counts.
const RANKS: usize = 3;

/// The rank of a name of recipients at any depth.
fn rank(name: &str) -> Option<usize> {
    if CHOSEN.contains(&name) {
        Some(0)
    } else if ENVELOPE.contains(&name) {
        Some(1)
    } else {
        let is_usual = Column::Recipient.usual().contains(&name) && !is_general(name);
        is_usual.then_some(2)
    }
}

/// The ids of messages; other ids may be those of events.
const MESSAGES: [&str; 8] = [
    "messageid",
    "internetmessageid",
    "rfc2822messageid",
    "sgmessageid",
    "emailid",
    "mailid",
    "networkmessageid",
    "smtpid",
];

/// An object that names recipients.
pub(super) struct Object<'a> {
    pub(super) value: &'a Value,
    /// The objects around this object, the outermost first.
    pub(super) around: &'a [&'a Value],
    pub(super) recipients: Vec<String>,
}

impl Object<'_> {
    /// The text of a column.
    pub(super) fn text(&self, columns: &Columns, column: Column) -> Option<String> {
        if columns.given(column).is_some() {
            return given(columns, self.value, column).map(plain_text);
        }
        match column {
            Column::Status => self.status(),
            Column::Id => {
                let message = candidates(self.value, &MESSAGES).into_iter().next();
                message.or_else(|| candidates(self.value, column.usual()).into_iter().next())
            }
            _ => self.first(column.usual(), &|text| match column {
                Column::Time => Stamp::any(text.as_bytes(), Order::MonthFirst).is_some(),
                _ => text.contains('@') || text == "<>",
            }),
        }
    }

    /// The first value that fits, in this object or in those around it; else the first value in this object.
    fn first(&self, names: &[&str], fits: &dyn Fn(&str) -> bool) -> Option<String> {
        let here = candidates(self.value, names);
        if let Some(text) = here.iter().find(|text| fits(text)) {
            return Some(text.clone());
        }
        let around = self.around.iter().rev().flat_map(|object| at_top(object, names));
        around.into_iter().find(|text| fits(text)).or_else(|| here.into_iter().next())
    }

    /// The word for the result of the delivery, or its number (`5.1.1`, `250`) if the object has no word.
    fn status(&self) -> Option<String> {
        let names = Column::Status.usual();
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let is_known = |text: &str| Status::from_word(text) != Status::Unknown;
        let word = self.first(names, &|text| is_known(text) && !is_number(text))?;
        let number = || self.first(names, &|text| is_known(text));
        let word = if is_known(&word) { word } else { number()? };
        // Mailgun tells temporary failures by their `severity`.
        let severity = candidates(self.value, &["severity"]).into_iter().next();
        match severity.filter(|it| it.starts_with("temp") && word.starts_with("fail")) {
            Some(severity) => Some(format!("{word} ({severity})")),
            None => Some(word),
        }
    }

    /// The event, if it is one of Exchange's message tracking.
    pub(super) fn exchange_event(&self) -> Option<String> {
        at_top(self.value, &["eventid"])
            .into_iter()
            .next()
            .filter(|event| event.len() > 2 && event.bytes().all(|byte| byte.is_ascii_uppercase()))
    }
}

/// The texts in the members for recipients.
pub(super) fn recipients(columns: &Columns, object: &Value, is_record: bool) -> Vec<String> {
    let mut texts = Vec::new();
    if columns.given(Column::Recipient).is_some() {
        if let Some(value) = given(columns, object, Column::Recipient) {
            addresses(value, &mut texts);
        }
        return texts;
    }
    // SES names all recipients of the message, and separately those that an event is about.
    let mut ranked: [Vec<String>; RANKS] = Default::default();
    collect(object, 0, &mut ranked);
    for mut list in ranked {
        list.retain(|text| text.contains('@'));
        if !list.is_empty() {
            return list;
        }
    }
    // A general name for addresses counts only in the record itself.
    if is_record {
        let members = object.as_object().into_iter().flatten();
        for (_, value) in members.filter(|(name, _)| is_general(&plain(name))) {
            addresses(value, &mut texts);
        }
        texts.retain(|text| text.contains('@'));
    }
    texts
}

/// Whether an object holds records by id: each member is one of several objects that look alike and name
/// recipients, and its name is none that records use for their parts.
pub(super) fn is_table(object: &Value) -> bool {
    let Some(members) = object.as_object().filter(|members| !members.is_empty()) else {
        return false;
    };
    let is_part = |name: &String| {
        let name = plain(name);
        let columns = [Column::Recipient, Column::Sender, Column::Time, Column::Status, Column::Id];
        WRAPPERS.contains(&name.as_str())
            || PARTS.contains(&name.as_str())
            || columns.iter().any(|column| column.usual().contains(&name.as_str()))
            || matches!(name.as_str(), "actor" | "user" | "author" | "owner")
    };
    let is_record = |value: &&Value| {
        value.is_object() && !recipients(&Columns::default(), value, true).is_empty()
    };
    let records = members.values().filter(is_record).count();
    // Numbers are ids. Words may also name the parts of one record, of which some name no recipient.
    let have_digits = members.keys().all(|name| name.contains(|c: char| c.is_ascii_digit()));
    let least = if have_digits { 1 } else { members.len() };
    members.values().all(Value::is_object) && !members.keys().any(is_part) && records >= least
}

/// Whether an object is such a table, or has one with several records in a member while it names no recipient itself.
pub(super) fn holds_table(object: &Value) -> bool {
    let members = || object.as_object().into_iter().flatten();
    let is_table_of_several =
        |value: &Value| value.as_object().is_some_and(|inner| inner.len() > 1) && is_table(value);
    let names_itself = |(name, value): (&String, &Value)| {
        rank(&plain(name)).is_some() && (value.is_string() || value.is_array())
    };
    is_table(object)
        || members().any(|(_, value)| is_table_of_several(value)) && !members().any(names_itself)
}

fn is_general(name: &str) -> bool {
    matches!(name, "email" | "emailaddress" | "address" | "mail")
}

/// The value of a column that the user named.
fn given<'a>(columns: &Columns, object: &'a Value, column: Column) -> Option<&'a Value> {
    let path = columns.given(column)?;
    object.get(path).or_else(|| path.split('.').try_fold(object, |value, name| value.get(name)))
}

/// The texts of the members that have one of the names, in the order of `names`.
fn at_top(object: &Value, names: &[&str]) -> Vec<String> {
    level(&[object], names)
}

fn level(objects: &[&Value], names: &[&str]) -> Vec<String> {
    let members = objects.iter().filter_map(|it| it.as_object()).flatten();
    let mut found: Vec<_> = members
        .filter_map(|(name, value)| {
            let name = plain(name);
            let rank = names.iter().position(|it| *it == name)?;
            is_leaf(value).then(|| (rank, plain_text(value)))
        })
        .collect();
    found.sort_by_key(|it| it.0);
    found.into_iter().map(|it| it.1).filter(|text| !text.is_empty()).collect()
}

/// The texts of the members that have one of the names, at any depth: the least deep first, then in the order of
/// `names`.
fn candidates(object: &Value, names: &[&str]) -> Vec<String> {
    let mut objects: Vec<&Value> = vec![object];
    let mut texts = Vec::new();
    for _ in 0..DEPTH {
        texts.extend(level(&objects, names));
        let members = objects.iter().filter_map(|it| it.as_object()).flatten();
        objects = members.map(|(_, value)| value).filter(|it| it.is_object()).collect();
    }
    texts
}

/// Whether a value is a text, a number or the like, or contains an address.
fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(members) => members.keys().any(|name| is_general(&plain(name))),
        Value::Array(list) => list.first().is_some_and(is_leaf),
        _ => true,
    }
}

/// Adds the texts in members with names of recipients, in inner objects too.
fn collect(value: &Value, depth: usize, ranked: &mut [Vec<String>; RANKS]) {
    let Some(members) = value.as_object().filter(|_| depth <= DEPTH) else { return };
    for (name, value) in members {
        let plain = plain(name);
        if let Some(texts) = rank(&plain).and_then(|rank| ranked.get_mut(rank)) {
            addresses(value, texts);
        }
        // A copy of the header does not describe the envelope.
        if !matches!(plain.as_str(), "commonheaders" | "headers") {
            collect(value, depth + 1, ranked);
        }
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
                if is_general(&name) || matches!(name.as_str(), "recipient" | "addr") {
                    addresses(value, texts);
                }
            }
        }
        _ => {}
    }
}

/// A value without quotes; empty for null. A list or an object counts as its first text.
pub(super) fn plain_text(value: &Value) -> String {
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
