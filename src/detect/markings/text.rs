//! Words, their cases and the text between them, without tables.

/// How many bytes of `text` read as `pattern`. A space of the pattern stands for what separates
/// words in running text, quotations and file names.
pub(super) fn prefix_len(text: &str, pattern: &str, fold_case: bool) -> Option<usize> {
    let separates = |c: char| c.is_ascii_whitespace() || matches!(c, '_' | '-' | '>' | '\u{a0}');
    let mut chars = text.char_indices();
    for want in pattern.chars() {
        if want == ' ' {
            // A line break may have white space, a quotation mark and white space after it.
            let run = chars.clone().take_while(|&(_, c)| separates(c)).take(8).count();
            chars.nth(run.checked_sub(1)?)?;
        } else {
            let (_, found) = chars.next()?;
            if found != want && !(fold_case && fold(found) == fold(want)) {
                return None;
            }
        }
    }
    Some(text.len() - chars.as_str().len())
}

/// The first two characters of a word, folded. If the word has only one, NUL stands for the second.
pub(super) fn head(text: &str) -> (char, char) {
    let mut chars = text.chars().take_while(|&c| is_word(c)).map(fold);
    (chars.next().unwrap_or_default(), chars.next().unwrap_or_default())
}

/// Letters and digits, and characters that may be letters: everything that is not ASCII, except
/// Latin-1's signs, general and CJK punctuation and the symbols in between. A table of letters
/// would be larger than this module.
pub(super) fn is_word(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{80}'..='\u{bf}' | '\u{2000}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' => false,
        _ => true,
    }
}

/// Lower case for the alphabets that allies write in: Latin (ASCII to Extended-A), Greek,
/// Cyrillic. Others are compared as they are.
pub(super) fn fold(c: char) -> char {
    let code = u32::from(c);
    let lower = match c {
        'A'..='Z' | 'À'..='Ö' | 'Ø'..='Þ' | 'Α'..='Ω' | 'А'..='Я' => code + 32,
        'Ѐ'..='Џ' => code + 80,
        'Ā'..='ķ' | 'Ŋ'..='ŷ' => code | 1,
        'Ĺ'..='ň' | 'Ź'..='ž' => code + (code & 1),
        _ => code,
    };
    char::from_u32(lower).unwrap_or(c)
}
