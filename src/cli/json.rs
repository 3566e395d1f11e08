//! JSON that is safe to show.

use std::io::{self, Write};

use super::visible::acts;

/// A JSON string (RFC 8259 §7). Characters that act on a terminal or end a line for some readers
/// (U+0085, U+2028) are escaped too, which JSON allows.
pub(crate) fn write_string(out: &mut impl Write, text: &str) -> io::Result<()> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    out.write_all(b"\"")?;
    if text.bytes().all(is_plain) {
        out.write_all(text.as_bytes())?;
    } else {
        let mut buffer = [0; 4];
        for character in text.chars() {
            match character {
                '"' => out.write_all(b"\\\"")?,
                '\\' => out.write_all(b"\\\\")?,
                '\n' => out.write_all(b"\\n")?,
                '\r' => out.write_all(b"\\r")?,
                '\t' => out.write_all(b"\\t")?,
                _ if acts(character) => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        write!(out, "\\u{unit:04x}")?;
                    }
                }
                _ => out.write_all(character.encode_utf8(&mut buffer).as_bytes())?,
            }
        }
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_reads_back_unchanged() {
        for character in '\0'..=char::MAX {
            let mut json = Vec::new();
            write_string(&mut json, character.encode_utf8(&mut [0; 4])).unwrap();
            let read: String = serde_json::from_slice(&json).unwrap();
            assert!(read.chars().eq([character]), "{character:?} as {json:?}");
            assert!(!json.iter().any(|&byte| byte < b' ' || byte == 0x7F), "{character:?}");
        }
    }
}
