//! The rows of a table, as all formats of tables read them.

use super::csv;
use super::row::{Dates, cell};

/// The column names in a table's first record.
pub(super) fn names(head: &[u8], delimiter: u8) -> Vec<String> {
    let fields = csv::fields(head, delimiter);
    fields.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}

/// Whether a record is the head, or a line that PowerShell and Excel put before it.
pub(super) fn is_no_row(record: &[u8], head: &[u8]) -> bool {
    record.is_empty() || record == head || record.starts_with(b"#") || record.starts_with(b"sep=")
}

/// The rows of a block.
pub(super) fn rows<'a>(
    block: &'a [u8],
    delimiter: u8,
    head: &'a [u8],
) -> impl Iterator<Item = csv::Record<'a>> {
    csv::records(block, delimiter).filter(move |record| !is_no_row(record.bytes, head))
}

/// Takes the dates of a column into account.
pub(super) fn watch(
    block: &[u8],
    delimiter: u8,
    column: Option<usize>,
    head: &[u8],
    dates: &mut Dates,
) {
    let Some(column) = column else { return };
    for record in rows(block, delimiter, head) {
        if record.is_sound {
            dates.watch(cell(&csv::fields(record.bytes, delimiter), Some(column)));
        }
    }
}
