//! Recognises a format by what is in the file. Names and suffixes are not looked at.

use std::fmt;
use std::sync::Arc;

use memchr::{memchr_iter, memmem};

use super::columns::Columns;
use super::exchange::Exchange;
use super::exim::{self, Exim};
use super::jsonl::Jsonl;
use super::list::List;
use super::mbox::{self, Mbox};
use super::message::{self, Message};
use super::message_trace::MessageTrace;
use super::postfix::Postfix;
use super::sendmail::Sendmail;
use super::table::Table;
use super::{Format, Parser, syslog};
use crate::scan::bytes;
use crate::scan::time::Stamp;

/// How much of a file is looked at.
pub(crate) const SNIFFED: usize = 64 << 10;

/// How many lines are looked at.
const LINES: usize = 400;

/// Why a file is not read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unreadable {
    /// A file of another program, and what to do about it.
    Known(&'static str),
    /// The format was given, and the file has no head that fits it.
    Headless(Format),
    Unknown,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(what) => f.write_str(what),
            Self::Headless(format) => {
                write!(f, "its first lines do not name the columns that {format} needs")
            }
            Self::Unknown => f.write_str("no format that scan reads was recognised in it"),
        }
    }
}

/// Files that are something else, by their first bytes.
const OTHERS: [(usize, &[u8], &str); 8] = [
    (0, b"PK\x03\x04", "it is a zip archive: unpack it first"),
    (257, b"ustar", "it is a tar archive: unpack it first"),
    (0, b"7z\xBC\xAF\x27\x1C", "it is a 7z archive: unpack it first"),
    (0, b"BZh", "it is compressed with bzip2: unpack it first, or pipe it through bzcat"),
    (
        0,
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
        "it is an Outlook item (.msg) or an old Office file: save it as .eml",
    ),
    (0, b"!BDN", "it is an Outlook data file (.pst): export the folder as mbox or .eml"),
    (0, b"LPKSHHRH", "it is a systemd journal: pipe `journalctl --output=short-iso` in"),
    (0, b"SQLite format 3\0", "it is a database: export the table as CSV"),
];

/// The parser for a file that begins with `head`.
pub(crate) fn sniff(head: &[u8], columns: &Columns) -> Result<Arc<dyn Parser>, Unreadable> {
    if let Some(other) =
        OTHERS.iter().find(|(at, magic, _)| bytes::from(head, *at).starts_with(magic))
    {
        return Err(Unreadable::Known(other.2));
    }
    let lines: Vec<&[u8]> = bytes::lines(head)
        .map(|(_, line)| line)
        .filter(|line| !line.is_empty())
        .take(LINES)
        .collect();
    let Some(first) = lines.first().copied() else { return Ok(Arc::new(List)) };
    if columns.is_given() {
        return table(&lines, columns).ok_or(Unreadable::Headless(Format::Csv));
    }
    if first.starts_with(b"#") && lines.iter().any(|line| line.starts_with(b"#Fields:")) {
        return exchange(&lines).ok_or(Unreadable::Headless(Format::Exchange));
    }
    if mbox::is_start(head) == Some(true) {
        return Ok(Arc::new(Mbox));
    }
    // A majority: logs have lines of other programs in them, and broken ones.
    let most = |count: usize| 2 * count >= lines.len();
    let count = |is: &dyn Fn(&[u8]) -> bool| lines.iter().filter(|line| is(line)).count();
    if count(&is_exim) > 0 {
        return Ok(Arc::new(Exim));
    }
    if most(count(&syslog::is_syslog)) {
        let sendmail = [&b" sendmail["[..], b" sm-mta[", b" sm-msp-queue[", b", stat="];
        let is_sendmail =
            |line: &[u8]| sendmail.iter().any(|word| memmem::find(line, word).is_some());
        let is_postfix = |line: &[u8]| memmem::find(line, b" postfix").is_some();
        return Ok(if count(&is_sendmail) > count(&is_postfix) {
            Arc::new(Sendmail)
        } else {
            Arc::new(Postfix)
        });
    }
    // Exim between messages.
    if most(count(&|line| {
        line.get(10) == Some(&b' ') && Stamp::iso(line).is_some_and(|it| it.1 >= 16)
    })) {
        return Ok(Arc::new(Exim));
    }
    if let Some(table) = table(&lines, columns) {
        return Ok(table);
    }
    if is_message(&lines) {
        return Ok(Arc::new(Message));
    }
    if most(count(&|line| line.contains(&b'@') && line.len() < 400)) {
        return Ok(Arc::new(List));
    }
    Err(Unreadable::Unknown)
}

