//! A row of named values, from a table or from JSON, and the contents of its cells.

use std::borrow::Cow;

use memchr::memmem;

use super::common::{ADDRESS, DETAIL};
use crate::address::{parse_address_list, split_recipients};
use crate::scan::bytes;
use crate::scan::event::{Attempt, Event, Status};
use crate::scan::found::Found;
use crate::scan::judge::Judge;
use crate::scan::time::{Order, Stamp};

/// How to read the dates of a column that consist of numbers alone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Dates {
    /// The largest first and second number so far; zero if there is no such date.
    first: i8,
    second: i8,
    /// Whether some date had points between its numbers; no country with that form puts the month
    /// first.
    has_points: bool,
    /// Whether some time had `AM` or `PM` after it.
    has_noon: bool,
}

impl Dates {
    /// Takes a date of the column into account.
    pub(crate) fn watch(&mut self, cell: &[u8]) {
        if let Some((first, second)) = Stamp::order_of(cell) {
            self.first = self.first.max(first);
            self.second = self.second.max(second);
            self.has_points |= bytes::before(cell, 6).contains(&b'.');
            self.has_noon |= matches!(cell.trim_ascii_end(), [.., b'M' | b'm']);
        }
    }

    const fn is_sure(self) -> bool {
        self.first > 12 || self.second > 12 || self.has_points
    }

    const fn order(self) -> Order {
        if self.first > 12 || self.has_points && self.second <= 12 {
            Order::DayFirst
        } else {
            Order::MonthFirst
        }
    }

    /// The assumption about dates, in words.
    pub(crate) fn assumption(self) -> Option<String> {
        if self.first == 0 || self.has_noon && self.second > 12 {
            return None;
        }
        let order = match self.order() {
            Order::DayFirst => "day before month",
            Order::MonthFirst => "month before day",
        };
        let why = if self.first > 12 || self.second > 12 {
            "as the column shows"
        } else if self.has_points {
            "as usual with points between the numbers"
        } else {
            "though no date in the column tells"
        };
        Some(format!("dates such as 03/05/2024 were read with the {order}, {why}"))
    }

    /// The time in a cell.
    pub(super) fn read(self, cell: &[u8]) -> Option<Stamp> {
        let order = self.order();
        let stamp = Stamp::any(cell, order).or_else(|| {
            // A row in the other order comes from another source.
            let other = if order == Order::DayFirst { Order::MonthFirst } else { Order::DayFirst };
            Stamp::any(cell, other)
        });
        stamp.map(|stamp| stamp.ambiguous(!self.is_sure() && Stamp::order_of(cell).is_some()))
    }
}

/// The facts of a row besides its recipients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) start: usize,
    pub(super) sender: Option<&'a [u8]>,
    pub(super) time: Option<&'a [u8]>,
    pub(super) status: Option<&'a [u8]>,
    pub(super) id: Option<&'a [u8]>,
    pub(super) dates: Dates,
}

impl Row<'_> {
    /// Judges the recipients of a cell that are not in `given`.
    pub(super) fn read_new(
        &self,
        cell: &[u8],
        given: &mut Vec<String>,
        judge: &mut Judge<'_>,
        found: &mut Found,
    ) {
        let recipients = unbraced(cell.trim_ascii(), found);
        if is_single(recipients) {
            if !recipients.is_empty() {
                self.judge(recipients, given, judge, found);
            }
            return;
        }
        let text = String::from_utf8_lossy(recipients);
        for piece in text.split(" ::: ").flat_map(|piece| piece.split('|')) {
            for element in split_recipients(piece) {
                let element = piece.get(element).unwrap_or_default().trim();
                if !element.is_empty() {
                    self.judge(element.as_bytes(), given, judge, found);
                }
            }
        }
    }

    fn judge(
        &self,
        written: &[u8],
        given: &mut Vec<String>,
        judge: &mut Judge<'_>,
        found: &mut Found,
    ) {
        let written = without_scheme(written);
        if judge.is_ordinary(written) {
            found.recipients += 1;
            return;
        }
        let verdict = judge.judge(written);
        let recipient = clean(&String::from_utf8_lossy(written));
        let lower = recipient.to_lowercase();
        if given.contains(&lower) {
            return;
        }
        given.push(lower);
        found.recipients += 1;
        let Some((_, verdict)) = verdict else { return };
        let stamp = self.time.and_then(|time| self.dates.read(time));
        let word = self.status.map(|status| bytes::text(status, DETAIL)).unwrap_or_default();
        let id = self.id.filter(|id| !id.is_empty());
        found.events.push(Event::Attempt(Box::new(Attempt {
            key: id.map(|id| bytes::key(&[id])),
            // Several events of one mail count as one delivery.
            repeats: id.is_some(),
            sender: self.sender.map(sender),
            status: Status::from_word(&word),
            detail: word,
            id: id.map(|id| bytes::text(id, 200)).unwrap_or_default(),
            ..Attempt::new(self.start, stamp, recipient, verdict)
        })));
    }
}

