//! How much exporting slows ingestion: the same events to a server that exports them, and to one that does not.
//!
//! Clients, servers, databases and the receiver share the processors of one machine, as they would not elsewhere. So that
//! the figure is about the server, both servers run the whole time and take turns with the same bodies; the receiver
//! reads everything and does nothing but count; and a round counts from the first request to the last answer. An
//! export yields to ingestion, so most of a round's events are delivered after the round. An export that stood still
//! would slow nothing; therefore two more figures say how many events arrived during the round and how fast the rest
//! followed. The server without export begins its turn once all of them have arrived.

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
    let mut ratios = Vec::new();
    let (mut count, mut meanwhile, mut after) = (0, 0, Duration::ZERO);
    for round in 0..ROUNDS {
        let mut numbers = Numbers(round + 1);
        let bodies: Vec<_> = (0..CLIENTS * batches).map(|_| body(&batch(&mut numbers))).collect();
        let before = count;
        count += bodies.len() * BATCH;
        let mut round_times = [Duration::ZERO; 2];
        // Each server goes first in half of the rounds, since the second one finds a busier disk.
        for turn in 0..2 {
            let index = (turn + usize::try_from(round).unwrap()) % 2;
            round_times[index] = send(&servers[index], &bodies, CLIENTS);
            let begin = Instant::now();
            let due = if index == 1 { count } else { 0 };
            if index == 1 {
                meanwhile += taken.load(Ordering::Relaxed) - before;
            }
            while taken.load(Ordering::Relaxed) < due {
                assert!(begin.elapsed() < Duration::from_mins(5), "the export has stopped");
                thread::sleep(Duration::from_millis(10));
            }
            after += begin.elapsed();
        }
        ratios.push(round_times[0].as_secs_f64() / round_times[1].as_secs_f64());
        times[0] += round_times[0];
        times[1] += round_times[1];
    }
    ratios.sort_by(f64::total_cmp);
    let [rate, exporting] = times.map(|time| count as f64 / time.as_secs_f64());
    let name = without.name;
    report(&format!("events/s, {name}, without exporting"), &format!("{rate:.0}"), "");
    report(&format!("events/s, {name}, with a webhook"), &format!("{exporting:.0}"), "");
    let (least, most) = (ratios[0], ratios[ratios.len() - 1]);
    let median = f64::midpoint(ratios[ratios.len() / 2], ratios[(ratios.len() - 1) / 2]);
    report(&format!("ratio, {name}, all rounds"), &format!("{:.2}", exporting / rate), ">= 0.95");
    report(&format!("ratio, {name}, median round"), &format!("{median:.2}"), "");
    report(&format!("ratio, {name}, least and most"), &format!("{least:.2} to {most:.2}"), "");
    let share = meanwhile as f64 / count as f64;
    report(&format!("exported meanwhile, {name}"), &format!("{:.0} %", share * 100.0), "");
    let rest = (count - meanwhile) as f64 / after.as_secs_f64();
    report(&format!("events/s exported afterwards, {name}"), &format!("{rest:.0}"), "");
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
