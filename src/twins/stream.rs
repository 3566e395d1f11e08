//! The twins of many domains, made by all processors and handed over in a fixed order.

use std::collections::{BTreeMap, BinaryHeap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

use super::confusable::Lookalikes;
use super::filter::Filter;
use super::generate::generate;
use super::{Targets, Twin};

/// Hands over the twins target by target, each target's likeliest first. A domain that resembles two
/// targets appears once, with the first. Ends early if `each` breaks.
///
/// The order depends only on the targets. Memory holds the twins of a few targets, and eight bytes for
/// each twin already handed over.
pub fn stream<B>(
    targets: &Targets,
    filter: &Filter,
    mut each: impl FnMut(Twin) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let alike = Lookalikes::new();
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(targets.list.len());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(2 * workers.max(1));
        for _ in 0..workers {
            let (sender, next, alike) = (sender.clone(), &next, &alike);
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(target) = targets.list.get(at) else { return };
                    let twins = generate(&targets.checker, target, alike, filter);
                    // The receiver has ended.
                    if sender.send((at, twins)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut early: BTreeMap<usize, Vec<Twin>> = BTreeMap::new();
        let mut due = 0;
        let mut seen = HashSet::new();
        for (at, twins) in receiver {
            early.insert(at, twins);
            while let Some(twins) = early.remove(&due) {
                due += 1;
                for twin in twins {
                    let mut hasher = DefaultHasher::new();
                    twin.domain.hash(&mut hasher);
                    if seen.insert(hasher.finish()) {
                        each(twin)?;
                    }
                }
            }
        }
        ControlFlow::Continue(())
    })
}

/// The `limit` likeliest twins of all targets, in order.
pub fn most_likely(targets: &Targets, filter: &Filter, limit: usize) -> Vec<Twin> {
    let mut best: BinaryHeap<Ranked> = BinaryHeap::new();
    let _: ControlFlow<()> = stream(targets, filter, |twin| {
        best.push(Ranked(twin));
        if best.len() > limit {
            // The least likely twin is on top of the heap.
            best.pop();
        }
        ControlFlow::Continue(())
    });
    best.into_sorted_vec().into_iter().map(|Ranked(twin)| twin).collect()
}

/// A twin, ordered as in lists.
struct Ranked(Twin);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.key().cmp(&other.0.key())
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ranked {}
