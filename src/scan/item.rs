//! The items that threads hand to the committer.

use std::io;

use super::event::Attempt;
use super::found::Found;
use super::reader::Block;
use super::source::{Info, Refusal};

/// The place of an item: number of the file, and of the block in it.
pub(crate) type Place = (u64, u64);

/// An item, in order for each file: a start, blocks, an end.
#[derive(Debug)]
pub(crate) enum Item {
    Start(Box<Info>),
    Block(Box<Block>, Box<Found>),
    /// `end` is the place in the unpacked file where reading ended.
    End {
        error: Option<io::Error>,
        too_long: u64,
        end: u64,
    },
    Refused(Refusal),
}

impl Item {
    /// The size in memory, approximately.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Block(_, found) => {
                found.senders.size() + found.events.len() * size_of::<Attempt>() + 1024
            }
            Self::Start(_) | Self::End { .. } | Self::Refused(_) => 256,
        }
    }
}
