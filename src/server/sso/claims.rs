//! A provider's statements about a person.

use serde_json::{Map, Value};

/// The members of an ID token or of an answer of the user-info endpoint.
pub(super) type Claims = Map<String, Value>;

/// A claim with one text in it.
pub(super) fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name)?.as_str()
}

/// A claim with a time in seconds since 1970. Some providers write fractions.
pub(super) fn seconds(claims: &Claims, name: &str) -> Option<i64> {
    let value = claims.get(name)?;
    #[expect(clippy::cast_possible_truncation, reason = "a float is cut off at the range's ends")]
    value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64))
}

/// Whether there is a claim of that name, which may be a path as in [`texts`].
pub(super) fn has(claims: &Claims, name: &str) -> bool {
    find(claims, name).is_some()
}

/// The texts in a claim, which may be one or a list. `realm_access.roles` is the member `roles` of `realm_access`,
/// unless there is a claim with that very name.
pub(super) fn texts(claims: &Claims, name: &str) -> Vec<String> {
    match find(claims, name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(values)) => {
            values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    // A client's name may have a dot in it, so each split is tried: `resource_access.a.b.roles`.
    name.match_indices('.').find_map(|(at, _)| {
        let (first, rest) = (name.get(..at)?, name.get(at + 1..)?);
        find(claims.get(first)?.as_object()?, rest)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_claim_is_found_by_its_name_or_its_path() {
        let claims = json!({
            "groups": ["a", 1, null, "b"],
            "one": "c",
            "https://example.mil/roles": ["d"],
            "realm_access": { "roles": ["e"] },
            "resource_access": { "mil.guard": { "roles": ["f"] } },
            "deep": { "er": 1 },
        });
        let claims = claims.as_object().unwrap();
        for (name, found) in [
            ("groups", &["a", "b"][..]),
            ("one", &["c"]),
            ("https://example.mil/roles", &["d"]),
            ("realm_access.roles", &["e"]),
            ("resource_access.mil.guard.roles", &["f"]),
            ("deep.er", &[]),
            ("deep", &[]),
            ("none", &[]),
            ("realm_access.", &[]),
            ("", &[]),
        ] {
            assert_eq!(texts(claims, name), found, "{name}");
        }
        assert!(has(claims, "deep.er") && !has(claims, "deep.est"));
    }

    #[test]
    fn times_in_claims_may_have_fractions() {
        let claims = json!({ "a": 12, "b": 12.9, "c": "12", "d": 1e300 });
        let claims = claims.as_object().unwrap();
        let read = |name| seconds(claims, name);
        assert_eq!([read("a"), read("b"), read("c")], [Some(12), Some(12), None]);
        assert_eq!(read("d"), Some(i64::MAX));
    }
}
