//! The memory of the process after a million events and with a thousand connections, and how fast it
//! starts.

use std::{thread, time::Duration};

use crate::{
    events::{BATCH, Numbers, batch, body},
    ingest::send,
    process::{Connection, Place, runtime},
    report,
};

const EVENTS: usize = 1_000_000;
const CONNECTIONS: usize = 1_000;
const STARTS: usize = 5;

pub(crate) fn run() {
    measure(&Place::sqlite());
    measure(&Place::postgres());
}

fn measure(place: &Place) {
    let name = place.name;
    let (server, first) = place.start(None);
    runtime().block_on(place.report_domains());
    let mut numbers = Numbers(99);
    let begin = server.resident_kb();
    let mut highest = begin;
    // The events are made in pieces, so that this program itself needs little memory.
    for _ in 0..EVENTS / BATCH / 500 {
        let bodies: Vec<_> = (0..500).map(|_| body(&batch(&mut numbers))).collect();
        send(&server, &bodies, 8);
        highest = highest.max(server.resident_kb());
    }
    let authorization = format!("Authorization: Bearer {}\r\n", server.token);
    let mut connections: Vec<_> =
        (0..CONNECTIONS).map(|_| Connection::open(server.address).unwrap()).collect();
    for connection in &mut connections {
        assert_eq!(connection.get("/v1/policy", &authorization).unwrap(), 200);
    }
    thread::sleep(Duration::from_secs(1));
    highest = highest.max(server.resident_kb());
    let megabytes = |kilobytes: u64| format!("{:.0} MB", kilobytes as f64 / 1024.0);
    report(&format!("memory at the start, {name}"), &megabytes(begin), "");
    let what =
        format!("highest memory up to {EVENTS} events and {CONNECTIONS} connections, {name}");
    report(&what, &megabytes(highest), "< 100 MB");
    drop(connections);
    let token = server.token.clone();
    drop(server);
    report(
        &format!("first start, with an empty database, {name}"),
        &format!("{first:.0?}"),
        "< 200 ms",
    );
    let mut times: Vec<_> = (0..STARTS).map(|_| place.start(Some(&token)).1).collect();
    times.sort_unstable();
    let median = times[STARTS / 2];
    report(
        &format!("start with {EVENTS} events, until it answers, {name}"),
        &format!("{median:.0?}"),
        "< 200 ms",
    );
}