/// The parser for a format that was named.
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
        Format::Postfix => Some(Arc::new(Postfix)),
        Format::Sendmail => Some(Arc::new(Sendmail)),
        Format::Exim => Some(Arc::new(Exim)),
        Format::Mbox => Some(Arc::new(Mbox)),
        Format::Message => Some(Arc::new(Message)),
        Format::List => Some(Arc::new(List)),
        Format::Jsonl => Some(Arc::new(Jsonl { columns: columns.clone() })),
        Format::Exchange => exchange(&lines),
        Format::MessageTrace => head_of(&lines).and_then(|(head, delimiter)| {
            MessageTrace::new(head, delimiter).map(|it| Arc::new(it) as Arc<dyn Parser>)
        }),
        Format::Csv => head_of(&lines).and_then(|(head, delimiter)| {
            Table::new(head, delimiter, columns).map(|it| Arc::new(it) as Arc<dyn Parser>)
        }),
    };
    parser.ok_or(Unreadable::Headless(format))
}

fn is_exim(line: &[u8]) -> bool {
    let mut words = line.split(|&byte| byte == b' ').take(11);
    let flags: [&[u8]; 7] = [b"<=", b"=>", b"->", b"==", b"**", b">>", b"*>"];
    words.any(exim::is_id) && words.next().is_some_and(|flag| flags.contains(&flag))
}

fn exchange(lines: &[&[u8]]) -> Option<Arc<dyn Parser>> {
    let fields = lines.iter().find(|line| line.starts_with(b"#Fields:"));
    let head = fields.or_else(|| lines.iter().find(|line| !line.starts_with(b"#")))?;
    Some(Arc::new(Exchange::new(head)?))
}

/// The row that names the columns, and what stands between the names.
fn head_of<'a>(lines: &[&'a [u8]]) -> Option<(&'a [u8], u8)> {
    let head = lines.iter().find(|line| !line.starts_with(b"#"))?;
    let count = |delimiter: u8| memchr_iter(delimiter, head).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|&delimiter| count(delimiter));
    delimiter.map(|delimiter| (*head, delimiter))
}

/// JSON lines or a table, whatever its head says.
fn table(lines: &[&[u8]], columns: &Columns) -> Option<Arc<dyn Parser>> {
    let jsonl = Jsonl { columns: columns.clone() };
    if lines.first()?.trim_ascii().starts_with(b"{") {
        let fits = lines.iter().any(|line| jsonl.fits(line));
        return if fits { Some(Arc::new(jsonl)) } else { None };
    }
    let (head, delimiter) = head_of(lines)?;
    // An address is no name of a column, and a table with one column is a list.
    let is_list = head.contains(&b'@') || !head.contains(&delimiter) && !columns.is_given();
    if is_list {
        return None;
    }
    if !columns.is_given() {
        if let Some(exchange) = Exchange::new(head) {
            return Some(Arc::new(exchange));
        }
        if let Some(trace) = MessageTrace::new(head, delimiter) {
            return Some(Arc::new(trace));
        }
    }
    Some(Arc::new(Table::new(head, delimiter, columns)?))
}

/// Whether the lines are the header of a message: nothing but fields, and one that every message has.
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
