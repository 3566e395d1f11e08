//! `GET /v1/policy` for a client that already has it, beside nginx with a static file of that size.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    process::{Connection, Place},
    report,
};

const SECONDS: &str = "5s";
const ROUNDS: usize = 2;

pub(crate) fn run() {
    let place = Place::sqlite();
    let (server, _) = place.start(None);
    let address = server.address;
    let authorization = format!("Authorization: Bearer {}", server.token);
    let policy = curl(&format!("http://{address}/v1/policy"), &authorization);
    let (head, body) = policy.split_once("\r\n\r\n").unwrap();
    let etag = header(head, "etag: ");
    let nginx = Nginx::start(place.path(), body);
    let file = curl(&format!("http://127.0.0.1:{}/policy.json", nginx.port), "X: y");
    let nginx_etag = header(&file, "ETag: ");
    let urls = [
        (format!("http://{address}/v1/policy"), format!("If-None-Match: {etag}")),
        (
            format!("http://127.0.0.1:{}/policy.json", nginx.port),
            format!("If-None-Match: {nginx_etag}"),
        ),
        (format!("http://127.0.0.1:{}/policy.json", nginx.port), "X: y".to_owned()),
    ];
    let mut rates = [0.0; 3];
    for _ in 0..ROUNDS {
        for (rate, (url, condition)) in rates.iter_mut().zip(&urls) {
            *rate += wrk(url, &authorization, condition) / ROUNDS as f64;
        }
    }
    let [rate, unchanged, whole] = rates;
    report("GET /v1/policy with matching ETag, requests/s", &format!("{rate:.0}"), "");
    report("nginx, the same file with matching ETag, requests/s", &format!("{unchanged:.0}"), "");
    report("nginx, the same file whole, requests/s", &format!("{whole:.0}"), "");
    report("ratio to nginx with matching ETag", &format!("{:.2}", rate / unchanged), ">= 0.6");
    report("ratio to nginx with the file whole", &format!("{:.2}", rate / whole), ">= 0.6");
}

struct Nginx {
    child: Child,
    port: u16,
}

impl Nginx {
    fn start(folder: &Path, body: &str) -> Self {
        let root = folder.join("nginx");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("policy.json"), body).unwrap();
        // The port is released at once, because nginx cannot choose a free one itself.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let place = root.display();
        let config = format!(
            "daemon off; worker_processes auto; pid {place}/pid; error_log stderr crit;
             events {{ worker_connections 1024; }}
             http {{
                 access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
                 open_file_cache max=100;
                 types {{ application/json json; }}
                 client_body_temp_path {place}/a; proxy_temp_path {place}/b; fastcgi_temp_path {place}/c;
                 uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
                 server {{ listen 127.0.0.1:{port}; root {place}; }}
             }}"
        );
        let path = folder.join("nginx.conf");
        fs::write(&path, config).unwrap();
        // nginx's workers run as another user.
        open(folder);
        let mut command = Command::new("nginx");
        command.arg("-c").arg(path).stdout(Stdio::null());
        let child = command.spawn().expect("nginx is installed: scripts/install-bench-tools");
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(50));
        }
        Self { child, port }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM also ends nginx's workers.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn open(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
}

fn curl(url: &str, header: &str) -> String {
    let output = Command::new("curl").args(["-si", "-H", header, url]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    head.lines().find_map(|line| line.strip_prefix(name)).expect("it has a validator")
}

/// Requests per second.
fn wrk(url: &str, authorization: &str, condition: &str) -> f64 {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let mut connection = Connection::open(host.parse().unwrap()).unwrap();
    let headers = format!("{authorization}\r\n{condition}\r\n");
    let status = connection.get(&format!("/{path}"), &headers).unwrap();
    assert_eq!(status, if condition.starts_with("If-None") { 304 } else { 200 }, "{url}");
    let mut command = Command::new("wrk");
    command.args(["-t2", "-c64", "-d", SECONDS, "-H", authorization, "-H", condition, url]);
    let output = command.output().expect("wrk is installed: scripts/install-bench-tools");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && !text.contains("Socket errors"), "{text}");
    let line = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    line.and_then(|rate| rate.trim().parse().ok()).unwrap()
}
