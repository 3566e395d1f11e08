//! How notices and reports show a domain and link to it.

/// A domain in a form that no mail program makes a link of.
pub(crate) fn harmless(domain: &str) -> String {
    domain.replace('.', "[.]")
}

/// The path of the page of a domain on the dashboard.
pub(crate) fn domain_path(domain: &str) -> String {
    let escaped: String = domain
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("/admin/domains/{escaped}")
}
