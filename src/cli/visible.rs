//! Makes hostile text safe for a terminal.

use std::fmt::{self, Write};

pub(crate) use crate::text::invisible::acts;

/// The text with every character spelled out that could act on a terminal, hide, or reorder its
/// surroundings: an escape character appears as `\u{1b}`.
pub(crate) struct Visible<'a>(pub(crate) &'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write_visible(f, character))
    }
}

/// Writes one character, spelled out if it would act on a terminal.
pub(crate) fn write_visible(out: &mut impl Write, character: char) -> fmt::Result {
    if acts(character) {
        write!(out, "{}", character.escape_unicode())
    } else {
        out.write_char(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_on_a_terminal_are_spelled_out() {
        let shown = Visible("a\u{1b}[31m\u{202e}б\r\n\u{9b}\u{200b}é").to_string();
        assert_eq!(shown, r"a\u{1b}[31m\u{202e}б\u{d}\u{a}\u{9b}\u{200b}é");
    }
}
