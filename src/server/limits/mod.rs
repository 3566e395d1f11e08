//! Limits on requests: bytes being read at a time, requests a minute, events a day, room on the disk.

mod bodies;
mod disk;
mod rates;
mod sender;

pub(crate) use bodies::{Bodies, Received, busy};
pub(crate) use disk::{DiskRoom, free_and_total};
pub(crate) use rates::Rates;
pub(crate) use sender::{Sender, network};
