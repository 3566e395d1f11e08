//! Makes text safe for the place where it is put.

use std::fmt::{self, Write};

/// Shows text for an XML attribute in double quotes or for the content of an element.
///
/// Line breaks and tabs become spaces: an XML parser would turn them into spaces in an attribute
/// anyway. A character that XML 1.0 does not allow becomes U+FFFD.
#[derive(Clone, Copy)]
pub(super) struct Xml<'a>(pub(super) &'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                '\t' | '\n' | '\r' => f.write_char(' ')?,
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// JSON as one line of a script, which may be inside a page.
///
/// `<` would end the script element (`</script>`, `<!--`); U+2028 and U+2029 are line ends in ES2016
/// but not in JSON. All three stand only within strings, where an escape means the same.
pub(super) fn script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => out.push_str("\\u003c"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_in_xml() {
        let hostile = "\"/><Evil a='&amp;'>\n\u{0}\u{1b}\u{ffff}é";
        let expected = "&quot;/&gt;&lt;Evil a=&apos;&amp;amp;&apos;&gt; \u{fffd}\u{fffd}\u{fffd}é";
        assert_eq!(Xml(hostile).to_string(), expected);
    }

    #[test]
    fn escaped_json_cannot_end_a_script_element() {
        let json = serde_json::json!({ "a": "</script><!--\u{2028}\u{2029}\n" }).to_string();
        let safe = script(&json);
        assert_eq!(safe, r#"{"a":"\u003c/script>\u003c!--\u2028\u2029\n"}"#);
        let back: serde_json::Value = serde_json::from_str(&safe).expect("it is JSON still");
        assert_eq!(back["a"], "</script><!--\u{2028}\u{2029}\n");
    }
}
