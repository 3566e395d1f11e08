//! Finds the parts of a mailbox in the text that the client gave.

use std::ops::Range;

/// Where a mailbox is in the recipient's text.
pub(super) struct Located<'a> {
    pub(super) local_part: &'a str,
    /// The domain as written.
    pub(super) domain: &'a str,
    /// The place of the domain in the text.
    pub(super) domain_span: Range<usize>,
    /// The beginning of the local part in the text.
    pub(super) local_start: usize,
}

impl Located<'_> {
    /// Maps a span of the local part to the text.
    pub(super) fn map_local(&self, span: &Range<usize>) -> Range<usize> {
        // Comments or escapes inside make the written local part longer than the one that was read.
        if self.domain_span.start - self.local_start != self.local_part.len() + 1 {
            return self.local_start..self.domain_span.start;
        }
        self.local_start + span.start..self.local_start + span.end
    }

    /// Maps a span of the canonical domain to the text: exactly if the domain is written in its
    /// canonical form apart from case; otherwise whole labels, or the whole domain.
    pub(super) fn map(&self, canonical: &str, span: &Range<usize>) -> Range<usize> {
        let start = self.domain_span.start;
        if self.domain_span.len() != self.domain.len() {
            return self.domain_span.clone();
        }
        if self.domain.eq_ignore_ascii_case(canonical) {
            return start + span.start..start + span.end;
        }
        let written = self.domain.trim_end_matches(is_dot);
        if written.split(is_dot).count() != canonical.split('.').count() {
            return self.domain_span.clone();
        }
        let dots_before =
            |at: usize| canonical.bytes().take(at).filter(|&byte| byte == b'.').count();
        let (first, last) = (dots_before(span.start), dots_before(span.end));
        let mut ends = written.match_indices(is_dot);
        let label_start = match first.checked_sub(1).and_then(|dots| ends.nth(dots)) {
            Some((at, dot)) => at + dot.len(),
            None => 0,
        };
        let label_end = match ends.nth(last - first) {
            Some((at, _)) => at,
            None => written.len(),
        };
        start + label_start..start + label_end
    }

    /// From the first non-ASCII character of the domain to the last, if any of them is not a dot.
    pub(super) fn non_ascii(&self) -> Option<Range<usize>> {
        if self.domain_span.len() != self.domain.len() {
            return None;
        }
        let mut characters =
            self.domain.char_indices().filter(|&(_, c)| !c.is_ascii() && !is_dot(c));
        let first = characters.next()?;
        let last = characters.next_back().unwrap_or(first);
        let start = self.domain_span.start;
        Some(start + first.0..start + last.0 + last.1.len_utf8())
    }
}

/// The full stops that UTS #46 treats as dots.
fn is_dot(character: char) -> bool {
    matches!(character, '.' | '。' | '．' | '｡')
}
