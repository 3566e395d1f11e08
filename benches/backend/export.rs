//! How much exporting slows ingestion: the same events to a server that exports them, and to one that does not.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    events::{BATCH, Numbers, batch, body},
    ingest::send,
    process::{Place, runtime},
    report,
};

const ROUNDS: u64 = 6;
const CLIENTS: usize = 8;

pub(crate) fn run() {
    measure(&[Place::postgres(), Place::postgres()], 30);
    measure(&[Place::sqlite(), Place::sqlite()], 15);
}

/// The servers take turns, so that other load on the machine affects both.
fn measure(places: &[Place; 2], batches: usize) {
    let (hook, taken) = receiver();
    let [without, with] = places;
    let exports = with.path().join("exports.toml");
    fs::write(with.path().join("secret"), "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4").unwrap();
    let text = format!(
        "[[export]]\nname = \"hook\"\nkind = \"webhook\"\nto = \"http://{hook}/\"\nsecret-file = \"{}/secret\"\n",
        with.path().display()
    );
    fs::write(&exports, text).unwrap();
    let servers = [without.start(None).0, with.start_exporting(&exports)];
    for place in places {
        runtime().block_on(place.report_domains());
    }
    let mut times = [Duration::ZERO; 2];
    let mut count = 0;
    for round in 0..ROUNDS {
        let mut numbers = Numbers(round + 1);
        let bodies: Vec<_> = (0..CLIENTS * batches).map(|_| body(&batch(&mut numbers))).collect();
        count += bodies.len() * BATCH;
        // The first server of a round finds the disk in the state that the last one left.
        for turn in 0..2 {
            let index = (turn + usize::try_from(round).unwrap()) % 2;
            times[index] += send(&servers[index], &bodies, CLIENTS);
            // Events that still wait for export belong to the exporting server.
            let begin = Instant::now();
            let due = if index == 1 { count } else { 0 };
            while taken.load(Ordering::Relaxed) < due {
                assert!(begin.elapsed() < Duration::from_mins(5), "the export has stopped");
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
    let [rate, exporting] = times.map(|time| count as f64 / time.as_secs_f64());
    let name = without.name;
    report(&format!("events/s, {name}, without exporting"), &format!("{rate:.0}"), "");
    report(&format!("events/s, {name}, with a webhook"), &format!("{exporting:.0}"), "");
    report(&format!("ratio, {name}"), &format!("{:.2}", exporting / rate), ">= 0.95");
}

/// Takes every webhook and counts the events.
fn receiver() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counter = Arc::clone(&counter);
            thread::spawn(move || serve(&stream, &counter));
        }
    });
    (address, taken)
}

fn serve(stream: &TcpStream, taken: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(text) = line.strip_prefix("content-length: ") {
                length = text.parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut writer = stream;
        writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").ok()?;
        let text = String::from_utf8_lossy(&body);
        taken.fetch_add(text.matches("\"milguard.event\"").count(), Ordering::Relaxed);
    }
}
