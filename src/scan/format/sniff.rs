//! Recognises a format by the content of the file, ignoring its name.

use std::fmt;
use std::sync::Arc;

use memchr::memchr_iter;

use super::card::{self, Card};
use super::columns::Columns;
use super::contacts::Contacts;
use super::csv;
use super::exchange::Exchange;
use super::export::Export;
use super::jsonl::{Jsonl, element};
use super::kind::{Format, Framing};
use super::list::{self, List};
use super::log::{self, Log};
use super::mbox::{self, Mbox};
use super::message::{self, Message};
use super::message_trace::MessageTrace;
use super::parser::Parser;
use super::row::Dates;
use super::table::Table;
use crate::scan::bytes;

/// How many bytes of a file are examined for its format. A long preface could hide the format from
/// a smaller number; a larger one would delay the scan.
pub(crate) const SNIFFED: usize = 64 << 10;

/// How many lines are examined for the format, for the same reasons.
const LINES: usize = 400;

/// Why a file is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// A file of another program, and what to do about it.
    Known {
        advice: &'static str,
        may_hold_mail: bool,
    },
    /// The user named the format, and the file has no head that fits it.
    Headless(Format),
    Unknown,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { advice, .. } => f.write_str(advice),
            Self::Headless(format) => {
                write!(f, "its first lines do not name the columns that {format} needs")
            }
            Self::Unknown => f.write_str("no format that scan reads was recognised in it"),
        }
    }
}

/// Recognises other files by their first bytes; returns whether they may contain mail if they are among logs.
const OTHERS: [(usize, &[u8], &str, bool); 7] = [
    (0, b"PK\x03\x04", "it is a zip archive: unpack it first", true),
    (257, b"ustar", "it is a tar archive: unpack it first", true),
    (0, b"7z\xBC\xAF\x27\x1C", "it is a 7z archive: unpack it first", true),
    (
        0,
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "it is an Outlook item (.msg) or an old Office file: save it as .eml",
        true,
    ),
    (0, b"!BDN", "it is an Outlook data file (.pst): export the folder as mbox or .eml", true),
    (0, b"LPKSHHRH", "it is a systemd journal: pipe `journalctl --output=short-iso` in", false),
    (0, b"SQLite format 3\0", "it is a database: export the table as CSV", false),
];

/// The parser for a file that begins with `head`.
pub(crate) fn sniff(head: &[u8], columns: &Columns) -> Result<Arc<dyn Parser>, Unreadable> {
    let is_other =
        |(at, magic, ..): &&(usize, &[u8], &str, bool)| bytes::from(head, *at).starts_with(magic);
    if let Some(&(_, _, advice, may_hold_mail)) = OTHERS.iter().find(is_other) {
        return Err(Unreadable::Known { advice, may_hold_mail });
    }
    let lines: Vec<&[u8]> = bytes::lines(head)
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty())
        .take(LINES)
        .collect();
    let Some(first) = lines.first().copied() else { return Ok(Arc::new(List)) };
    if columns.is_given() {
        let table = table(&lines, columns).ok_or(Unreadable::Headless(Format::Csv))?;
        return Ok(dated(table, head));
    }
    if first.starts_with(b"#") && lines.iter().any(|line| line.starts_with(b"#Fields:")) {
        return exchange(&lines).ok_or(Unreadable::Headless(Format::Exchange));
    }
    if mbox::is_start(head) == Some(true) {
        return Ok(Arc::new(Mbox));
    }
    // A body may quote lines of logs.
    if is_message(&lines) {
        return Ok(Arc::new(Message));
    }
    let count = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| is(line)).count();
    let is_structured =
        first.trim_ascii().starts_with(b"{") || first.trim_ascii().starts_with(b"[{");
    if !is_structured
        && let Some((head, delimiter)) = head_of(&lines)
        && let Some(export) = Export::new(head, delimiter, &lines)
    {
        return Ok(Arc::new(export));
    }
    if !is_structured && count(&log::is_mail) > 0 {
        return Ok(Arc::new(Log { format: Format::Log }));
    }
    // A majority of the lines decides, because some may be broken.
    let most = |count: usize| 2 * count >= lines.len();
    if most(count(&log::is_timed)) || most(count(&|line| log::unread_shape(line).is_some())) {
        return Ok(Arc::new(Log { format: Format::Log }));
    }
    if let Some(format) = card::recognise(&lines) {
        return Ok(Arc::new(Card { format }));
    }
    if let Some(table) = table(&lines, columns) {
        return Ok(dated(table, head));
    }
    // Lists contain comments too.
    let filled = count(&|line| !line.starts_with(b"#"));
    if 3 * count(&list::is_address) >= 2 * filled && filled > 0 {
        return Ok(Arc::new(List));
    }
    Err(Unreadable::Unknown)
}

/// The parser for a format that the user named.
pub(crate) fn for_format(
    format: Format,
    head: &[u8],
    columns: &Columns,
) -> Result<Arc<dyn Parser>, Unreadable> {
    let lines: Vec<&[u8]> = bytes::lines(head)
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty())
        .take(LINES)
        .collect();
    let parser: Option<Arc<dyn Parser>> = match format {
        Format::Log
        | Format::Postfix
        | Format::Sendmail
        | Format::Exim
        | Format::Opensmtpd
        | Format::Courier
        | Format::Qmail
        | Format::Cisco => Some(Arc::new(Log { format })),
        Format::Mbox => Some(Arc::new(Mbox)),
        Format::Message => Some(Arc::new(Message)),
        Format::List => Some(Arc::new(List)),
        Format::Jsonl => Some(Arc::new(json(&lines, columns))),
        Format::Vcard | Format::Ldif => Some(Arc::new(Card { format })),
        Format::Contacts => head_of(&lines).and_then(|(head, delimiter)| {
            Contacts::new(head, delimiter).map(|it| Arc::new(it) as Arc<dyn Parser>)
        }),
        Format::Exchange => exchange(&lines),
        Format::MessageTrace => head_of(&lines).and_then(|(head, delimiter)| {
            MessageTrace::new(head, delimiter).map(|it| Arc::new(it) as Arc<dyn Parser>)
        }),
        Format::Csv => head_of(&lines).and_then(|(head, delimiter)| {
            Table::new(head, delimiter, columns).map(|it| Arc::new(it) as Arc<dyn Parser>)
        }),
    };
    parser.map(|parser| dated(parser, head)).ok_or(Unreadable::Headless(format))
}

