//! HTTPS: the certificate that a server makes for itself, and an administrator's.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use milguard::server::{Server, ServerOptions, Transport};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};

use crate::server::client::{Response, Running, connect, exchange, pages, parse};

/// Asks over TLS, trusting the server's own certificate.
pub(crate) fn get(server: &Running, path: &str, headers: &str) -> Result<Response, String> {
    let certificate = server.folder.path().join("state/tls/certificate.pem");
    get_as(server, "localhost", &certificate, path, headers)
}

fn get_as(
    server: &Running,
    name: &str,
    trusted: &Path,
    path: &str,
    headers: &str,
) -> Result<Response, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(trusted).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, connect(server.address));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    exchange(&mut stream, request.as_bytes()).map(|bytes| parse(&bytes)).map_err(|e| e.to_string())
}

fn own() -> Running {
    Running::start_in(pages(), |options| {
        options.transport = Transport::OwnCertificate;
        options.origin = Some("https://milguard.example.mil".parse().unwrap());
    })
}

#[test]
fn without_a_certificate_the_server_makes_one_for_this_machine() {
    let server = own();
    let file = server.folder.path().join("state/tls/certificate.pem");
    for name in ["localhost", "127.0.0.1", "::1", "milguard.example.mil"] {
        let response = get_as(&server, name, &file, "/healthz", "").expect(name);
        assert_eq!((response.status, response.body.as_str()), (200, "ok\n"), "{name}");
    }
    for name in ["evil.example", "127.0.0.2", "other.example.mil"] {
        assert!(get_as(&server, name, &file, "/healthz", "").is_err(), "{name}");
    }
    let response = get(&server, "/", "").unwrap();
    let header = "strict-transport-security";
    assert!(
        !response.headers.contains_key(header),
        "the header would apply to every server on localhost"
    );
}

#[cfg(unix)]
#[test]
fn only_the_user_of_the_server_can_read_its_files() {
    use std::os::unix::fs::PermissionsExt;
    let server = own();
    let state = server.folder.path().join("state");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("tls")), 0o700);
    for file in ["tls/key.pem", "tls/certificate.pem", "milguard.db", "lock"] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
}

/// Writes a certificate for `names` and its key into `folder`, valid until the end of `year`. The
/// files' names begin with `name`.
fn write_certificate(folder: &Path, name: &str, names: &[&str], year: i32) -> [PathBuf; 2] {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(year, 12, 31);
    let paths = ["certificate", "key"].map(|kind| folder.join(format!("{name}{kind}.pem")));
    fs::create_dir_all(folder).unwrap();
    fs::write(&paths[0], params.self_signed(&key).unwrap().pem()).unwrap();
    fs::write(&paths[1], key.serialize_pem()).unwrap();
    paths
}

#[test]
fn the_server_replaces_its_own_certificate_when_it_no_longer_fits() {
    type Spoil = fn(&Path, &[&str]);
    let names = ["localhost", "127.0.0.1", "::1", "milguard.example.mil"];
    let cases: [(&str, Spoil); 5] = [
        ("expired", |tls, names| drop(write_certificate(tls, "", names, 2020))),
        ("for other names", |tls, _| drop(write_certificate(tls, "", &["localhost"], 4000))),
        ("no certificate", |tls, _| fs::write(tls.join("certificate.pem"), "none").unwrap()),
        ("without its key", |tls, _| fs::remove_file(tls.join("key.pem")).unwrap()),
        ("empty", |tls, _| fs::write(tls.join("certificate.pem"), "").unwrap()),
    ];
    for (what, spoil) in cases {
        let folder = pages();
        let tls = folder.path().join("state/tls");
        write_certificate(&tls, "", &names, 2020);
        spoil(&tls, &names);
        let server = Running::start_in(folder, |options| {
            options.transport = Transport::OwnCertificate;
            options.origin = Some("https://milguard.example.mil".parse().unwrap());
        });
        let response = get(&server, "/healthz", "").expect(what);
        assert_eq!(response.status, 200, "{what}");
    }
}

