//! Suffixes that no stranger can own.

/// Names for private networks, protocols and examples (RFC 2606, 6761, 6762, 7686, 8375, 9476, ICANN's
/// `internal`), and names that private networks use without permission (ICANN's name collisions). `arpa`
/// is delegated, but takes no mail.
const PRIVATE_SUFFIXES: [&str; 18] = [
    "alt",
    "arpa",
    "corp",
    "domain",
    "example",
    "home",
    "internal",
    "intra",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
    "workgroup",
];

/// Whether names under the top-level label `label` stay inside a network, because nobody can
/// register them.
pub fn is_private_suffix(label: &str) -> bool {
    PRIVATE_SUFFIXES.contains(&label)
}

#[cfg(test)]
mod tests {
    use super::PRIVATE_SUFFIXES;
    use crate::registry::is_tld;

    #[test]
    fn arpa_is_the_only_private_suffix_that_is_a_top_level_domain() {
        let open: Vec<_> = PRIVATE_SUFFIXES.iter().filter(|suffix| is_tld(suffix)).collect();
        assert_eq!(open, [&"arpa"]);
    }
}
