//! One JSON object a line, with named members. A name may be a path: `envelope.to`.

use serde_json::Value;

use super::columns::{Column, Columns};
use super::postfix::bytes_lines;
use super::table::Row;
use super::{Format, Framing, Parser};
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct Jsonl {
    pub(super) columns: Columns,
}

impl Jsonl {
    /// The value of a column.
    fn find<'a>(&self, object: &'a Value, column: Column) -> Option<&'a Value> {
        match self.columns.given(column) {
            Some(path) => object
                .get(path)
                .or_else(|| path.split('.').try_fold(object, |value, name| value.get(name))),
            None => object.get(self.columns.find_member(column, object.as_object()?.keys())?),
        }
    }

    /// Whether an object holds recipients.
    pub(super) fn fits(&self, line: &[u8]) -> bool {
        serde_json::from_slice::<Value>(line)
            .is_ok_and(|object| self.find(&object, Column::Recipient).is_some())
    }
}

impl Parser for Jsonl {
    fn format(&self) -> Format {
        Format::Jsonl
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes_lines(block);
        for (start, line) in bytes::lines(block) {
            if line.trim_ascii().is_empty() {
                continue;
            }
            let object = serde_json::from_slice::<Value>(line).unwrap_or_default();
            let Some(recipients) = self.find(&object, Column::Recipient) else {
                // Other events in the same log are not broken.
                if !object.is_object() {
                    found.add_broken(start, line);
                }
                continue;
            };
            let text = |column| self.find(&object, column).map(plain_text);
            let columns = [Column::Sender, Column::Time, Column::Status, Column::Id].map(text);
            let [sender, time, status, id] =
                columns.each_ref().map(|it| it.as_deref().map(str::as_bytes));
            let row = Row { start, sender, time, status, id };
            match recipients {
                Value::Array(list) => {
                    for recipient in list {
                        row.read(plain_text(recipient).as_bytes(), judge, found);
                    }
                }
                one => row.read(plain_text(one).as_bytes(), judge, found),
            }
        }
    }
}

/// A value without quotes; empty for null. A list or an object is read as what its first string says.
fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.first().map(plain_text).unwrap_or_default(),
        Value::Object(members) => ["address", "email"]
            .iter()
            .find_map(|name| members.get(*name))
            .map(plain_text)
            .unwrap_or_default(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
