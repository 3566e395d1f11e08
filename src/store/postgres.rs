//! Connections to PostgreSQL: with TLS and a checked certificate, unless the operator says otherwise.

use std::net::IpAddr;

use url::{Host, Url};

use super::StoreError;

/// How the connection to a PostgreSQL server is protected.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Protection {
    /// As the address or the environment says (`sslmode`).
    Chosen,
    /// The server is on this machine.
    Local,
    /// Neither address nor environment has an `sslmode`: the certificate must be valid, and for this host.
    VerifyFull,
}

/// The address to connect to.
///
/// PostgreSQL's own default, `prefer`, asks for TLS and goes on without it if the other side says that it has none.
/// Anyone on the network path can say so, and then gets the password.
///
/// # Errors
///
/// [`StoreError::Invalid`] if the text is not an address.
pub(super) fn with_tls(url: &str) -> Result<String, StoreError> {
    let mut parsed = parse(url)?;
    if protection(&parsed) == Protection::VerifyFull {
        parsed.query_pairs_mut().append_pair("sslmode", "verify-full");
    }
    Ok(parsed.into())
}

/// A warning for the operator about a connection over a network whose other end is not checked.
pub(super) fn warning(url: &str) -> Option<&'static str> {
    let parsed = parse(url).ok()?;
    if is_local(&parsed) || protection(&parsed) != Protection::Chosen {
        return None;
    }
    match ssl_mode(&parsed)?.as_str() {
        "verify-full" => None,
        "verify-ca" => Some(
            "the certificate of the database is not compared with its host name; sslmode=verify-full does so",
        ),
        _ => Some(
            "the certificate of the database is not checked: anybody on the network can read the password and all \
             events; sslmode=verify-full checks it",
        ),
    }
}

/// The address for people: without password and parameters.
pub(super) fn without_secrets(url: &str) -> String {
    let Ok(mut parsed) = parse(url) else { return "postgres:(not an address)".to_owned() };
    // Neither call can fail for an address that has a host.
    let _ = parsed.set_password(None);
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.into()
}

fn parse(url: &str) -> Result<Url, StoreError> {
    // The reason may show a part of the address, which may be the password.
    Url::parse(url)
        .map_err(|_| StoreError::Invalid("the database's address is not a URL".to_owned()))
}

fn protection(url: &Url) -> Protection {
    if ssl_mode(url).is_some() {
        Protection::Chosen
    } else if is_local(url) {
        Protection::Local
    } else {
        Protection::VerifyFull
    }
}

/// The `sslmode` of the address, or else of the environment (libpq's `PGSSLMODE`).
fn ssl_mode(url: &Url) -> Option<String> {
    let said = url.query_pairs().find(|(key, _)| key == "sslmode" || key == "ssl-mode");
    let said = said.map(|(_, value)| value.into_owned());
    said.or_else(|| std::env::var("PGSSLMODE").ok().filter(|mode| !mode.is_empty()))
}

/// Whether the server is on this machine: a loopback address, or a socket.
fn is_local(url: &Url) -> bool {
    let named = url.query_pairs().find(|(key, _)| key == "host" || key == "hostaddr");
    if let Some((_, host)) = named {
        return host.starts_with('/') || is_local_name(&host);
    }
    match url.host() {
        None => true,
        // The URL standard does not know the scheme `postgres`, so addresses arrive as names.
        Some(Host::Domain(name)) => {
            name.is_empty() || name.starts_with("%2F") || is_local_name(name)
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
    }
}

fn is_local_name(name: &str) -> bool {
    let bare = name.trim_matches(['[', ']']);
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_has_to_show_a_valid_certificate_unless_the_operator_says_otherwise() {
        for (given, used) in [
            (
                "postgres://m:p@db.example.mil/m",
                "postgres://m:p@db.example.mil/m?sslmode=verify-full",
            ),
            (
                "postgres://m:p@192.0.2.1:5433/m?sslrootcert=/ca.pem",
                "postgres://m:p@192.0.2.1:5433/m?sslrootcert=/ca.pem&sslmode=verify-full",
            ),
            ("postgres://m@[2001:db8::1]/m", "postgres://m@[2001:db8::1]/m?sslmode=verify-full"),
            ("postgres://m@db/m?sslmode=require", "postgres://m@db/m?sslmode=require"),
            ("postgres://m@localhost/m", "postgres://m@localhost/m"),
            ("postgres://m@127.0.0.1:5432/m", "postgres://m@127.0.0.1:5432/m"),
            ("postgres://m@[::1]/m", "postgres://m@[::1]/m"),
            ("postgres:///m?host=/run/postgresql", "postgres:///m?host=/run/postgresql"),
            (
                "postgres:///m?host=db.example.mil",
                "postgres:///m?host=db.example.mil&sslmode=verify-full",
            ),
            ("postgres://m@%2Frun%2Fpostgresql/m", "postgres://m@%2Frun%2Fpostgresql/m"),
        ] {
            assert_eq!(with_tls(given).unwrap(), used);
        }
        assert!(with_tls("postgres").is_err());
    }

    #[test]
    fn the_operator_is_warned_of_a_connection_without_a_checked_certificate() {
        for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
            assert!(warning(&format!("postgres://m@db.example.mil/m?sslmode={mode}")).is_some());
            assert!(warning(&format!("postgres://m@localhost/m?sslmode={mode}")).is_none());
        }
        assert!(warning("postgres://m@db.example.mil/m?sslmode=verify-full").is_none());
        assert!(warning("postgres://m@db.example.mil/m").is_none());
    }

    #[test]
    fn the_shown_address_holds_no_password() {
        for (given, shown) in [
            ("postgres://m:p%40ss@db/m?password=other", "postgres://m@db/m"),
            ("postgres://db/m#x", "postgres://db/m"),
            ("postgres://m:p@ss@db/m", "postgres://m@db/m"),
        ] {
            assert_eq!(without_secrets(given), shown);
        }
        assert!(!without_secrets("postgres://m:secret@[nonsense/m").contains("secret"));
    }
}
