//! Tables of contacts, as Outlook, Google and Thunderbird export them, and lists of completed addresses.
//!
//! A wrong address in them is not mail, but it will be used again. Every column of addresses counts.

use super::columns::plain;
use super::csv;
use super::kind::{Format, Framing};
use super::parser::Parser;
use super::row::{Dates, Row, cell};
use super::rows::{names, rows};
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

#[derive(Debug)]
pub(super) struct Contacts {
    delimiter: u8,
    head: Vec<u8>,
    addresses: Vec<usize>,
}

/// Parts of the names of columns with addresses.
const MARKS: [&str; 6] =
    ["mail", "courriel", "correo", "smtpaddress", "proxyaddress", "targetaddress"];

/// Words in names of columns that describe an address but hold none: `E-mail 1 - Type`.
const BESIDE: [&str; 7] = ["type", "typ", "label", "display", "anzeige", "format", "name"];

/// Columns with names of people.
const PEOPLE: [&str; 17] = [
    "firstname",
    "lastname",
    "givenname",
    "familyname",
    "displayname",
    "nickname",
    "fullname",
    "vorname",
    "nachname",
    "anzeigename",
    "prénom",
    "prenom",
    "nom",
    "nombre",
    "apellido",
    "name",
    "title",
];

impl Contacts {
    /// `None` if the head is not that of a table of contacts.
    pub(super) fn new(head: &[u8], delimiter: u8) -> Option<Self> {
        let names: Vec<String> = names(head, delimiter).iter().map(|name| plain(name)).collect();
        let is_person = names.iter().any(|name| PEOPLE.contains(&name.as_str()));
        let is_log = ["sender", "senderaddress", "from", "status", "messageid", "eventid"]
            .iter()
            .any(|it| names.iter().any(|name| name == it));
        let is_address = |name: &String| {
            MARKS.iter().any(|it| name.contains(it)) && !BESIDE.iter().any(|it| name.contains(it))
        };
        let addresses: Vec<usize> =
            names.iter().enumerate().filter(|(_, it)| is_address(it)).map(|(at, _)| at).collect();
        (is_person && !is_log && !addresses.is_empty()).then(|| Self {
            delimiter,
            head: head.to_vec(),
            addresses,
        })
    }
}

impl Parser for Contacts {
    fn format(&self) -> Format {
        Format::Contacts
    }

    fn framing(&self) -> Framing {
        Framing::Csv(self.delimiter)
    }

    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found) {
        found.records += bytes::count_lines(block);
        for record in rows(block, self.delimiter, &self.head) {
            if !record.is_sound {
                found.add_broken(record.start, record.bytes, judge);
                continue;
            }
            let fields = csv::fields(record.bytes, self.delimiter);
            let row = Row {
                start: record.start,
                sender: None,
                time: None,
                status: None,
                id: None,
                dates: Dates::default(),
            };
            let mut given = Vec::new();
            for &place in &self.addresses {
                row.read_new(cell(&fields, Some(place)), &mut given, judge, found);
            }
        }
    }
}
