//! The cost of ten thousand clients that ask for their policy each minute: memory, processor time, and how long they
//! wait.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep_until},
};

use crate::{
    process::{Place, Server, enrol, runtime},
    report,
};

const CLIENTS: usize = 10_000;
const MINUTE: Duration = Duration::from_mins(1);

pub(crate) fn run() {
    measure(&Place::sqlite());
    measure(&Place::postgres());
}

fn measure(place: &Place) {
    let name = place.name;
    let (server, _) = place.start(None);
    let begin = server.resident_kb();
    let keys: Vec<String> =
        (0..CLIENTS).map(|_| enrol(server.address, &server.enrolment)).collect();
    let etag = etag(server.address, &server.token);
    let enrolled = server.resident_kb();
    let before = server.cpu();
    let (mut times, memory) = runtime().block_on(ask_all(&server, &keys, &etag));
    let cpu = server.cpu().saturating_sub(before);
    times.sort_unstable();
    let megabytes = |kilobytes: u64| format!("{:.0} MB", kilobytes as f64 / 1024.0);
    let row = |what: &str, figure: &str| {
        report(&format!("{CLIENTS} clients, {name}: {what}"), figure, "");
    };
    row("memory at the start", &megabytes(begin));
    row("memory once enrolled", &megabytes(enrolled));
    row("highest memory while they ask", &megabytes(memory));
    row(
        "processor",
        &format!("{:.2} % of a core", cpu.as_secs_f64() / MINUTE.as_secs_f64() * 100.0),
    );
    row("median answer", &format!("{:.1?}", times[CLIENTS / 2]));
    row("slowest of a thousand", &format!("{:.1?}", times[CLIENTS * 999 / 1000]));
}

/// Each client asks once within a minute, over a new connection, since the server has closed the last one meanwhile. Returns
/// how long each waited, and the highest memory of the server, in kilobytes.
async fn ask_all(server: &Server, keys: &[String], etag: &str) -> (Vec<Duration>, u64) {
    let address = server.address;
    let start = Instant::now();
    let asked: Vec<_> = (0u32..)
        .zip(keys)
        .map(|(number, key)| {
            let (key, etag) = (key.clone(), etag.to_owned());
            let at = start + MINUTE * number / u32::try_from(CLIENTS).unwrap();
            tokio::spawn(async move {
                sleep_until(at).await;
                let begin = Instant::now();
                let mut stream = TcpStream::connect(address).await.unwrap();
                ask(&mut stream, address, &key, &etag).await;
                let took = begin.elapsed();
                // Reads until the server closes the connection.
                let _ = stream.read(&mut [0]).await;
                took
            })
        })
        .collect();
    let mut times = Vec::new();
    let mut memory = 0;
    for one in asked {
        times.push(one.await.unwrap());
        memory = memory.max(server.resident_kb());
    }
    (times, memory)
}

async fn ask(stream: &mut TcpStream, host: SocketAddr, key: &str, etag: &str) {
    let request = format!(
        "GET /v1/policy?client=1.4.2 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nIf-None-Match: {etag}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "the server has closed");
    }
    assert!(answer.starts_with(b"HTTP/1.1 304"), "{}", String::from_utf8_lossy(&answer));
}

fn etag(address: SocketAddr, key: &str) -> String {
    let answer = ureq::get(&format!("http://{address}/v1/policy"))
        .header("Authorization", &format!("Bearer {key}"))
        .call()
        .unwrap();
    answer.headers()["etag"].to_str().unwrap().to_owned()
}
