//! The order of rotated logs: `mail.log.10.gz`, …, `mail.log.1`, `mail.log`; `mail.log-20240303.gz` before
//! `mail.log-20240310`, before `mail.log`.
//!
//! The oldest comes first, so that the scan finds a message deferred in one file and delivered in
//! the next.

use std::cmp::Reverse;

use jiff::civil::Date;

/// The sort key of a file's name.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// The name without the marks of rotation and compression.
    pub(super) series: Vec<Part>,
    /// Dated files come before numbered ones and these before the current one; a higher number is
    /// older.
    rotation: Rotation,
}

/// A piece of a name: numbers compare as numbers.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Part {
    Number(u64),
    Text(String),
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Rotation {
    Dated(String),
    Numbered(Reverse<u64>),
    Current,
}

impl Place {
    /// Reads a file's name.
    pub(crate) fn of(name: &str) -> Self {
        let mut name = name;
        for suffix in [".gz", ".zst", ".xz", ".Z"] {
            name = name.strip_suffix(suffix).unwrap_or(name);
        }
        let (stem, rotation) = if let Some((stem, number)) = numbered(name) {
            (stem, Rotation::Numbered(Reverse(number)))
        } else if let Some((stem, date)) = dated(name) {
            (stem, Rotation::Dated(date.to_owned()))
        } else {
            (name, Rotation::Current)
        };
        Self { series: parts(stem), rotation }
    }
}

/// `mail.log.1`.
fn numbered(name: &str) -> Option<(&str, u64)> {
    let (stem, number) = name.rsplit_once('.')?;
    let is_number = (1..=5).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
    if is_number && !stem.is_empty() { Some((stem, number.parse().ok()?)) } else { None }
}

/// `mail.log-20240303`, `mainlog-20240303`, `mail.log-2024-03-03`, with or without an hour after
/// it.
fn dated(name: &str) -> Option<(&str, &str)> {
    let at = name.match_indices(['-', '.', '_']).map(|(at, _)| at).find(|at| {
        let rest = name.get(at + 1..).unwrap_or_default();
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        *at > 0
            && (8..=14).contains(&digits)
            && rest.bytes().all(|it| it.is_ascii_digit() || it == b'-')
            && read_date(rest).is_some()
    })?;
    Some((name.get(..at)?, name.get(at + 1..)?))
}

/// The day in a file's name, on which the log was closed.
pub(crate) fn date_in(name: &str) -> Option<Date> {
    let place = Place::of(name);
    match &place.rotation {
        Rotation::Dated(date) => read_date(date),
        Rotation::Numbered(_) | Rotation::Current => None,
    }
}

fn read_date(text: &str) -> Option<Date> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(8).collect();
    let number = |range: std::ops::Range<usize>| digits.get(range)?.parse::<i16>().ok();
    let small = |range| number(range).and_then(|it| i8::try_from(it).ok());
    Date::new(number(0..4).filter(|year| *year > 1980)?, small(4..6)?, small(6..8)?).ok()
}

fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_number = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(match part.parse() {
            Ok(number) if is_number => Part::Number(number),
            _ => Part::Text(part.to_owned()),
        });
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_log_comes_first() {
        let order = [
            "1700000000.M1P2.host",
            "auth.log",
            "mail.log-20240303.gz",
            "mail.log-20240310",
            "mail.log.10.zst",
            "mail.log.2.gz",
            "mail.log.1",
            "mail.log",
            "MSGTRK2024030509-1.LOG",
            "MSGTRK2024030510-1.LOG",
            "part2.eml",
            "part10.eml",
        ];
        let mut sorted = order.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|name| (Place::of(name), *name));
        let mut expected = order.to_vec();
        expected.sort_by_key(|name| order.iter().position(|it| it == name));
        // Upper case sorts before lower case, so only the order within a series is compared.
        let series = |names: &[&str], start: &str| -> Vec<String> {
            names.iter().filter(|it| it.starts_with(start)).map(ToString::to_string).collect()
        };
        for start in ["mail.log", "MSGTRK", "part", "auth"] {
            assert_eq!(series(&sorted, start), series(&expected, start));
        }
    }

    #[test]
    fn the_day_is_read_from_a_file_name() {
        for (name, day) in [
            ("mail.log-20240303.gz", Some("2024-03-03")),
            ("mainlog-20231231", Some("2023-12-31")),
            ("mail.log-2024-03-03", Some("2024-03-03")),
            ("mail.log-2024030317", Some("2024-03-03")),
            ("mail.log.1", None),
            ("mail.log-20241399", None),
            ("-20240303", None),
        ] {
            assert_eq!(date_in(name).map(|it| it.to_string()).as_deref(), day, "{name}");
        }
    }
}
