//! Finds where one recipient ends and the next begins, in text that a person typed or pasted.
//!
//! A header has a grammar, which [`parse_address_list`](super::parse_address_list) follows to the
//! letter. Typed text has mistakes in it, and a mistake in one recipient must not hide the others,
//! nor may the split itself make two harmless halves of it: `bob@army,mil` stays one recipient, so
//! that the checker can say what is wrong with it.
//!
//! What it does not do: decide whether a recipient is well formed. White space alone never
//! separates, since `bob@army mil` is a mistake and not two recipients.

use std::ops::Range;

/// Names of header fields that people paste with the recipients.
const FIELD_NAMES: [&str; 3] = ["to:", "cc:", "bcc:"];

/// What a client may put before an address; the colon does not begin a group.
const SCHEMES: [&str; 3] = ["mailto:", "smtp:", "sip:"];

/// Splits `text` into recipients: the byte ranges of all that is not empty, in order, without the
/// white space around them.
///
/// A line break separates recipients; so do `;` and `,` outside quotes, comments, angle brackets
/// and groups. A comma does not separate where one side has no `@` and the other needs it: after a
/// name in the form `Doe, John <…>`, and before the rest of a domain (`bob@army,mil`).
///
/// ```
/// use milguard::address::split_recipients;
///
/// let text = "Doe, John <john@army.mil>, bob@army,mil; ann@navy.mil";
/// let recipients: Vec<_> = split_recipients(text).into_iter().map(|range| &text[range]).collect();
/// assert_eq!(recipients, ["Doe, John <john@army.mil>", "bob@army,mil", "ann@navy.mil"]);
/// ```
pub fn split_recipients(text: &str) -> Vec<Range<usize>> {
    let mut recipients = Vec::new();
    let mut start = 0;
    for line in unfolded_lines(text) {
        split_line(line, start, &mut recipients);
        start += line.len();
    }
    recipients
}

/// Splits a text into lines with their ends. If a line has no `@` and the next one is indented, the
/// two are one line: the header folding of RFC 5322 §2.2.3.
fn unfolded_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            // Each pass looks only at its own line: an `@` in an earlier line would have ended the
            // loop.
            let (_, tail) = rest.split_at(end);
            let is_first = end == 0;
            let mut length = tail.find(['\n', '\r']).map_or(tail.len(), |at| at + 1);
            if tail.as_bytes().get(length - 1..=length) == Some(b"\r\n") {
                length += 1;
            }
            let (line, tail) = tail.split_at(length);
            end += length;
            let is_folded = tail.starts_with([' ', '\t']);
            if !is_folded || line.as_bytes().contains(&b'@') || is_first && line.trim().is_empty() {
                let (lines, tail) = rest.split_at(end);
                rest = tail;
                return Some(lines);
            }
        }
    })
}

/// A part of a line between two separators.
struct Piece {
    range: Range<usize>,
    /// Whether the separator before the piece is a comma.
    after_comma: bool,
    has_at: bool,
    has_angle: bool,
}

fn split_line(line: &str, offset: usize, recipients: &mut Vec<Range<usize>>) {
    let skipped = skip_field_name(line);
    let (_, line) = line.split_at(skipped);
    let offset = offset + skipped;

    let mut current: Option<Piece> = None;
    for piece in pieces(line) {
        match &mut current {
            Some(before)
                if is_rest_of_domain(line, before, &piece) || is_given_name(before, &piece) =>
            {
                before.range.end = piece.range.end;
                before.has_at |= piece.has_at;
                before.has_angle |= piece.has_angle;
            }
            _ => finish(line, offset, current.replace(piece), recipients),
        }
    }
    finish(line, offset, current, recipients);
}

/// `bob@army` and then `mil`: without `@` and white space, `mil` is not a recipient of its own.
fn is_rest_of_domain(line: &str, before: &Piece, piece: &Piece) -> bool {
    let text = line.get(piece.range.clone()).unwrap_or_default();
    piece.after_comma
        && before.has_at
        && !before.has_angle
        && !piece.has_at
        && !text.trim_end().is_empty()
        && !text.trim_end().contains(char::is_whitespace)
}

