//! The parts of a message that the checker needs, in bounded memory.
//!
//! The milter keeps the header fields that the checker reads, and the body up to [`RAW`]. Beyond
//! that it keeps only text and the headers of parts, which hold the names of attachments. It never
//! looks at the attachments themselves, which are most of any large message.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The field that this program adds, and removes if a sender wrote it.
pub(super) const FIELD: &str = "X-Milguard";

/// The fields that the checker reads, or that say how to read the body.
const READ: [&str; 13] = [
    "to",
    "cc",
    "bcc",
    "resent-to",
    "resent-cc",
    "resent-bcc",
    "from",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
];

/// The most bytes of header fields: 10,000 recipients with names. A message with more is refused.
const HEAD: usize = 1 << 20;

/// How many bytes of the body are kept unchanged.
const RAW: usize = 256 << 10;

/// Text is kept up to this many bytes of the body.
const TEXT: usize = 1 << 20;

/// Headers of parts are kept up to this many bytes of the body.
const PARTS: usize = TEXT + (256 << 10);

/// The longest line, in bytes, to look at as a whole; longer lines are split. Without a limit, one
/// line could be as large as the message.
const LINE: usize = 4 << 10;

/// The memory that all connections share.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    used: Arc<AtomicUsize>,
    limit: usize,
}

impl Budget {
    /// `limit` in bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self { used: Arc::default(), limit }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |used: usize| used.checked_add(bytes).filter(|&used| used <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }

    /// Bytes in use.
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// Why a message cannot be judged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Excess {
    /// All connections together hold as much memory as they may. There will be room later.
    Memory,
    /// This message has a larger header than any real message.
    Header,
}

/// The part of a message that has been read.
#[derive(Debug)]
pub(super) struct Collected {
    head: Vec<u8>,
    body: Vec<u8>,
    lines: Lines,
    /// The value of the first `Subject` as it was sent.
    pub(super) subject: Option<String>,
    /// How many fields have the name of this program's own field.
    pub(super) marks: u32,
    /// The languages that the sender's mail program prefers.
    pub(super) languages: Option<String>,
    budget: Budget,
    taken: usize,
}

impl Drop for Collected {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.taken, Ordering::Relaxed);
    }
}

impl Collected {
    pub(super) fn new(budget: &Budget) -> Self {
        Self {
            head: Vec::new(),
            body: Vec::new(),
            lines: Lines { line: Vec::new(), is_header: false, is_text: true, skipped: false },
            subject: None,
            marks: 0,
            languages: None,
            budget: budget.clone(),
            taken: 0,
        }
    }

    /// Reserves memory that the caller holds as long as this message.
    pub(super) fn reserve(&mut self, bytes: usize) -> Result<(), Excess> {
        self.take(bytes)
    }

    fn take(&mut self, bytes: usize) -> Result<(), Excess> {
        if self.budget.take(bytes) {
            self.taken += bytes;
            return Ok(());
        }
        Err(Excess::Memory)
    }

    /// Adds a header field. `value` begins with the space after the colon.
    pub(super) fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), Excess> {
        if name.eq_ignore_ascii_case(FIELD.as_bytes()) {
            self.marks = self.marks.saturating_add(1);
        }
        let is_language = [b"accept-language".as_slice(), b"content-language"];
        if self.languages.is_none() && is_language.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            let value = value.get(..value.len().min(100)).unwrap_or_default();
            self.languages = Some(String::from_utf8_lossy(value).into_owned());
        }
        if !READ.iter().any(|it| name.eq_ignore_ascii_case(it.as_bytes())) {
            return Ok(());
        }
        let length = name.len() + value.len() + 3;
        if self.head.len() + length > HEAD {
            return Err(Excess::Header);
        }
        self.take(length)?;
        if self.subject.is_none() && name.eq_ignore_ascii_case(b"subject") {
            self.take(value.len())?;
            self.subject = Some(String::from_utf8_lossy(value).into_owned());
        }
        for part in [name, b":", value, b"\r\n"] {
            self.head.extend_from_slice(part);
        }
        Ok(())
    }

    /// Adds a piece of the body. Returns whether more is wanted.
    pub(super) fn body(&mut self, piece: &[u8]) -> Result<bool, Excess> {
        let before = self.body.len();
        let raw = piece.len().min(RAW.saturating_sub(before));
        let (raw, rest) = piece.split_at_checked(raw).unwrap_or((piece, &[]));
        // The count includes bytes that are dropped later, which are less than a piece.
        self.take(piece.len())?;
        self.body.extend_from_slice(raw);
        self.lines.feed(raw, &mut |_, _| {});
        let body = &mut self.body;
        self.lines.feed(rest, &mut |line, is_header| {
            if body.len() + line.len() <= if is_header { PARTS } else { TEXT } {
                body.extend_from_slice(line);
            }
        });
        let surplus = piece.len() - (self.body.len() - before).min(piece.len());
        self.budget.used.fetch_sub(surplus, Ordering::Relaxed);
        self.taken -= surplus;
        Ok(self.body.len() + LINE < PARTS)
    }

    /// The message in the form of a file.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.head, b"\r\n".as_slice(), &self.body].concat()
    }

    /// Bytes that are kept.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }
}

