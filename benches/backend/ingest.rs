//! How many events per second the server takes over HTTP, checks, counts and commits before it answers, beside
//! inserting the rows alone.

use std::{
    thread,
    time::{Duration, Instant},
};

use milguard::store::Event;

use crate::{
    events::{BATCH, Numbers, batch, body},
    process::{Connection, Place, Server, runtime},
    raw, report,
};

const ROUNDS: u64 = 3;

pub(crate) fn run() {
    // SQLite has one writer; more connections would only wait for each other's locks.
    measure(&Place::postgres(), 8, 8, 100);
    measure(&Place::sqlite(), 8, 1, 100);
}

/// The two ways take turns, so that other load on the machine affects both.
fn measure(place: &Place, clients: usize, raw_clients: usize, batches: usize) {
    let runtime = runtime();
    let (server, _) = place.start(None);
    runtime.block_on(place.report_domains());
    let mut times = [Duration::ZERO; 2];
    let mut count = 0;
    for round in 0..ROUNDS {
        let mut numbers = Numbers(round + 1);
        let all: Vec<_> = (0..clients * batches).map(|_| batch(&mut numbers)).collect();
        count += all.len() * BATCH;
        let bodies: Vec<_> = all.iter().map(|events| body(events)).collect();
        times[0] += send(&server, &bodies, clients);
        let lists = deal(all, raw_clients);
        times[1] += raw::insert(&place.database, place.path(), &lists);
    }
    let [rate, raw_rate] = times.map(|time| count as f64 / time.as_secs_f64());
    let name = place.name;
    report(
        &format!("events/s, {name}, {clients} clients, batches of {BATCH}"),
        &format!("{rate:.0}"),
        "",
    );
    report(
        &format!("rows/s, {name}, {raw_clients} connections, the same batches"),
        &format!("{raw_rate:.0}"),
        "",
    );
    report(&format!("ratio, {name}"), &format!("{:.2}", rate / raw_rate), ">= 0.7");
}

/// Posts bodies over as many connections as there are clients; returns the time until the last answer.
pub(crate) fn send(server: &Server, bodies: &[String], clients: usize) -> Duration {
    let begin = Instant::now();
    thread::scope(|scope| {
        for bodies in bodies.chunks(bodies.len().div_ceil(clients)) {
            scope.spawn(move || {
                let mut connection = Connection::open(server.address).unwrap();
                for body in bodies {
                    while connection.post(&server.token, body).unwrap() == 429 {
                        thread::sleep(Duration::from_millis(50));
                    }
                }
            });
        }
    });
    begin.elapsed()
}

fn deal(batches: Vec<Vec<Event>>, clients: usize) -> Vec<Vec<Vec<Event>>> {
    let mut lists: Vec<Vec<_>> = (0..clients).map(|_| Vec::new()).collect();
    for (index, batch) in batches.into_iter().enumerate() {
        lists[index % clients].push(batch);
    }
    lists
}