/// Whether a cell contains only one recipient, without a name.
fn is_single(cell: &[u8]) -> bool {
    !cell.iter().any(|byte| b",;<\" |\n".contains(byte))
}

/// Whether a cell is an address that is certainly not flagged.
pub(super) fn is_ordinary(cell: &[u8], judge: &mut Judge<'_>) -> bool {
    let cell = cell.trim_ascii();
    is_single(cell) && judge.is_ordinary(cell)
}

/// `bob@example.com` of `SMTP:bob@example.com`.
fn without_scheme(written: &[u8]) -> &[u8] {
    let colon = bytes::until(written, b':').len();
    match bytes::before(written, colon) {
        [b's' | b'S', b'm' | b'M', b't' | b'T', b'p' | b'P'] | b"mailto" => {
            bytes::from(written, colon + 1)
        }
        _ => written,
    }
}

/// The addr-spec in a recipient with a name; the text itself where there is none.
pub(super) fn clean(written: &str) -> String {
    if written.contains(['<', '"', '(']) {
        let list = parse_address_list(written).unwrap_or_default();
        let mut mailboxes = list.iter().flat_map(crate::address::Address::mailboxes);
        if let (Some(mailbox), None) = (mailboxes.next(), mailboxes.next()) {
            return format!("{}@{}", mailbox.local_part, mailbox.domain);
        }
    }
    written.to_owned()
}

/// A sender without a name. Bounces have the empty sender: `<>`.
pub(super) fn sender(cell: &[u8]) -> String {
    let text = bytes::text(unquoted(cell.trim_ascii()), ADDRESS);
    if text == "<>" { String::new() } else { clean(&text) }
}

fn unquoted(cell: &[u8]) -> &[u8] {
    cell.strip_prefix(b"'").and_then(|cell| cell.strip_suffix(b"'")).unwrap_or(cell)
}

/// PowerShell's forms of a list: `{a, b}` with the values, `{a, b...}` if it left some out, and
/// `System.String[]` if it left out all.
pub(super) fn unbraced<'a>(cell: &'a [u8], found: &mut Found) -> &'a [u8] {
    if cell.starts_with(b"System.") && cell.contains(&b'[')
        || cell == b"System.Collections.ArrayList"
    {
        found.lines.lost += 1;
        return b"";
    }
    let Some(list) = cell.strip_prefix(b"{").and_then(|cell| cell.strip_suffix(b"}")) else {
        return unquoted(cell);
    };
    let cut = [&b"..."[..], "…".as_bytes()].iter().find_map(|dots| list.strip_suffix(*dots));
    if let Some(list) = cut {
        found.lines.lost += 1;
        return list.trim_ascii_end().strip_suffix(b",").unwrap_or(list);
    }
    list
}

/// The entries of a list, which semicolons or commas separate, perhaps inside braces.
pub(super) fn parts<'a>(cell: &'a [u8], found: &mut Found) -> Vec<&'a [u8]> {
    let list = unbraced(cell.trim_ascii(), found);
    let separator = if memmem::find(list, b";").is_some() { b';' } else { b',' };
    // A quoted local part can contain a comma too, but no server writes such an address into a
    // list.
    list.split(|&byte| byte == separator).map(<[u8]>::trim_ascii).collect()
}

/// A cell by its place.
pub(super) fn cell<'a>(fields: &'a [Cow<'_, [u8]>], place: Option<usize>) -> &'a [u8] {
    place.and_then(|place| fields.get(place)).map(AsRef::as_ref).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(dates: &[&str]) -> (Option<String>, Vec<String>) {
        let mut column = Dates::default();
        for date in dates {
            column.watch(date.as_bytes());
        }
        let times = dates.iter().map(|date| {
            let stamp = column.read(date.as_bytes()).unwrap();
            stamp.at(stamp.year.unwrap()).unwrap().civil.date().to_string()
        });
        (column.assumption(), times.collect())
    }

    #[test]
    fn the_whole_column_shows_which_number_of_a_date_is_the_day() {
        let (said, times) = shown(&["03/05/2024 14:02", "25/05/2024 14:02"]);
        assert_eq!(times, ["2024-05-03", "2024-05-25"]);
        assert!(said.unwrap().contains("day before month, as the column shows"));
        assert_eq!(shown(&["3/5/2024 2:02:11 PM", "3/25/2024 2:02:11 PM"]).1[0], "2024-03-05");
        assert_eq!(shown(&["05.03.2024 14:02"]).1, ["2024-03-05"]);
        let (said, times) = shown(&["03/05/2024"]);
        assert_eq!(times, ["2024-03-05"]);
        assert!(said.unwrap().contains("no date in the column tells"));
        assert_eq!(shown(&["2024-03-05"]).0, None);
    }
}
