//! A fast path for almost every recipient: a bare addr-spec in ASCII.

/// Splits a bare `dot-atom "@" domain` (RFC 5322 §3.2.3) in ASCII, whose domain is made of letters,
/// digits and hyphens (RFC 1035 §2.3.1), at its `@`. No allocation, one pass.
///
/// `None` for anything else, valid or not: [`parse_address_list`](super::parse_address_list) reads
/// it.
pub fn split_plain(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    let at = dot_atom(bytes)?;
    // A text that begins with a slash may be an X.500 name (`/o=…/cn=bob@army.mil`).
    let is_plain = bytes.get(at) == Some(&b'@')
        && bytes.first() != Some(&b'/')
        && at <= super::MAX_LOCAL_PART
        && is_host_name(bytes.get(at + 1..)?);
    if is_plain { Some((text.get(..at)?, text.get(at + 1..)?)) } else { None }
}

/// Whether `text` is a local part without quotes (RFC 5322 §3.2.3), in ASCII and not too long.
pub fn is_dot_atom(text: &str) -> bool {
    text.len() <= super::MAX_LOCAL_PART && dot_atom(text.as_bytes()) == Some(text.len())
}

/// The length of the dot-atom that `bytes` begin with. `None` if it is empty, has a dot at an end
/// or two dots in a row.
fn dot_atom(bytes: &[u8]) -> Option<usize> {
    let mut after_dot = true;
    let mut length = 0;
    for &byte in bytes {
        if byte == b'.' {
            if after_dot {
                return None;
            }
            after_dot = true;
        } else if class(byte) & ATEXT == 0 {
            break;
        } else {
            after_dot = false;
        }
        length += 1;
    }
    (!after_dot).then_some(length)
}

fn is_host_name(domain: &[u8]) -> bool {
    if domain.len() > crate::domain::MAX_DOMAIN_LEN {
        return false;
    }
    let mut label = 0;
    for (at, &byte) in domain.iter().enumerate() {
        if byte == b'.' {
            if label == 0 {
                return false;
            }
            label = 0;
            continue;
        }
        label += 1;
        // `xn--` labels take the general path, which decodes them.
        let is_encoded = byte == b'-' && label >= 4 && {
            let four = domain.get(at - 3..=at).unwrap_or_default();
            four.eq_ignore_ascii_case(b"xn--")
        };
        if class(byte) & LDH == 0 || label > crate::domain::MAX_LABEL_LEN || is_encoded {
            return false;
        }
    }
    label > 0
}

const ATEXT: u8 = 1;
const LDH: u8 = 2;

/// For each byte, the kinds of name in which it may occur.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = u8::MIN;
    while byte < u8::MAX {
        classes[byte as usize] = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => ATEXT | LDH,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'/' | b'=' | b'?' | b'^'
            | b'_' | b'`' | b'{' | b'|' | b'}' | b'~' => ATEXT,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

fn class(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
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
