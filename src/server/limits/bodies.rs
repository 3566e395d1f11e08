//! Reads request bodies within a common limit.
//!
//! A limit for each body alone does not limit memory, because a thousand clients may send at the same time. And one
//! client must not keep the others out by sending slowly. When the room is used up, the sender who holds the most of
//! it loses the body that began first: bodies of honest clients are small and arrive at once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    body::{Body, Bytes},
    http::StatusCode,
};
use futures_util::StreamExt;
use tokio::sync::oneshot;

use super::Sender;
use crate::server::problem::Problem;

/// The room for bodies. A clone shares it.
#[derive(Clone, Debug)]
pub(crate) struct Bodies(Arc<Room>);

#[derive(Debug)]
struct Room {
    bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    used: usize,
    next: u64,
    /// The bodies in the order in which they began.
    bodies: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    sender: Sender,
    bytes: usize,
    /// Ends the reading; `None` once the body is complete and the server works with it.
    end: Option<oneshot::Sender<()>>,
}

/// A body, and its share of the room until it is dropped.
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    _share: Share,
}

/// The share of one body, given back when dropped.
struct Share {
    room: Arc<Room>,
    id: u64,
}

impl Bodies {
    /// Room for `bytes` bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Room { bytes, state: Mutex::default() }))
    }

    /// Reads at most `limit` bytes.
    pub(crate) async fn read(
        &self,
        body: Body,
        limit: usize,
        sender: &Sender,
    ) -> Result<Received, Problem> {
        let (share, mut ended) = self.0.begin(sender.clone());
        let mut bytes = Vec::new();
        let mut chunks = body.into_data_stream();
        loop {
            let chunk = tokio::select! {
                biased;
                _ = &mut ended => return Err(busy()),
                chunk = chunks.next() => chunk,
            };
            let Some(chunk) = chunk else { break };
            let chunk: Bytes = chunk.map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "body-incomplete", "the body ended too soon")
            })?;
            let length = bytes.len() + chunk.len();
            if length > limit {
                let detail = format!("the body has more than {limit} bytes; send less at a time");
                return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail));
            }
            // Growing doubles the buffer, so its possible size counts, not the bytes in it.
            if !share.grow(length * 2) {
                return Err(busy());
            }
            bytes.extend_from_slice(&chunk);
        }
        share.complete();
        Ok(Received { bytes, _share: share })
    }
}

impl Room {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(self: &Arc<Self>, sender: Sender) -> (Share, oneshot::Receiver<()>) {
        let (end, ended) = oneshot::channel();
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.bodies.insert(id, Held { sender, bytes: 0, end: Some(end) });
        (Share { room: Arc::clone(self), id }, ended)
    }
}

impl Share {
    /// Takes this many bytes of room in all; `false` if there is not enough, even after other bodies were ended.
    fn grow(&self, bytes: usize) -> bool {
        let mut state = self.room.state();
        let held = state.bodies.get(&self.id).map_or(0, |held| held.bytes);
        let more = bytes.saturating_sub(held);
        while state.used + more > self.room.bytes {
            let Some(victim) = state.victim(self.id) else { return false };
            state.end(victim);
        }
        let Some(held) = state.bodies.get_mut(&self.id) else { return false };
        held.bytes += more;
        state.used += more;
        true
    }

    fn complete(&self) {
        if let Some(held) = self.room.state().bodies.get_mut(&self.id) {
            held.end = None;
        }
    }
}

impl State {
    /// The oldest unfinished body of the sender who holds the most, other than `asking`.
    fn victim(&self, asking: u64) -> Option<u64> {
        let mut totals: HashMap<&Sender, usize> = HashMap::new();
        for held in self.bodies.values() {
            *totals.entry(&held.sender).or_default() += held.bytes;
        }
        let others = self.bodies.iter();
        let others =
            others.filter(|(id, held)| **id != asking && held.end.is_some() && held.bytes > 0);
        // If several senders have the same total, their oldest body comes last here, and
        // `max_by_key` returns the last.
        let of = |held: &Held| totals.get(&held.sender).copied().unwrap_or(0);
        let victim = others.rev().max_by_key(|(_, held)| of(held))?;
        let asker = self.bodies.get(&asking).map_or(0, &of);
        // A sender who holds more than every other sender gets no room at their expense.
        (of(victim.1) >= asker).then_some(*victim.0)
    }

    /// Ends the reading of a body and takes its room back. The task frees the buffer when it runs
    /// next.
    fn end(&mut self, id: u64) {
        if let Some(held) = self.bodies.remove(&id) {
            self.used = self.used.saturating_sub(held.bytes);
            if let Some(end) = held.end {
                let _ = end.send(());
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut state = self.room.state();
        if let Some(held) = state.bodies.remove(&self.id) {
            state.used = state.used.saturating_sub(held.bytes);
        }
    }
}

/// The answer to a client while the server is overloaded.
pub(crate) fn busy() -> Problem {
    let detail = "the server has more to store than it can; try again after Retry-After seconds";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", detail).retry_after(2)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::stream;

    use super::*;

    const ROOM: usize = 1 << 20;

    fn sender(name: &str) -> Sender {
        Sender::of_network(name)
    }

    /// A body that sends this many bytes, and then nothing more.
    fn stalled(bytes: usize) -> Body {
        let first =
            stream::once(async move { Ok::<_, std::io::Error>(Bytes::from(vec![b' '; bytes])) });
        Body::from_stream(first.chain(stream::pending()))
    }

    #[tokio::test]
    async fn request_bodies_that_stall_do_not_block_others() {
        let bodies = Bodies::new(ROOM);
        let mut attack = Vec::new();
        for _ in 0..50 {
            let bodies = bodies.clone();
            attack.push(tokio::spawn(async move {
                bodies.read(stalled(100_000), 1 << 20, &sender("hostile")).await.err()
            }));
            tokio::task::yield_now().await;
        }
        for round in 0..1_000 {
            // Half of these bodies come from the attacker's network, half from another.
            let from = if round % 2 == 0 { "honest" } else { "hostile" };
            let read = bodies.read(Body::from(vec![b' '; 20_000]), 1 << 20, &sender(from)).await;
            assert!(read.is_ok(), "round {round}");
        }
        assert!(bodies.0.state().used <= ROOM);
        let ended = attack.iter().filter(|task| task.is_finished()).count();
        assert!(ended >= 45, "{ended}");
        for task in attack {
            task.abort();
            let _ = task.await;
        }
        assert_eq!(bodies.0.state().used, 0, "all room is given back");
    }

    #[tokio::test]
    async fn a_body_in_use_keeps_its_memory_reserved() {
        let bodies = Bodies::new(ROOM);
        let whole = bodies.read(Body::from(vec![b' '; 500_000]), 1 << 20, &sender("one")).await;
        assert!(whole.is_ok());
        let two = sender("two");
        let other = bodies.read(Body::from(vec![b' '; 100_000]), 1 << 20, &two);
        let refused = tokio::time::timeout(Duration::from_secs(5), other).await.unwrap();
        assert!(refused.is_err(), "there is no room, and nothing that could make some");
        drop(whole);
        let body = Body::from(vec![b' '; 100_000]);
        assert!(bodies.read(body, 1 << 20, &two).await.is_ok());
    }
}
