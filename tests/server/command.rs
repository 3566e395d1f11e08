//! The command `milguard serve`: its output and its exit status.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
};

use crate::server::client::{pages, send};

fn serve(assets: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command
        .args(["serve", "--http", "--log-format", "text", "--listen", listen, "--assets"])
        .arg(assets);
    command.arg("--state").arg(assets.with_file_name("state"));
    command
}

/// A server process that does not outlive its test.
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> (Self, BufReader<ChildStderr>) {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        (Self(child), stderr)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // After a successful test the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn line(stderr: &mut impl BufRead) -> String {
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    line
}

fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(output.stdout, b"");
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    stderr
}

#[cfg(unix)]
#[test]
fn each_stop_signal_ends_the_server_with_status_0() {
    for signal in ["INT", "TERM"] {
        let folder = pages();
        let mut command = serve(&folder.path().join("www"), "localhost:0");
        let (mut process, mut stderr) = Process::start(&mut command);
        let first = line(&mut stderr);
        let url = first.split_once("http://").expect(&first).1;
        let address = url.split('/').next().unwrap().parse().expect(&first);
        let request = b"GET /try/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        assert_eq!(send(address, request).status, 200);

        // A client that sends nothing must not delay the server's end.
        let idle = std::net::TcpStream::connect(address).unwrap();
        let pid = process.0.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        assert_eq!(process.0.wait().unwrap().code(), Some(0), "{signal}");
        drop(idle);
        let rest: Vec<String> = stderr.lines().map(Result::unwrap).collect();
        assert_eq!(rest.last().unwrap(), "milguard serve: stopped", "{signal}");
        let mut stdout = String::new();
        process.0.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert_eq!(stdout, "", "standard output is for results");
    }
}

#[test]
fn the_error_about_a_port_in_use_names_the_option() {
    let folder = pages();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let stderr = refused(&serve(&folder.path().join("www"), &listen).output().unwrap());
    assert!(stderr.contains(&listen) && stderr.contains("in use"), "{stderr}");
    assert!(stderr.contains("--listen"), "{stderr}");
}

#[cfg(unix)]
#[test]
fn a_state_folder_is_used_by_one_server_at_a_time() {
    let folder = pages();
    let www = folder.path().join("www");
    let (process, mut stderr) = Process::start(&mut serve(&www, "127.0.0.1:0"));
    assert!(line(&mut stderr).contains("listening on"));
    let refusal = refused(&serve(&www, "127.0.0.1:0").output().unwrap());
    assert!(refusal.contains("another server uses the state folder"), "{refusal}");
    assert!(refusal.contains("--state DIR") && refusal.contains("--database"), "{refusal}");
    // A person who checks a configuration before a restart gets a note, not a refusal.
    let check = serve(&www, "127.0.0.1:0").arg("--check-config").output().unwrap();
    let said = String::from_utf8(check.stderr).unwrap();
    assert!(check.status.success() && said.contains("a running server uses"), "{said}");
    // Even after a server was killed, the next one can start.
    drop(process);
    let (_next, mut stderr) = Process::start(&mut serve(&www, "127.0.0.1:0"));
    assert!(line(&mut stderr).contains("listening on"));
}

#[test]
fn the_error_about_a_state_folder_that_cannot_be_made_names_the_option() {
    let folder = pages();
    fs::write(folder.path().join("file"), "").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_milguard"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--assets"]).arg(folder.path().join("www"));
    command.arg("--state").arg(folder.path().join("file/state"));
    let stderr = refused(&command.output().unwrap());
    assert!(stderr.contains("cannot write") && stderr.contains("--state DIR"), "{stderr}");
}

#[test]
fn the_error_names_a_file_that_is_not_a_database() {
    let folder = pages();
    fs::create_dir(folder.path().join("state")).unwrap();
    fs::write(folder.path().join("state/milguard.db"), "no database ".repeat(1000)).unwrap();
    let stderr = refused(&serve(&folder.path().join("www"), "127.0.0.1:0").output().unwrap());
    assert!(stderr.contains("milguard.db") && stderr.contains("--database"), "{stderr}");
}

#[test]
fn the_error_about_missing_pages_names_the_command_that_makes_them() {
    let folder = tempfile::tempdir().unwrap();
    let stderr = refused(&serve(&folder.path().join("none"), "127.0.0.1:0").output().unwrap());
    assert!(stderr.contains("`make build`") && stderr.contains("--assets"), "{stderr}");
}

#[test]
fn the_server_warns_when_it_listens_for_other_machines() {
    let folder = pages();
    let (_process, mut stderr) =
        Process::start(&mut serve(&folder.path().join("www"), "0.0.0.0:0"));
    assert!(line(&mut stderr).contains("http://0.0.0.0:"));
    // Every first start prints these four lines.
    let said: String = (0..4).map(|_| line(&mut stderr)).collect();
    assert!(said.contains("warning: other machines can reach 0.0.0.0"), "{said}");
}

#[test]
fn an_invalid_address_is_explained() {
    let folder = pages();
    for listen in ["8080", "localhost", "127.0.0.1", "example.com:80", "127.0.0.1:99999", ""] {
        let output = serve(&folder.path().join("www"), listen).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{listen}: {stderr}");
        assert!(stderr.contains("127.0.0.1:8443"), "{listen}: {stderr}");
    }
}
