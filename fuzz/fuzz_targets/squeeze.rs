//! Turns random bytes into text that reaches deep into a grammar.

/// Parts of mail addresses, some as whole words that random bytes would rarely produce.
pub(crate) const PIECES: [&str; 64] = [
    "a", "b", "mil", "mi", "ml", "l", "m", "i", "army", "navy", "af", "us", "com", "gov", "xn--",
    "1", "0", "rn", "-", "_", "+", "'", "@", "@", "@", ".", ".", ".", ".", ",", ";", ":", "<", ">",
    "(", ")", "\"", "\"", "[", "]", "\\", " ", "\t", "\r\n ", "\n", "%", "%40", "?", "mailto:",
    "smtp:", "/o=", "/cn=", "&cc=", "=", "é", "а", "＠", "。", "\u{A0}", "\u{301}", "ｍ",
    "\u{202E}", "\u{FFFD}", "\0",
];

/// The bytes as text, then the same bytes as pieces of addresses.
pub(crate) fn texts(data: &[u8]) -> [String; 2] {
    let squeezed = data.iter().map(|&byte| PIECES[usize::from(byte) % PIECES.len()]).collect();
    [String::from_utf8_lossy(data).into_owned(), squeezed]
}