/// Separates text from attachments, line by line.
#[derive(Debug)]
struct Lines {
    line: Vec<u8>,
    /// Whether the line is within the header of a part.
    is_header: bool,
    /// Whether the line is within a part that is text.
    is_text: bool,
    /// The line is longer than [`LINE`], and its beginning has been handled.
    skipped: bool,
}

impl Lines {
    /// Calls `keep` with each line of text or of a part's header, and with whether it belongs to
    /// the header of a part.
    fn feed(&mut self, bytes: &[u8], keep: &mut impl FnMut(&[u8], bool)) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let mut piece = piece;
            while !piece.is_empty() {
                let room = (LINE - self.line.len()).min(piece.len());
                let (now, later) = piece.split_at_checked(room).unwrap_or((piece, &[]));
                self.line.extend_from_slice(now);
                piece = later;
                let is_complete = self.line.ends_with(b"\n");
                if is_complete || self.line.len() >= LINE {
                    self.line(keep);
                    self.line.clear();
                    self.skipped = !is_complete;
                }
            }
        }
    }

    fn line(&mut self, keep: &mut impl FnMut(&[u8], bool)) {
        if !self.skipped {
            let text = self.line.trim_ascii_end();
            if text.starts_with(b"--") && text.len() > 2 {
                (self.is_header, self.is_text) = (true, true);
            } else if self.is_header && text.is_empty() {
                self.is_header = false;
                keep(&self.line, true);
                return;
            } else if self.is_header
                && let Some((name, kind)) = text.split_at_checked(13)
                && name.eq_ignore_ascii_case(b"content-type:")
            {
                let kind = kind.trim_ascii_start();
                let is = |wanted: &[u8]| {
                    kind.get(..wanted.len()).is_some_and(|it| it.eq_ignore_ascii_case(wanted))
                };
                self.is_text = is(b"text/") || is(b"message/") || is(b"multipart/");
            }
        }
        if self.is_header || self.is_text {
            keep(&self.line, self.is_header);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Mail;

    const BIG: usize = 64 << 20;

    fn collected() -> Collected {
        let mut message = Collected::new(&Budget::new(BIG));
        message.header(b"To", b" bob@army.ml").unwrap();
        message.header(b"Content-Type", b" multipart/mixed; boundary=\"b\"").unwrap();
        message
    }

    #[test]
    fn a_small_message_is_kept_as_it_is() {
        let mut message = collected();
        message.header(b"X-Other", b" ignored").unwrap();
        assert!(message.body(b"--b\r\n\r\nhello\r\n--b--\r\n").unwrap());
        let text = String::from_utf8(message.bytes()).unwrap();
        assert!(text.starts_with("To: bob@army.ml\r\nContent-Type: multipart"), "{text}");
        assert!(text.ends_with("\r\n\r\n--b\r\n\r\nhello\r\n--b--\r\n"), "{text}");
    }

    #[test]
    fn a_message_of_a_hundred_megabytes_keeps_names_and_text() {
        let budget = Budget::new(BIG);
        let mut message = Collected::new(&budget);
        message.header(b"To", b" bob@army.ml").unwrap();
        message.header(b"Content-Type", b" multipart/mixed; boundary=\"b\"").unwrap();
        message.body(b"--b\r\nContent-Type: application/pdf\r\n\r\n").unwrap();
        let line = [b"A".repeat(76).as_slice(), b"\r\n"].concat();
        let piece = line.repeat(840);
        for _ in 0..(100 << 20) / piece.len() {
            assert!(message.body(&piece).unwrap());
        }
        message
            .body(
                b"--b\r\nContent-Type: application/pdf; name=\"SECRET//NOFORN.pdf\"\r\n\
                  Content-Disposition: attachment; filename=\"SECRET//NOFORN.pdf\"\r\n\r\nAAAA\r\n\
                  --b\r\nContent-Type: text/plain\r\n\r\nthe end\r\n--b--\r\n",
            )
            .unwrap();
        assert!(message.len() < RAW + 1000, "{}", message.len());
        assert_eq!(budget.used(), message.len());
        let bytes = message.bytes();
        assert!(bytes.ends_with(b"the end\r\n--b--\r\n"));
        assert!(Mail::parse(&bytes).is_some());
        drop(message);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn memory_is_bounded_whatever_a_sender_writes() {
        let mut message = collected();
        let mut wants_more = true;
        for _ in 0..100 {
            wants_more = message.body(&b"x".repeat(65_535)).unwrap();
        }
        for _ in 0..100 {
            wants_more = message.body(&b"--b\r\nContent-Type: a\r\n".repeat(3000)).unwrap();
        }
        assert!(!wants_more && message.len() <= HEAD + PARTS, "{}", message.len());
        let huge = b"x".repeat(400 << 10);
        assert_eq!(message.header(b"To", &huge), Ok(()));
        assert_eq!(message.header(b"To", &huge), Ok(()));
        assert_eq!(message.header(b"To", &huge), Err(Excess::Header));
    }

    #[test]
    fn connections_share_one_memory_budget() {
        let budget = Budget::new(1000);
        let mut first = Collected::new(&budget);
        assert_eq!(first.header(b"To", &b"x".repeat(900)), Ok(()));
        let mut second = Collected::new(&budget);
        assert_eq!(second.header(b"To", &b"x".repeat(900)), Err(Excess::Memory));
        drop(first);
        assert_eq!(second.header(b"To", &b"x".repeat(900)), Ok(()));
    }
}