#[test]
fn the_server_keeps_its_own_certificate_while_it_fits() {
    let server = own();
    let file = server.folder.path().join("state/tls/certificate.pem");
    let first = fs::read(&file).unwrap();
    let folder = pages();
    fs::create_dir_all(folder.path().join("state/tls")).unwrap();
    for name in ["tls/certificate.pem", "tls/key.pem"] {
        let from = server.folder.path().join("state").join(name);
        fs::copy(from, folder.path().join("state").join(name)).unwrap();
    }
    drop(server);
    let again = Running::start_in(folder, |options| {
        options.transport = Transport::OwnCertificate;
        options.origin = Some("https://milguard.example.mil".parse().unwrap());
    });
    assert_eq!(fs::read(again.folder.path().join("state/tls/certificate.pem")).unwrap(), first);
}

#[test]
fn an_administrator_s_certificate_is_replaced_without_a_restart() {
    let folder = pages();
    let [certificate, key] = write_certificate(folder.path(), "", &["one.example.mil"], 4000);
    let server = Running::start_in(folder, |options| {
        options.transport = Transport::Files { certificate: certificate.clone(), key };
    });
    let ask = |name| get_as(&server, name, &certificate, "/", "");
    let response = ask("one.example.mil").unwrap();
    assert_eq!(response.headers["strict-transport-security"], "max-age=31536000");
    // A new certificate without its key changes nothing.
    let folder = server.folder.path();
    let old_key = fs::read(folder.join("key.pem")).unwrap();
    write_certificate(folder, "", &["two.example.mil"], 4000);
    let new_key = fs::read(folder.join("key.pem")).unwrap();
    fs::write(folder.join("key.pem"), old_key).unwrap();
    fs::write(folder.join("key.pem"), new_key).unwrap();
    let start = Instant::now();
    while ask("two.example.mil").is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the new certificate is not used");
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_error_about_an_unusable_certificate_names_its_file() {
    let folder = pages();
    let [good, key] = write_certificate(folder.path(), "", &["one.example.mil"], 4000);
    let [_, other] = write_certificate(folder.path(), "other-", &["one.example.mil"], 4000);
    let junk = folder.path().join("junk.pem");
    fs::write(&junk, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let none = folder.path().join("none.pem");
    for (certificate, key, named, words) in [
        (&none, &key, &none, ""),
        (&good, &none, &none, ""),
        (&empty, &key, &empty, "there is no certificate"),
        (&good, &empty, &empty, ""),
        (&junk, &key, &junk, ""),
        (&good, &other, &other, "it is not the key of"),
        (&key, &key, &key, "there is no certificate"),
    ] {
        let state = folder.path().join("state");
        let mut options = ServerOptions::local(&folder.path().join("www"), &state);
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.transport = Transport::Files { certificate: certificate.clone(), key: key.clone() };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let error = runtime.block_on(Server::bind(options)).expect_err(words).to_string();
        assert!(error.contains(&named.display().to_string()), "{error}");
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn the_check_refuses_a_certificate_that_clients_would_refuse() {
    let folder = pages();
    let [old, old_key] = write_certificate(folder.path(), "old-", &["one.example.mil"], 2020);
    let [good, key] = write_certificate(folder.path(), "", &["one.example.mil"], 4000);
    for (certificate, key, origin, words) in [
        (&old, &old_key, "https://one.example.mil", "ended on"),
        (&good, &key, "https://wrong.example.mil", "is not for wrong.example.mil"),
        (&good, &key, "https://one.example.mil", ""),
    ] {
        let mut options =
            ServerOptions::local(&folder.path().join("www"), &folder.path().join("state"));
        options.listen = "127.0.0.1:0".parse().unwrap();
        options.origin = Some(origin.parse().unwrap());
        options.transport = Transport::Files { certificate: certificate.clone(), key: key.clone() };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        match runtime.block_on(Server::check(options)) {
            Ok(notes) => assert!(words.is_empty(), "{origin}: {notes:?}"),
            Err(error) => {
                let error = error.to_string();
                assert!(!words.is_empty() && error.contains(words), "{origin}: {error}");
            }
        }
    }
}

#[test]
fn the_counters_say_how_long_the_certificate_lasts() {
    let own = Running::start_in(pages(), |options| {
        options.transport = Transport::OwnCertificate;
        options.metrics_token = Some("metrics".parse().unwrap());
    });
    let header = "Authorization: Bearer metrics\r\n";
    let start = Instant::now();
    loop {
        let body = get(&own, "/metrics", header).unwrap().body;
        let days = body.lines().find_map(|it| it.strip_prefix("milguard_certificate_days_left "));
        if let Some(days) = days {
            assert!((390..=397).contains(&days.parse::<i64>().unwrap()), "{days}");
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{body}");
        thread::sleep(Duration::from_millis(50));
    }
}
