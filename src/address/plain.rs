//! A fast path for almost every recipient: a bare addr-spec in ASCII.

/// Splits a bare `dot-atom "@" domain` (RFC 5322 §3.2.3) in ASCII, whose domain is made of letters,
/// digits and hyphens (RFC 1035 §2.3.1), at its `@`. No allocation, one pass.
///
/// `None` for anything else, right or wrong: [`parse_address_list`](super::parse_address_list) reads
/// it.
pub fn split_plain(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let at = bytes.iter().position(|&byte| class(byte) & ATEXT == 0 && byte != b'.')?;
    let (local_part, domain) = (bytes.get(..at)?, bytes.get(at + 1..)?);
    // What begins with a slash may be an X.500 name (`/o=…/cn=bob@army.mil`).
    let is_plain = bytes.get(at) == Some(&b'@')
        && bytes.first() != Some(&b'/')
        && local_part.len() <= super::MAX_LOCAL_PART
        && domain.len() <= crate::domain::MAX_DOMAIN_LEN
        && is_dotted(local_part)
        && is_dotted(domain)
        && is_host_name(domain);
    if is_plain { Some((text.get(..at)?, text.get(at + 1..)?)) } else { None }
}

/// Whether `text` is a local part without quotes (RFC 5322 §3.2.3), in ASCII and not too long.
pub fn is_dot_atom(text: &str) -> bool {
    let is_atext = |&byte: &u8| class(byte) & ATEXT != 0 || byte == b'.';
    text.len() <= super::MAX_LOCAL_PART
        && is_dotted(text.as_bytes())
        && text.as_bytes().iter().all(is_atext)
}

/// Whether the dots are valid: none at either end, no two together, and the text is not empty.
fn is_dotted(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|&byte| byte != b'.')
        && bytes.last().is_some_and(|&byte| byte != b'.')
        && bytes.windows(2).all(|pair| pair != b"..")
}

fn is_host_name(domain: &[u8]) -> bool {
    let mut label = 0;
    let mut is_short = true;
    for &byte in domain {
        if byte == b'.' {
            label = 0;
        } else if class(byte) & LDH == 0 {
            return false;
        } else {
            label += 1;
            is_short &= label <= crate::domain::MAX_LABEL_LEN;
        }
    }
    // `xn--` labels take the general path, which decodes them.
    is_short && !domain.windows(4).any(|four| four.eq_ignore_ascii_case(b"xn--"))
}

const ATEXT: u8 = 1;
const LDH: u8 = 2;

const fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => ATEXT | LDH,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'/' | b'=' | b'?' | b'^'
        | b'_' | b'`' | b'{' | b'|' | b'}' | b'~' => ATEXT,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::split_plain;

    #[test]
    fn splits_plain_addresses_only() {
        for (text, parts) in [
            ("bob@army.mil", Some(("bob", "army.mil"))),
            ("Bob.O'Brien+x@US.Army.MIL", Some(("Bob.O'Brien+x", "US.Army.MIL"))),
            ("bob@localhost", Some(("bob", "localhost"))),
            ("bob@army.mil.", None),
            ("bob@army..mil", None),
            ("bob@.army.mil", None),
            ("bob.@army.mil", None),
            ("b..b@army.mil", None),
            ("@army.mil", None),
            ("bob@", None),
            ("bob", None),
            ("", None),
            ("a@b@army.mil", None),
            (" bob@army.mil", None),
            ("bob@army.mil ", None),
            ("<bob@army.mil>", None),
            ("mailto:bob@army.mil", None),
            ("\"bob\"@army.mil", None),
            ("bob@ärmy.mil", None),
            ("bob@xn--rmy-qla.mil", None),
            ("bob@army_mil", None),
            ("bob@[192.0.2.1]", None),
        ] {
            assert_eq!(split_plain(text), parts, "{text:?}");
        }
        assert_eq!(split_plain(&format!("{}@a.b", "x".repeat(65))), None);
        assert_eq!(split_plain(&format!("x@{}.b", "a".repeat(64))), None);
        assert_eq!(split_plain(&format!("x@{}", "a.".repeat(127))), None);
    }
}
