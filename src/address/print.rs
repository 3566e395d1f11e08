//! Prints addresses as text from which the parser reads the same addresses.

use std::fmt::{self, Write};

use super::{Address, Mailbox};

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.display_name {
            Some(name) => {
                write_phrase(f, name)?;
                write!(f, " <{}@{}>", self.local_part, self.domain)
            }
            None => write!(f, "{}@{}", self.local_part, self.domain),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mailbox(mailbox) => mailbox.fmt(f),
            Self::Group { name, members } => {
                write_phrase(f, name)?;
                f.write_char(':')?;
                for (index, member) in members.iter().enumerate() {
                    write!(f, "{} {member}", if index == 0 { "" } else { "," })?;
                }
                f.write_char(';')
            }
        }
    }
}

fn write_phrase(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if name.split(' ').all(is_plain_word) {
        return f.write_str(name);
    }
    f.write_char('"')?;
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

/// Whether a word needs no quotes. Allows fewer characters than `atext` has, so that text which
/// looks like a directory name or an encoded-word is quoted.
fn is_plain_word(word: &str) -> bool {
    let plain = |character: char| match character {
        '\'' | '-' | '_' => true,
        _ if character.is_ascii() => character.is_ascii_alphanumeric(),
        _ => !character.is_whitespace(),
    };
    !word.is_empty() && word.chars().all(plain)
}
