//! Reading request bodies within a bound on all of them together.
//!
//! A bound on each alone is no bound on memory: a thousand clients may send at the same time.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::problem::Problem;

/// Bytes of events that are in memory at a time.
pub(super) const ROOM: usize = 32 << 20;

/// A semaphore counts in `u32`, and small pieces need not be exact.
const UNIT: usize = 1 << 10;

/// The room for bodies. A clone shares it.
#[derive(Clone, Debug)]
pub(crate) struct Bodies(Arc<Semaphore>);

/// A body, and its share of the room until it is dropped.
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Room for so many bytes.
    pub(crate) fn new(room: usize) -> Self {
        Self(Arc::new(Semaphore::new(room / UNIT)))
    }

    /// Reads at most `limit` bytes.
    pub(crate) async fn read(&self, body: Body, limit: usize) -> Result<Read, Problem> {
        let mut read = Read { bytes: Vec::new(), room: None };
        let mut chunks = body.into_data_stream();
        let mut taken = 0;
        while let Some(chunk) = chunks.next().await {
            let chunk: Bytes = chunk.map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "body-incomplete", "the body ended too soon")
            })?;
            let length = read.bytes.len() + chunk.len();
            if length > limit {
                let detail = format!("the body has more than {limit} bytes; send less at a time");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail));
            }
            let needed = length.div_ceil(UNIT);
            if needed > taken {
                // Growing doubles the buffer: what it may come to is counted, not what is in it.
                let more = u32::try_from((needed - taken) * 2).unwrap_or(u32::MAX);
                let room = Arc::clone(&self.0).try_acquire_many_owned(more);
                let room = room.map_err(|_| busy())?;
                match &mut read.room {
                    Some(held) => held.merge(room),
                    held => *held = Some(room),
                }
                taken = needed;
            }
            read.bytes.extend_from_slice(&chunk);
        }
        Ok(read)
    }
}

/// What a client is told while the server has more to do than it can.
pub(super) fn busy() -> Problem {
    let detail = "the server has more to store than it can; try again after Retry-After seconds";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", detail).retry_after(2)
}
