//! Removes the tag from a subject.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::judge::find_tag;

/// The most bytes of text in an encoded-word, which may have 75 characters in all (RFC 2047 §2).
const WORD: usize = 45;

/// The longest line of a header field (RFC 5322 §2.1.1 recommends 78 characters and allows 998).
const LINE: usize = 900;

/// The subject without the tag: `raw` as it was sent, `decoded` as a person reads it.
pub(super) fn without_tag(raw: &str, decoded: &str, tag: &str) -> String {
    let unfolded = raw.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    if unfolded.len() <= LINE
        && !unfolded.contains(['\r', '\n', '\0'])
        && let Some(text) = cut(unfolded.trim(), tag)
    {
        return text;
    }
    let text = cut(decoded, tag).unwrap_or_else(|| decoded.to_owned());
    encode(&text.replace(|character: char| character.is_control(), " "))
}

/// Removes every tag, and the space that it leaves.
fn cut(text: &str, tag: &str) -> Option<String> {
    let mut rest = text.to_owned();
    let mut found = false;
    while let Some(range) = find_tag(&rest, tag) {
        found = true;
        let (before, after) =
            (rest.get(..range.start)?.trim_end(), rest.get(range.end..)?.trim_start());
        let space = if before.is_empty() || after.is_empty() { "" } else { " " };
        rest = [before, space, after].concat();
    }
    found.then_some(rest)
}

/// Text for a header field: unchanged, or as encoded-words on separate lines.
fn encode(text: &str) -> String {
    if text.len() <= LINE
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !text.contains("=?")
    {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        if word.len() + character.len_utf8() > WORD {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    let encoded = words.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64_STANDARD.encode(word)));
    encoded.collect::<Vec<_>>().join("\n ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::MessageParser;

    const TAG: &str = "[send anyway]";

    #[test]
    fn a_plain_subject_loses_only_the_send_anyway_tag() {
        for (raw, want) in [
            (" [send anyway] Lunch", "Lunch"),
            (" Lunch [SEND ANYWAY] today", "Lunch today"),
            (" Lunch [send\n anyway]", "Lunch"),
            (" [send anyway][send anyway]", ""),
        ] {
            assert_eq!(without_tag(raw, "", TAG), want);
        }
    }

    #[test]
    fn an_encoded_subject_is_encoded_again_without_the_tag() {
        let decoded = format!("Grüße [send anyway] {}", "ü".repeat(200));
        let subject = without_tag("=?UTF-8?B?R3LDvMOfZSBbc2VuZCBhbnl3YXld?=", &decoded, TAG);
        assert!(subject.split("\n ").all(|line| line.len() <= 75), "{subject}");
        let message = format!("Subject: {}\r\n\r\n", subject.replace('\n', "\r\n"));
        let read = MessageParser::default().parse(message.as_bytes()).unwrap();
        assert_eq!(read.subject(), Some(format!("Grüße {}", "ü".repeat(200)).as_str()));
    }
}
