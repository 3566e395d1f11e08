//! How much may be asked for: bytes that are read at a time, how often, how many events, how full the disk.

mod bodies;
mod disk;
mod rates;
mod sender;

pub(crate) use bodies::{Bodies, Received, busy};
pub(crate) use disk::{DiskRoom, free_and_total};
pub(crate) use rates::Rates;
pub(crate) use sender::{Sender, network};
