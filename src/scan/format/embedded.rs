//! Log lines inside the records of collectors: JSON objects, or rows of tables.
//!
//! Filebeat, Fluentd, rsyslog, Splunk, Graylog and others keep the line, or only the program's message, in a
//! member beside the program, the host and the time. From these parts, the scan makes the line that a log file
//! would have. Only lines of mail servers count: any other text is data of the record.

use std::borrow::Cow;

use memchr::memmem;

use super::columns::{Column, plain};
use super::log;
use super::prefix;
use super::program::{self, Program};
use crate::scan::bytes;
use crate::scan::time::{Order, Stamp};

/// The names of members that hold a line or a message, without case and punctuation.
const TEXTS: [&str; 17] = [
    "message",
    "msg",
    "raw",
    "log",
    "line",
    "fulllog",
    "rawmsg",
    "rawmessage",
    "original",
    "eventoriginal",
    "textpayload",
    "syslogmessage",
    "shortmessage",
    "fullmessage",
    "logmessage",
    "body",
    "event",
];

const PROGRAMS: [&str; 14] = [
    "syslogidentifier",
    "program",
    "programname",
    "ident",
    "appname",
    "applicationname",
    "syslogtag",
    "processname",
    "comm",
    "process",
    "tag",
    "app",
    "service",
    "syslogprogram",
];

const HOSTS: [&str; 5] = ["hostname", "host", "computer", "source", "hostip"];

/// The role of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Role {
    Text,
    Program,
    Host,
    Time,
}

/// The role of a name, and its rank among the names of the same role.
pub(super) fn role(name: &str) -> Option<(Role, usize)> {
    let name = plain(name);
    let lists: [(Role, &[&str]); 4] = [
        (Role::Text, &TEXTS),
        (Role::Program, &PROGRAMS),
        (Role::Host, &HOSTS),
        (Role::Time, Column::Time.usual()),
    ];
    let rank = |names: &[&str]| names.iter().position(|it| *it == name);
    lists.iter().find_map(|(role, names)| Some((*role, rank(names)?)))
}

/// A record's values for each role, the most usual name first.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    values: Vec<(Role, usize, Cow<'a, str>)>,
}

impl<'a> Parts<'a> {
    pub(super) fn add(&mut self, (role, rank): (Role, usize), value: impl Into<Cow<'a, str>>) {
        self.values.push((role, rank, value.into()));
    }

    fn of(&self, role: Role) -> Vec<&str> {
        let mut found: Vec<_> = self.values.iter().filter(|it| it.0 == role).collect();
        found.sort_by_key(|it| it.1);
        found.into_iter().map(|it| it.2.as_ref()).filter(|text| !text.is_empty()).collect()
    }

    /// The log line that the record contains; `None` if no mail server wrote it.
    pub(super) fn line(&self) -> Option<Vec<u8>> {
        let times = self.of(Role::Time);
        let stamp = times.iter().find_map(|it| Stamp::any(it.as_bytes(), Order::MonthFirst));
        let texts = || self.of(Role::Text).into_iter().map(str::trim);
        let is_server =
            |name: &[u8]| !matches!(program::of(name), Program::Unknown | Program::Other);
        let is_mail = |text: &&str| log::is_mail(text.as_bytes());
        let programs = self.of(Role::Program).into_iter().map(bare);
        let program = programs.into_iter().find(|name| is_server(name.as_bytes()));
        // Beside a program, a message without time and tag is not the whole line: the host is apart, too.
        let is_line = |text: &&str| {
            let prefix = prefix::split(text.as_bytes());
            is_mail(text) && (program.is_none() || prefix.time.is_some() || is_server(prefix.name))
        };
        if let Some(text) = texts().find(is_line) {
            return Some(dated(text, stamp).into_owned().into_bytes());
        }
        let program = program?;
        let text = texts().find(is_mail).or_else(|| texts().find(|text| !text.is_empty()))?;
        let time =
            shown(stamp).unwrap_or_else(|| times.first().copied().unwrap_or_default().into());
        let host = self.of(Role::Host).into_iter().find(|host| !host.contains(' ')).unwrap_or("-");
        Some(format!("{time} {host} {program}[0]: {text}").into_bytes())
    }

    /// Whether the record is about a program that delivers no mail.
    pub(super) fn is_of_other(&self) -> bool {
        let is_other = |name: &[u8]| program::of(name) == Program::Other;
        self.of(Role::Program).into_iter().any(|name| is_other(bare(name).as_bytes()))
            || self.of(Role::Text).into_iter().any(|it| is_other(prefix::split(it.as_bytes()).name))
    }

    /// The text, if it looks like a log line of a mail server whose logs the scan does not read.
    pub(super) fn unread(&self) -> Option<Vec<u8>> {
        let texts = self.of(Role::Text).into_iter();
        texts.map(str::as_bytes).find(|it| log::unread_shape(it).is_some()).map(<[u8]>::to_vec)
    }
}

/// `postfix/smtp` from a tag such as `postfix/smtp[123]:`.
fn bare(tag: &str) -> &str {
    let tag = tag.trim().trim_end_matches(':');
    tag.split_once('[').map_or(tag, |(name, _)| name)
}

/// The line with the collector's time, or its year, where the line has none.
fn dated(text: &str, stamp: Option<Stamp>) -> Cow<'_, str> {
    let (own, year) = (prefix::stamp(text.as_bytes()), stamp.and_then(|stamp| stamp.year));
    match (own, stamp, year) {
        (None, Some(_), Some(_)) => match shown(stamp) {
            Some(time) => format!("{time} {text}").into(),
            None => text.into(),
        },
        (Some(own), Some(stamp), Some(year)) if own.year.is_none() => {
            // The collector took the line a little later, or its clock has another time zone.
            let year = match (own.month, stamp.month) {
                (12, 1) => year - 1,
                (1, 12) => year + 1,
                (own, taken) if own.abs_diff(taken) <= 1 => year,
                // The collector read an old log.
                _ => return text.into(),
            };
            let priority = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
            let line = priority.filter(|(number, _)| number.len() <= 3).map_or(text, |it| it.1);
            let dated = format!("{year} {line}");
            match prefix::stamp(dated.as_bytes()) {
                Some(_) => dated.into(),
                None => text.into(),
            }
        }
        _ => text.into(),
    }
}

fn shown(stamp: Option<Stamp>) -> Option<String> {
    let stamp = stamp?;
    stamp.at(stamp.year?).map(|time| time.to_string())
}

/// Whether a text begins like a JSON object or array.
pub(super) fn is_json(text: &[u8]) -> bool {
    matches!(bytes::before(text.trim_ascii_start(), 1), b"{" | b"[")
}

/// Whether a line contains an address that its record also names apart.
pub(super) fn contains(line: &[u8], address: &[u8]) -> bool {
    let address = address.trim_ascii();
    let bare = address.strip_prefix(b"<").unwrap_or(address);
    memmem::find(line, bare.strip_suffix(b">").unwrap_or(bare)).is_some()
}
