//! Many rows in one statement, which is prepared once for any number of them.
//!
//! SQLite reads them from one parameter, a JSON array of arrays. PostgreSQL takes five times as long to read JSON as to
//! read arrays, so there each column is a parameter: the text of an array with the column's values.

use serde::Serialize;
use sqlx::{Any, any::AnyArguments, query::Query};

use super::{Dialect, StoreError};

/// A column, and the type of its values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// A value of a row.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Owned(String),
    Number(i64),
    Null,
}

/// A row, as one of many that a statement writes.
pub(super) trait BulkRow {
    const COLUMNS: &'static [Column];

    /// The values of [`Self::COLUMNS`], in that order.
    fn values(&self) -> impl IntoIterator<Item = Value<'_>>;
}

/// A row that is inserted into a table, or changes the one with the same key.
pub(super) trait Upsert: BulkRow {
    const TABLE: &'static str;
    /// The key and the change, as `ON CONFLICT` takes them.
    const CONFLICT: &'static str;
}

impl<R: BulkRow> BulkRow for &R {
    const COLUMNS: &'static [Column] = R::COLUMNS;

    fn values(&self) -> impl IntoIterator<Item = Value<'_>> {
        R::values(self)
    }
}

impl Column {
    const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Number(name) => name,
        }
    }

    const fn postgres_type(self) -> &'static str {
        match self {
            Self::Text(_) => "TEXT",
            Self::Number(_) => "BIGINT",
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Owned(text)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// The names of the columns, separated by commas.
pub(super) fn names<R: BulkRow>() -> String {
    R::COLUMNS.iter().map(|column| column.name()).collect::<Vec<_>>().join(", ")
}

/// A table expression with the columns of `R`, which reads the parameter `$first` and, in PostgreSQL, those after it.
pub(super) fn table<R: BulkRow>(dialect: Dialect, first: usize) -> String {
    let columns = R::COLUMNS.iter().enumerate().map(|(index, column)| {
        let name = column.name();
        match dialect {
            Dialect::Sqlite => format!("json_extract(value, '$[{index}]') AS {name}"),
            Dialect::Postgres => {
                let number = first + index;
                let of = column.postgres_type();
                format!("unnest(CAST(CAST(${number} AS TEXT) AS {of}[])) AS {name}")
            }
        }
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    match dialect {
        Dialect::Sqlite => format!("(SELECT {columns} FROM json_each(${first})) AS rows"),
        Dialect::Postgres => format!("(SELECT {columns}) AS rows"),
    }
}

/// The number of parameters that [`table`] reads.
pub(super) const fn parameters<R: BulkRow>(dialect: Dialect) -> usize {
    match dialect {
        Dialect::Sqlite => 1,
        Dialect::Postgres => R::COLUMNS.len(),
    }
}

/// Binds the parameters that [`table`] reads.
///
/// # Errors
///
/// If a value cannot be written as JSON, which does not happen.
pub(super) fn bind<'q, R: BulkRow>(
    mut query: Query<'q, Any, AnyArguments>,
    dialect: Dialect,
    rows: &[R],
) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
    match dialect {
        Dialect::Sqlite => {
            let rows = rows.iter().map(|row| row.values().into_iter().collect::<Vec<_>>());
            let rows = serde_json::to_string(&rows.collect::<Vec<_>>());
            Ok(query.bind(rows.map_err(|error| StoreError::Invalid(error.to_string()))?))
        }
        Dialect::Postgres => {
            let mut arrays = vec![String::from("{"); R::COLUMNS.len()];
            for (index, row) in rows.iter().enumerate() {
                for (array, value) in arrays.iter_mut().zip(row.values()) {
                    if index > 0 {
                        array.push(',');
                    }
                    push(array, &value);
                }
            }
            for array in arrays {
                query = query.bind(array + "}");
            }
            Ok(query)
        }
    }
}

/// Appends an element to the text of an array of PostgreSQL.
fn push(array: &mut String, value: &Value<'_>) {
    match value {
        Value::Text(text) => push_text(array, text),
        Value::Owned(text) => push_text(array, text),
        Value::Number(number) => array.push_str(&number.to_string()),
        Value::Null => array.push_str("NULL"),
    }
}

fn push_text(array: &mut String, text: &str) {
    array.push('"');
    let mut written = 0;
    for (at, _) in text.match_indices(['"', '\\']) {
        array.push_str(text.get(written..at).unwrap_or_default());
        array.push('\\');
        written = at;
    }
    array.push_str(text.get(written..).unwrap_or_default());
    array.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_an_array_are_quoted_and_escaped() {
        let mut array = String::new();
        for text in ["", "NULL", "a,b", "{}", r#""a" \ é"#] {
            push(&mut array, &text.into());
            array.push(' ');
        }
        assert_eq!(array, r#""" "NULL" "a,b" "{}" "\"a\" \\ é" "#);
    }
}
