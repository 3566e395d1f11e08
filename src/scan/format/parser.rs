//! The interface of every format's reader.

use std::fmt;
use std::sync::Arc;

use super::kind::{Format, Framing};
use super::row::Dates;
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// A format's reader. It keeps no state of the file except its head, so that any thread can read
/// blocks in any order.
pub(crate) trait Parser: fmt::Debug + Send + Sync {
    /// The format.
    fn format(&self) -> Format;

    /// Where files of the format may be cut.
    fn framing(&self) -> Framing;

    /// Reads complete records. An implementation has to accept any bytes, and must find the same whether it
    /// reads two blocks together or one after the other.
    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found);

    /// The parser's assumptions about the file, for the reader of the report.
    fn assumption(&self) -> Option<String> {
        None
    }

    /// Notes the dates of a block, for files where numbers alone do not show which one is the day.
    fn dates_in(&self, _block: &[u8], _dates: &mut Dates) {}

    /// This parser, reading dates in the order of `dates`.
    fn with_dates(&self, _dates: Dates) -> Option<Arc<dyn Parser>> {
        None
    }

    /// The number of records in a part of a block.
    fn records_in(&self, part: &[u8]) -> u64 {
        bytes::count_lines(part)
    }

    /// The parser for the rest, if the block contains a new head.
    fn after(&self, _block: &[u8]) -> Option<Arc<dyn Parser>> {
        None
    }
}