/// Whether two pieces are the name and mailbox of one person: `Doe` and then `John <john@army.mil>`.
fn is_given_name(before: &Piece, piece: &Piece) -> bool {
    piece.after_comma && !before.has_at && piece.has_at && piece.has_angle
}

fn finish(line: &str, offset: usize, piece: Option<Piece>, recipients: &mut Vec<Range<usize>>) {
    let Some(Piece { range, .. }) = piece else { return };
    let text = line.get(range.clone()).unwrap_or_default();
    let trimmed = text.trim_start();
    let start = offset + range.start + (text.len() - trimmed.len());
    let end = start + trimmed.trim_end().len();
    if start < end {
        recipients.push(start..end);
    }
}

fn skip_field_name(line: &str) -> usize {
    let indent = line.len() - line.trim_start().len();
    let bytes = line.as_bytes().get(indent..).unwrap_or_default();
    let matches = |name: &&str| {
        bytes.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
    };
    FIELD_NAMES.iter().find(|name| matches(name)).map_or(0, |name| indent + name.len())
}

fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut scan = Scan::default();
    let last_semicolon = line.rfind(';').unwrap_or_default();
    for (at, char) in line.char_indices() {
        let end = match scan.step(char, line, at, last_semicolon) {
            Step::Belongs => continue,
            Step::Separates => at,
            Step::Ends => at + char.len_utf8(),
        };
        pieces.push(scan.piece(start..end));
        scan.begin(char == ',');
        start = at + char.len_utf8();
    }
    pieces.push(scan.piece(start..line.len()));
    pieces
}

enum Step {
    Belongs,
    Separates,
    /// The character is the last one of a group.
    Ends,
}

/// The state of the scan within a recipient.
#[expect(clippy::struct_excessive_bools, reason = "each is true or false whatever the others are")]
#[derive(Default)]
struct Scan {
    escaped: bool,
    quoted: bool,
    comments: usize,
    angle: bool,
    group: bool,
    after_comma: bool,
    has_at: bool,
    has_angle: bool,
}

impl Scan {
    fn step(&mut self, char: char, line: &str, at: usize, last_semicolon: usize) -> Step {
        let escaped = std::mem::take(&mut self.escaped);
        match char {
            _ if escaped => {}
            '\\' => self.escaped = self.quoted || self.comments > 0,
            '"' if self.comments == 0 => self.quoted = !self.quoted,
            _ if self.quoted => {}
            '(' => self.comments += 1,
            ')' => self.comments = self.comments.saturating_sub(1),
            _ if self.comments > 0 => {}
            '<' => (self.angle, self.has_angle) = (true, true),
            '>' => self.angle = false,
            '@' => self.has_at = true,
            _ if self.angle => {}
            ':' if last_semicolon > at => self.group = self.group || self.begins_group(line, at),
            ';' if self.group => return Step::Ends,
            ';' => return Step::Separates,
            ',' if !self.group => return Step::Separates,
            _ => {}
        }
        Step::Belongs
    }

    /// A colon before any address begins a group, given a `;` that ends it.
    fn begins_group(&self, line: &str, colon: usize) -> bool {
        if self.has_at {
            return false;
        }
        let before = line.get(..colon).unwrap_or_default();
        let word = before.rsplit(['\n', '\r', ' ', '\t', ',', ';']).next().unwrap_or_default();
        !SCHEMES.iter().any(|scheme| scheme.trim_end_matches(':').eq_ignore_ascii_case(word))
    }

    fn begin(&mut self, after_comma: bool) {
        *self = Self { after_comma, ..Self::default() };
    }

    fn piece(&self, range: Range<usize>) -> Piece {
        let Self { after_comma, has_at, has_angle, .. } = *self;
        Piece { range, after_comma, has_at, has_angle }
    }
}

#[cfg(test)]
mod tests {
    use super::split_recipients;

