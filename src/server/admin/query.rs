//! The part of an address after `?`.

use std::fmt::Write;

/// Writes members as `application/x-www-form-urlencoded`; empty ones are left out.
pub(super) fn encode(members: &[(&str, &str)]) -> String {
    let mut out = String::new();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_empty()) {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(name);
        out.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    out.push(char::from(byte));
                }
                // Writing to a string cannot fail.
                _ => drop(write!(out, "%{byte:02X}")),
            }
        }
    }
    out
}

/// A page of ours to go to after sign-in: nothing that leads to another site.
pub(super) fn local(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/admin")?;
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let below = rest.is_empty() || rest.starts_with(['/', '?']);
    (plain && below && path.len() < 2_000 && !path.starts_with("/admin/sign-")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_encoded_so_that_they_come_back_whole() {
        assert_eq!(encode(&[("a", "x y&z=é"), ("b", ""), ("c", "1")]), "a=x%20y%26z%3D%C3%A9&c=1");
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn only_pages_of_ours_are_gone_to() {
        for path in ["/admin", "/admin/events?domain=army.ml", "/admin?days=7"] {
            assert_eq!(local(path), Some(path));
        }
        for path in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/admin",
            "/administrator",
            "/admin\\evil",
            "/admin/x\r\nSet-Cookie: a=b",
            "/admin/sign-out",
        ] {
            assert_eq!(local(path), None, "{path}");
        }
    }
}
