//! The part of an address after `?`.

/// Writes members as `application/x-www-form-urlencoded`; empty ones are left out.
pub(crate) fn encode(members: &[(&str, &str)]) -> String {
    let given = members.iter().filter(|(_, value)| !value.is_empty());
    form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish()
}

/// The members of a list's address, some of them replaced by `changed`. The list then begins at its
/// first entry, unless `changed` names a place in it.
pub(crate) fn encode_with<'a>(
    members: &[(&'static str, &'a str)],
    changed: &[(&'static str, &'a str)],
) -> String {
    let kept = members.iter().filter(|(name, _)| changed.iter().all(|(it, _)| it != name));
    encode(&kept.chain(changed).copied().collect::<Vec<_>>())
}

/// The page of the dashboard to open after sign-in; `None` for a path that could lead to another
/// site.
pub(crate) fn local(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/admin")?;
    let plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    // A browser resolves `..`, even an encoded one, and would leave /admin.
    let before_query = rest.split('?').next().unwrap_or_default().to_ascii_lowercase();
    let plain = plain && !before_query.replace("%2e", ".").split('/').any(|it| it == "..");
    let below = rest.is_empty() || rest.starts_with(['/', '?']);
    (plain && below && path.len() < 2_000 && !path.starts_with("/admin/sign-")).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_members_are_read_back_unchanged() {
        assert_eq!(encode(&[("a", "x y&z=é"), ("b", ""), ("c", "1")]), "a=x+y%26z%3D%C3%A9&c=1");
        assert_eq!(encode(&[]), "");
    }

    #[test]
    fn sign_in_leads_only_to_pages_of_the_dashboard() {
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
            "/admin/../evil",
            "/admin/x/%2e%2E/../evil",
        ] {
            assert_eq!(local(path), None, "{path}");
        }
    }
}