    fn split(text: &str) -> Vec<&str> {
        split_recipients(text).into_iter().map(|range| text.get(range).unwrap()).collect()
    }

    #[test]
    fn separators_divide_recipients_with_few_exceptions() {
        for (text, expected) in [
            ("", &[][..]),
            (" \n\t\r\n ,, ; ", &[]),
            ("a@army.mil", &["a@army.mil"]),
            (
                "a@army.mil, b@army.mil;c@army.mil\nd@army.mil",
                &["a@army.mil", "b@army.mil", "c@army.mil", "d@army.mil"],
            ),
            ("a@army.mil,b@army.mil", &["a@army.mil", "b@army.mil"]),
            (
                "\"Doe, John\" <john@army.mil>, b@army.mil",
                &["\"Doe, John\" <john@army.mil>", "b@army.mil"],
            ),
            ("\"a\\\", b\" <c@army.mil>, d@army.mil", &["\"a\\\", b\" <c@army.mil>", "d@army.mil"]),
            ("a@army.mil, Doe, John <john@army.mil>", &["a@army.mil", "Doe, John <john@army.mil>"]),
            (
                "Doe, John <john@army.mil>; Roe, Ann <ann@army.mil>",
                &["Doe, John <john@army.mil>", "Roe, Ann <ann@army.mil>"],
            ),
            ("bob@army,mil", &["bob@army,mil"]),
            ("bob@army,mil, ann@army,mil", &["bob@army,mil", "ann@army,mil"]),
            ("bob@us,army,mil", &["bob@us,army,mil"]),
            ("<bob@army,mil>, ann@army.mil", &["<bob@army,mil>", "ann@army.mil"]),
            ("a (x, y) <b@army.mil>, c@army.mil", &["a (x, y) <b@army.mil>", "c@army.mil"]),
            ("bob@army mil", &["bob@army mil"]),
            ("bob@army.mil, Jon Smith", &["bob@army.mil", "Jon Smith"]),
            ("Bob <bob@army.mil>,jon", &["Bob <bob@army.mil>", "jon"]),
            ("Jon Smith, bob@army.mil", &["Jon Smith", "bob@army.mil"]),
            (
                "To: a@army.mil,\r\n b@army.mil\r\nCC: c@army.mil",
                &["a@army.mil", "b@army.mil", "c@army.mil"],
            ),
            ("John\r\n Doe\r\n <john@army.mil>", &["John\r\n Doe\r\n <john@army.mil>"]),
            ("a@army.mil\n b@army.mil", &["a@army.mil", "b@army.mil"]),
            (
                "Team: a@army.mil, b@army.mil; c@army.mil",
                &["Team: a@army.mil, b@army.mil;", "c@army.mil"],
            ),
            ("Team:; ann@army.mil", &["Team:;", "ann@army.mil"]),
            ("mailto:a@army.mil; b@army.mil", &["mailto:a@army.mil", "b@army.mil"]),
            ("\"open a@army.mil, b\nc@army.mil", &["\"open a@army.mil, b", "c@army.mil"]),
            ("b@аrmy.mil，c@army.mil", &["b@аrmy.mil，c@army.mil"]),
        ] {
            assert_eq!(split(text), expected, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn splitting_drops_only_separators_and_field_names(text in "[a@<>\"\\\\(),;: \n\r\té]{0,40}|.{0,40}") {
            let mut end = 0;
            for range in split_recipients(&text) {
                let between = text.get(end..range.start).expect("ranges are in order");
                let dropped = between.trim_matches(|c: char| c.is_whitespace() || ",;".contains(c));
                let is_field = ["to:", "cc:", "bcc:"].contains(&dropped.to_ascii_lowercase().as_str());
                proptest::prop_assert!(dropped.is_empty() || is_field, "{dropped:?} of {text:?}");
                let recipient = text.get(range.clone()).expect("on character boundaries");
                proptest::prop_assert!(!recipient.is_empty() && recipient.trim() == recipient);
                end = range.end;
            }
        }
    }
}
