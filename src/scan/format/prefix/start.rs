//! Finds the beginning of syslog's part of a line, after the text that containers, collectors and grep add.

use memchr::{memchr, memchr_iter};

use super::clock::{is_year, is_zone, time_len};
use crate::scan::bytes;

/// The beginning of syslog's part of a line.
pub(super) struct Start<'a> {
    pub(super) time: Option<usize>,
    /// The end of the time, or of the added text.
    pub(super) end: usize,
    pub(super) container: &'a [u8],
    pub(super) is_structured: bool,
}

impl<'a> Start<'a> {
    pub(super) fn of(line: &'a [u8]) -> Self {
        let mut start = Self { time: None, end: 0, container: b"", is_structured: false };
        // Each turn skips blanks, and zeros that a crash left in the log, and then one addition. Log programs put
        // no more than four additions before a line.
        for _ in 0..4 {
            let rest = bytes::from(line, start.end);
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | 0)).count();
            start.end += blanks;
            let rest = bytes::from(rest, blanks);
            if is_version(rest) {
                start.is_structured = true;
                start.end += 2;
                continue;
            }
            if let Some(length) = time_len(rest) {
                start.time = Some(start.end);
                start.end += length + usize::from(rest.get(length) == Some(&b' '));
                // If a container's time precedes that of syslog, the host follows the second one.
                let inner = bytes::from(line, start.end);
                if let Some(length) = time_len(inner) {
                    start.end += length + usize::from(inner.get(length) == Some(&b' '));
                }
                start.skip_zone(line);
                return start;
            }
            let Some(length) = start.wrapper(rest) else { break };
            start.end += length;
        }
        start.named_first(line);
        start
    }

    /// The length of the addition that a line begins with.
    fn wrapper(&mut self, rest: &'a [u8]) -> Option<usize> {
        if let Some((length, is_structured)) = priority(rest) {
            self.is_structured |= is_structured;
            return Some(length);
        }
        // `smtp_1       | `, as Compose writes it.
        let head = bytes::before(rest, 100);
        if let Some(bar) = memchr(b'|', head) {
            let name = bytes::before(rest, bar).trim_ascii_end();
            if !name.is_empty() && !name.contains(&b' ') {
                self.container = name;
                return Some(bar + 1);
            }
        }
        // `[pod/mail-0/postfix] `, as `kubectl logs --prefix` writes it.
        if let [b'[', name @ ..] = rest
            && let Some(end) = memchr(b']', bytes::before(name, 120))
            && name.contains(&b'/')
        {
            self.container = bytes::before(name, end);
            return Some(end + 2);
        }
        // `/var/log/mail.log.1:` or `mail.log:12:`, as grep writes them.
        memchr_iter(b':', bytes::before(rest, 200))
            .take(3)
            .find(|&colon| time_len(bytes::from(rest, colon + 1)).is_some())
            .filter(|&colon| !bytes::before(rest, colon).contains(&b' '))
            .map(|colon| colon + 1)
    }

    /// `mx 2024-03-05T14:02:11Z postfix/smtp[1]: `, and `pod container time …`: names come before the
    /// time.
    fn named_first(&mut self, line: &'a [u8]) {
        let mut at = self.end;
        for _ in 0..2 {
            let (word, rest) = bytes::word(bytes::from(line, at));
            if word.is_empty() || rest.is_empty() || word.ends_with(b":") && word.len() > 64 {
                return;
            }
            at += word.len() + 1;
            if let Some(length) = time_len(rest) {
                self.container = word.strip_suffix(b":").unwrap_or(word);
                self.time = Some(at);
                self.end = at + length + usize::from(rest.get(length) == Some(&b' '));
                return;
            }
        }
    }

    /// Skips `UTC`, `CET` and a year after the clock.
    fn skip_zone(&mut self, line: &[u8]) {
        for _ in 0..2 {
            let (word, _) = bytes::word(bytes::from(line, self.end));
            if is_zone(word) || is_year(word) {
                self.end += word.len() + 1;
            }
        }
    }
}

/// Whether a text begins like RFC 5424 without the priority: `1 2024-03-05T14:02:11Z HOST APP PROCID MSGID SD`.
fn is_version(rest: &[u8]) -> bool {
    let Some(rest) = rest.strip_prefix(b"1 ") else { return false };
    let mut words = rest.splitn(7, |byte| *byte == b' ');
    words.next().is_some_and(|time| time.contains(&b'T') && time_len(time) == Some(time.len()))
        && matches!(words.nth(4), Some([b'-'] | [b'[', ..]))
}

/// The length of `<22>`, `<22>1 ` or `123 <22>1 ` (RFC 6587 counts the octets), and whether RFC 5424
/// follows.
fn priority(rest: &[u8]) -> Option<(usize, bool)> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let count = digits(rest);
    let at = match rest.get(count..) {
        Some([b' ', b'<', ..]) if (1..=5).contains(&count) => count + 1,
        _ => 0,
    };
    let [b'<', number @ ..] = bytes::from(rest, at) else { return None };
    let count = digits(number);
    match number.get(count..) {
        Some([b'>', b'1', b' ', ..]) if (1..=3).contains(&count) => Some((at + count + 4, true)),
        Some([b'>', ..]) if (1..=3).contains(&count) => Some((at + count + 2, false)),
        _ => None,
    }
}
