//! Why a file without findings does not always prove that there are none.
//!
//! A scan without findings says so, and the administrator relies on it. So a file counts as read only if mail
//! to a look-alike would have been seen in it.

use super::format::Format;
use super::lines::Lines;

/// Facts about one file that was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) format: Format,
    pub(crate) lines: &'a Lines,
    /// Lines, rows or messages.
    pub(crate) records: u64,
    pub(crate) broken: u64,
    pub(crate) recipients: u64,
    /// Whether the scan found the file in a folder, beside other files of its kind.
    pub(crate) is_found: bool,
}

impl Reading<'_> {
    /// The records that are not blank.
    fn filled(&self) -> u64 {
        self.records.saturating_sub(self.lines.blank)
    }
}

/// A doubt that the reader of a report must know; `None` if the file would have shown mail to a
/// look-alike.
pub(crate) fn doubt(reading: Reading<'_>) -> Option<String> {
    let Reading { format, lines, records, recipients, is_found, .. } = reading;
    // If the scan found look-alikes elsewhere in the file, its result is not an all-clear anyway. The same holds
    // for `flagged` below.
    if lines.too_long > 0 && lines.found == 0 {
        return Some(format!(
            "{} too long and left out: mail to a look-alike could not have been seen there",
            if lines.too_long == 1 {
                "1 line or header was".to_owned()
            } else {
                format!("{} lines or headers were", lines.too_long)
            }
        ));
    }
    if reading.filled() == 0 {
        return None;
    }
    // Lines of Proofpoint need not be read where its sendmail logged the same deliveries.
    let is_told = |name: &str| name == "Proofpoint" && lines.read[1] > 0;
    let unread: Vec<String> = lines
        .unread
        .iter()
        .filter(|(name, _)| !is_told(name))
        .map(|(name, count)| format!("{name} ({})", of_lines(*count)))
        .collect();
    if !unread.is_empty() {
        return Some(format!(
            "it holds lines of mail servers that scan does not read: {}; export the log as a table with \
             columns for recipient and time, and name them with --columns",
            unread.join(", ")
        ));
    }
    if lines.lost > 0 {
        return Some(format!(
            "PowerShell left recipients out of {} (System.String[], or a list that ends in dots); export with \
             @{{n='Recipients';e={{$_.Recipients -join ';'}}}}",
            counted(lines.lost, "row")
        ));
    }
    if lines.flagged > 0 && lines.found == 0 {
        return Some(format!(
            "look-alikes are named in {} that scan could not read; look at them, or name the columns with \
             --columns",
            counted(lines.flagged, "record")
        ));
    }
    if let Some(doubt) = unclear(reading) {
        return Some(doubt);
    }
    // A Maildir may contain a message to nobody, such as a draft.
    if recipients == 0 && !(format == Format::Message && is_found) {
        return Some(format!(
            "it names no recipient in {}: mail to a look-alike could not have been seen",
            of_lines(records)
        ));
    }
    None
}

/// A doubt because too much of the file was not understood.
fn unclear(reading: Reading<'_>) -> Option<String> {
    let Reading { format, lines, records, broken, .. } = reading;
    let filled = reading.filled();
    if format.is_syslog() {
        let unclear = lines.not_understood();
        if 2 * unclear > filled {
            return Some(format!(
                "{unclear} of its {} were not understood; --input-format says what the file is",
                of_lines(filled)
            ));
        }
        // Every log has a few broken lines.
        if 20 * lines.unclear_named > filled {
            return Some(format!(
                "{} that name an address were not understood",
                of_lines(lines.unclear_named)
            ));
        }
    } else if 2 * broken > records {
        return Some(format!("{broken} of its {records} records could not be read"));
    }
    None
}

fn of_lines(count: u64) -> String {
    counted(count, "line")
}

fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(format: Format, records: u64, recipients: u64, lines: &Lines) -> Option<String> {
        doubt(Reading { format, lines, records, broken: 0, recipients, is_found: false })
    }

    #[test]
    fn an_all_clear_needs_recipients_and_few_unread_lines() {
        let mut lines = Lines { read: [100, 0, 0, 0, 0, 0, 0], ..Lines::default() };
        assert_eq!(of(Format::Log, 100, 10, &lines), None);
        assert!(of(Format::Log, 100, 0, &lines).unwrap().contains("no recipient in 100 lines"));
        assert_eq!(of(Format::Log, 0, 0, &Lines::default()), None, "an empty file");
        lines.flagged = 1;
        assert!(of(Format::Log, 100, 10, &lines).unwrap().contains("named in 1 record"));
        lines.flagged = 0;
        lines.too_long = 1;
        assert!(
            of(Format::Log, 100, 10, &lines).unwrap().contains("1 line or header was too long")
        );
        lines.found = 1;
        assert_eq!(of(Format::Log, 100, 10, &lines), None, "not clear anyway");
        lines.too_long = 0;
        lines.timed = 300;
        assert!(of(Format::Log, 400, 10, &lines).unwrap().contains("300 of its 400 lines"));
        lines.read = [0, 0, 100, 0, 0, 0, 0];
        assert_eq!(of(Format::Log, 400, 10, &lines), None, "Exim's own lines");
        lines.add_unread(b"Kerio");
        assert!(of(Format::Log, 401, 10, &lines).unwrap().contains("Kerio (1 line)"));
        assert!(of(Format::List, 3, 0, &Lines::default()).is_some());
    }
}
