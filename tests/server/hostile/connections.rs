//! Clients that hold on to a connection: slow ones, many, and those of one network.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use milguard::server::{ServerOptions, Timeouts, Transport};

use super::{assert_alive, post, statuses};
use crate::server::client::{Running, connect, exchange, pages, parse};

/// Sends `first`, then one byte of `rest` at a time, and returns whether the server closed the connection
/// within half a minute.
fn drip(mut stream: TcpStream, first: &[u8], rest: &[u8]) -> (bool, Vec<u8>) {
    let start = Instant::now();
    stream.write_all(first).unwrap();
    let mut said = Vec::new();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut rest = rest.iter().cycle();
    while start.elapsed() < Duration::from_secs(30) {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer) {
            Ok(0) => return (true, said),
            Ok(length) => said.extend_from_slice(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if let Some(byte) = rest.next()
                    && stream.write_all(&[*byte]).is_err()
                {
                    return (true, said);
                }
            }
            Err(_) => return (true, said),
        }
    }
    (false, said)
}

/// The times of a real server, but shorter.
fn impatient(options: &mut ServerOptions) {
    options.limits.timeouts = Timeouts {
        handshake: Duration::from_secs(1),
        head: Duration::from_secs(1),
        request: Duration::from_secs(2),
        idle: Duration::from_secs(3),
    };
}

#[test]
fn a_client_that_dawdles_is_disconnected() {
    let usual = Timeouts::default();
    assert!(usual.handshake <= Duration::from_secs(10) && usual.head <= Duration::from_secs(15));
    assert!(usual.request <= Duration::from_secs(30) && usual.idle <= Duration::from_mins(1));
    let plain = Running::start_in(pages(), impatient);
    let tls = Running::start_in(pages(), |options| {
        impatient(options);
        options.transport = Transport::OwnCertificate;
    });
    let body = format!(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n",
        plain.key()
    );
    let again = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let cases: [(&str, &Running, &str, &str); 7] = [
        ("says nothing", &plain, "", ""),
        ("sends a head byte by byte", &plain, "GET / HTTP/1.1\r\nHost: loc", "a"),
        ("sends fields byte by byte", &plain, "GET / HTTP/1.1\r\n", "X: y\r\n"),
        ("sends a body byte by byte", &plain, &body, " "),
        ("says nothing after a request", &plain, again, ""),
        ("says nothing where TLS is spoken", &tls, "", ""),
        ("speaks TLS byte by byte", &tls, "\x16\x03\x01", "\x01"),
    ];
    thread::scope(|scope| {
        for (what, server, first, rest) in cases {
            scope.spawn(move || {
                let (is_closed, said) =
                    drip(connect(server.address), first.as_bytes(), rest.as_bytes());
                assert!(is_closed, "{what}");
                let statuses = statuses(&said);
                let is_refused = statuses.iter().all(|status| [200, 400, 408].contains(status));
                assert!(is_refused, "{what}: {statuses:?}");
            });
        }
        // Other clients are served meanwhile.
        for _ in 0..10 {
            assert_alive(&plain);
            thread::sleep(Duration::from_millis(100));
        }
    });
    assert_alive(&plain);
}

#[test]
fn connections_beyond_the_bound_are_closed_and_the_others_served() {
    let server = Running::start_in(pages(), |options| {
        options.limits.connections = 50;
        options.limits.network_connections = 50;
    });
    let mut kept = Vec::new();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for _ in 0..50 {
        let mut stream = connect(server.address);
        stream.write_all(request).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
        kept.push(stream);
    }
    for _ in 0..500 {
        let mut stream = connect(server.address);
        let _ = stream.write_all(request);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(bytes.is_empty(), "{}", String::from_utf8_lossy(&bytes));
    }
    // A new client does not push out an earlier one.
    for stream in &mut kept {
        stream.write_all(request).unwrap();
        let mut bytes = [0; 2048];
        assert!(stream.read(&mut bytes).unwrap() > 0);
    }
    drop(kept);
    let start = Instant::now();
    while parse_alive(&server) != Some(200) {
        assert!(start.elapsed() < Duration::from_secs(10), "closed connections free their places");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn connections_of_one_network_leave_room_for_others() {
    let server = Running::start_in(pages(), |options| {
        options.listen = "0.0.0.0:0".parse().unwrap();
        options.limits.connections = 50;
        options.limits.network_connections = 25;
    });
    let at = |host: [u8; 4]| std::net::SocketAddr::from((host, server.address.port()));
    // These come from 127.0.0.1, because connections to it have that source.
    let idle: Vec<_> = (0..200).map(|_| TcpStream::connect(at([127, 0, 0, 1])).unwrap()).collect();
    // On Linux, a connection to another loopback address comes from that address.
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for _ in 0..20 {
        let mut stream = connect(at([127, 0, 0, 2]));
        if stream.local_addr().unwrap().ip() == std::net::IpAddr::from([127, 0, 0, 1]) {
            return;
        }
        assert_eq!(parse(&exchange(&mut stream, request).unwrap()).status, 200);
    }
    drop(idle);
}

#[test]
fn bodies_that_stall_do_not_block_other_senders() {
    let server = Running::start_in(pages(), |options| {
        options.limits.batches_per_minute = 100_000;
    });
    let length = (2 << 20) - 1;
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {}\r\nContent-Length: {length}\r\n\r\n",
        server.key()
    );
    let almost = vec![b' '; length - 1];
    let stalled: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = connect(server.address);
            stream.write_all(head.as_bytes()).unwrap();
            // The server may have closed the connection meanwhile.
            let _ = stream.write_all(&almost);
            stream
        })
        .collect();
    for _ in 0..200 {
        assert_eq!(post(&server, "/v1/events", b"{\"events\":[]}"), [200]);
    }
    drop(stalled);
}

fn parse_alive(server: &Running) -> Option<u16> {
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let bytes = exchange(&mut connect(server.address), request).ok()?;
    (!bytes.is_empty()).then(|| parse(&bytes).status)
}
