//! Lines that syslog did not write, but counted, because they were equal to the one before.

use super::common;
use crate::scan::bytes;
use crate::scan::event::Event;
use crate::scan::found::Found;

/// The number and the text of `message repeated 3 times: [ … ]`, as rsyslog, syslog-ng and systemd write for equal lines.
pub(super) fn repeated(body: &[u8]) -> Option<(u32, &[u8])> {
    let rest = body.strip_prefix(b"message repeated ")?;
    let (number, rest) = bytes::word(rest);
    let inner = rest.strip_prefix(b"times: [")?.trim_ascii_start();
    Some((u32::try_from(common::number(number)?).ok()?, inner.strip_suffix(b"]").unwrap_or(inner)))
}

/// The number of `last message repeated 3 times`, as the syslog of BSD writes for equal lines.
pub(super) fn last_repeated(text: &[u8]) -> Option<u32> {
    let rest = bytes::after(text, b"last message repeated ")?;
    u32::try_from(common::number(bytes::word(rest).0)?).ok()
}

/// Counts the events from `first` on `times` times more.
pub(super) fn repeat(times: u32, first: usize, found: &mut Found) {
    let events = found.events.get(first..).unwrap_or_default().to_vec();
    for event in events {
        if let Event::Attempt(attempt) = event {
            let more = attempt.repeated(times) as usize;
            found.events.extend(std::iter::repeat_n(Event::Attempt(attempt), more));
        }
    }
}
