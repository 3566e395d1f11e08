//! What every format's reader does.

use std::fmt;
use std::sync::Arc;

use super::kind::{Format, Framing};
use super::row::Dates;
use crate::scan::bytes;
use crate::scan::found::Found;
use crate::scan::judge::Judge;

/// A format's reader. It holds no state of the file beyond its head, so that blocks can be read in any
/// order and by any thread.
pub(crate) trait Parser: fmt::Debug + Send + Sync {
    /// What it reads.
    fn format(&self) -> Format;

    /// How its files may be cut.
    fn framing(&self) -> Framing;

    /// Reads whole records. An implementation has to accept any bytes, and to find in two blocks
    /// together what it finds in one after the other.
    fn parse(&self, block: &[u8], judge: &mut Judge<'_>, found: &mut Found);

    /// What it assumed of the file, for the reader of the report.
    fn assumption(&self) -> Option<String> {
        None
    }

    /// Takes the dates of a block into account, where numbers alone do not tell which is the day.
    fn dates_in(&self, _block: &[u8], _dates: &mut Dates) {}

    /// This parser, reading dates in the order of `dates`.
    fn with_dates(&self, _dates: Dates) -> Option<Arc<dyn Parser>> {
        None
    }

    /// How many records a part of a block holds.
    fn records_in(&self, part: &[u8]) -> u64 {
        bytes::count_lines(part)
    }

    /// The parser for what follows, where the block holds a new head.
    fn after(&self, _block: &[u8]) -> Option<Arc<dyn Parser>> {
        None
    }
}