fn exchange(lines: &[&[u8]]) -> Option<Arc<dyn Parser>> {
    let fields = lines.iter().find(|line| line.starts_with(b"#Fields:"));
    if let Some(fields) = fields {
        return Some(Arc::new(Exchange::new(fields, b',')?));
    }
    let (head, delimiter) = head_of(lines)?;
    Some(Arc::new(Exchange::new(head, delimiter)?))
}

/// The parser, with the order of day and month as the first rows show it.
fn dated(parser: Arc<dyn Parser>, head: &[u8]) -> Arc<dyn Parser> {
    let mut dates = Dates::default();
    parser.dates_in(head, &mut dates);
    parser.with_dates(dates).unwrap_or(parser)
}

/// The row with the column names, and the separator between them. Excel writes the separator into the first line.
fn head_of<'a>(lines: &[&'a [u8]]) -> Option<(&'a [u8], u8)> {
    let named = lines.first().and_then(|line| line.strip_prefix(b"sep=")).and_then(|it| it.first());
    let is_row = |line: &&&[u8]| !line.starts_with(b"#") && !line.starts_with(b"sep=");
    let head = lines.iter().find(is_row)?;
    let count = |delimiter: u8| memchr_iter(delimiter, head).count();
    let delimiter = named.copied().or_else(|| {
        [b',', b';', b'\t', b'|'].into_iter().max_by_key(|&delimiter| count(delimiter))
    });
    delimiter.map(|delimiter| (*head, delimiter))
}

/// JSON by lines, or by objects if those span several lines.
fn json(lines: &[&[u8]], columns: &Columns) -> Jsonl {
    let is_whole = |line: &&&[u8]| {
        let line = element(line);
        line.starts_with(b"{") && line.ends_with(b"}")
    };
    // If the examined part has only one line, that line may continue after it.
    let is_cut = lines.len() == 1 && lines.iter().any(|line| line.len() >= SNIFFED);
    let by_line = !is_cut
        && (lines.first().is_some_and(|line| is_whole(&line))
            || lines.iter().filter(is_whole).count() * 2 > lines.len());
    let framing = if by_line { Framing::Lines } else { Framing::Json };
    Jsonl { columns: columns.clone(), framing }
}

/// JSON or a table, whatever its head says.
fn table(lines: &[&[u8]], columns: &Columns) -> Option<Arc<dyn Parser>> {
    let first = lines.first()?.trim_ascii();
    if first.starts_with(b"{") || first.starts_with(b"[{") || first == b"[" {
        let jsonl = json(lines, columns);
        let fits = match jsonl.framing {
            Framing::Lines => lines.iter().any(|line| jsonl.fits(element(line))),
            // Only reading shows whether it names recipients.
            _ => true,
        };
        return if fits { Some(Arc::new(jsonl)) } else { None };
    }
    let (head, delimiter) = head_of(lines)?;
    if !head.contains(&delimiter) && !columns.is_given() {
        // A table with one column is a list, unless its first line names the column.
        return Some(Arc::new(Table::new(head, delimiter, columns)?));
    }
    // An address cannot be the name of a column.
    if csv::fields(head, delimiter).iter().any(|cell| list::are_addresses(cell))
        && !columns.is_given()
    {
        let is_row = |line: &&&[u8]| !line.starts_with(b"#") && !line.starts_with(b"sep=");
        let rows: Vec<&[u8]> = lines.iter().filter(is_row).take(50).copied().collect();
        if let Some(exchange) = Exchange::of_rows(&rows) {
            return Some(Arc::new(exchange));
        }
        return Some(Arc::new(Table::of_rows(&rows, delimiter)?));
    }
    if !columns.is_given() {
        if let Some(exchange) = Exchange::new(head, delimiter) {
            return Some(Arc::new(exchange));
        }
        if let Some(trace) = MessageTrace::new(head, delimiter) {
            return Some(Arc::new(trace));
        }
        if let Some(contacts) = Contacts::new(head, delimiter) {
            return Some(Arc::new(contacts));
        }
    }
    Some(Arc::new(Table::new(head, delimiter, columns)?))
}

/// Whether the lines are the header of a message: only fields, with one that every message has.
fn is_message(lines: &[&[u8]]) -> bool {
    let known: [&[u8]; 8] = [
        b"from:",
        b"to:",
        b"date:",
        b"subject:",
        b"received:",
        b"message-id:",
        b"return-path:",
        b"delivered-to:",
    ];
    let is_known = |line: &[u8]| {
        let line = bytes::before(line, 16).to_ascii_lowercase();
        known.iter().any(|name| line.starts_with(name))
    };
    let is_header =
        |line: &[u8]| message::is_field(line) || matches!(line.first(), Some(b' ' | b'\t'));
    lines.iter().take(3).all(|line| is_header(line))
        && lines.first().is_some_and(|line| message::is_field(line))
        && lines.iter().take(40).filter(|line| is_known(line)).count() >= 2
}
