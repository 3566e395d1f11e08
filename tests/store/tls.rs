//! PostgreSQL over a network: the server has to show a valid certificate.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread;

use milguard::store::{Database, Store, StoreError};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use crate::support::postgres::Postgres;

/// This address reaches this machine on Linux and is not a loopback address, so it counts as a server
/// elsewhere.
const ELSEWHERE: &str = "0.0.0.0";

fn connect(url: &str) -> Result<(), StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::connect(&Database::Postgres(url.to_owned())).await?;
        store.close().await;
        Ok(())
    })
}

/// A certificate for a name, and its key, where PostgreSQL can read them.
fn certificate(folder: &Path, name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let (cert_file, key_file) = (folder.join("cert.pem"), folder.join("key.pem"));
    fs::write(&cert_file, certificate.pem()).unwrap();
    fs::write(&key_file, key.serialize_pem()).unwrap();
    let mode = |path: &Path, mode| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(folder, 0o755);
    mode(&key_file, 0o600);
    // If the tests run as root, PostgreSQL runs as another user.
    let _ = Command::new("chown").arg("postgres").arg(&key_file).output();
    cert_file.display().to_string()
}

/// A PostgreSQL with TLS and a certificate for `name`: the server, its port, and the certificate's
/// file.
fn start(name: &str) -> (Postgres, TempDir, u16, String) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = certificate(folder.path(), name);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = [
        "ssl = on".to_owned(),
        format!("ssl_cert_file = '{certificate}'"),
        format!("ssl_key_file = '{}'", folder.path().join("key.pem").display()),
        "fsync = off".to_owned(),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    (Postgres::start_at(&settings, Some(port)), folder, port, certificate)
}

#[test]
fn a_valid_certificate_for_the_host_is_needed() {
    let (_server, _folder, port, certificate) = start(ELSEWHERE);
    let url = format!("postgres://postgres@{ELSEWHERE}:{port}/postgres");
    connect(&format!("{url}?sslrootcert={certificate}")).unwrap();
    assert!(connect(&url).is_err(), "nobody vouches for this certificate");
    // The operator may choose otherwise.
    connect(&format!("{url}?sslmode=require")).unwrap();
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let (_server, _folder, port, certificate) = start("db.example.mil");
    let url = format!("postgres://postgres@{ELSEWHERE}:{port}/postgres?sslrootcert={certificate}");
    assert!(connect(&url).is_err());
    connect(&format!("{url}&sslmode=verify-ca")).unwrap();
}

#[test]
fn a_peer_that_denies_tls_gets_no_password() {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let liar = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(request[4..], 80_877_103_u32.to_be_bytes(), "it asks for TLS");
        let _ = stream.write_all(b"N");
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        said
    });
    let url = format!("postgres://milguard:S3cretPw@{ELSEWHERE}:{port}/milguard");
    assert!(connect(&url).is_err());
    let said = liar.join().unwrap();
    assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
}
