//! Characters that are invisible, or that move the text around them.
//!
//! One table serves all callers: the parser refuses some of them, the checker cleans them away, a policy's
//! texts may not hold them, and pages and terminals spell them out. It follows the general
//! categories Cc, Cf, Zl, Zp and Zs and the default-ignorable code points of Unicode 17.

/// The effect of a character without a shape.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Invisible {
    /// Acts on a terminal or a parser: C0, C1 and DEL.
    Control,
    /// Ends a line or a paragraph.
    LineEnd,
    /// Is a space, but not the ordinary one.
    Space,
    /// Changes the direction of the text around it (UAX #9).
    Direction,
    /// Joins or parts letters, as some scripts need: U+200C and U+200D.
    Joiner,
    /// Has no width.
    ZeroWidth,
    /// Formats or annotates text, or is an unassigned character that programs ignore.
    Format,
    /// Takes the place of a letter and shows nothing.
    Filler,
    /// Selects a variant of the character before it.
    Variation,
}

/// The effect of `character`, if it is invisible.
pub const fn kind(character: char) -> Option<Invisible> {
    Some(match character {
        '\0'..='\x1F' | '\x7F'..='\u{9F}' => Invisible::Control,
        '\u{2028}' | '\u{2029}' => Invisible::LineEnd,
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Invisible::Space
        }
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Invisible::Direction
        }
        '\u{200C}' | '\u{200D}' => Invisible::Joiner,
        '\u{AD}' | '\u{180E}' | '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' => {
            Invisible::ZeroWidth
        }
        '\u{600}'..='\u{605}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{890}'..='\u{891}'
        | '\u{8E2}'
        | '\u{2065}'
        | '\u{206A}'..='\u{206F}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{110BD}'
        | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' => Invisible::Format,
        '\u{34F}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{2800}'
        | '\u{3164}'
        | '\u{FFA0}' => Invisible::Filler,
        '\u{180B}'..='\u{180D}'
        | '\u{180F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0000}'..='\u{E0FFF}' => Invisible::Variation,
        _ => return None,
    })
}

/// Whether `character` shows nothing, or moves the text around it.
pub const fn is_invisible(character: char) -> bool {
    kind(character).is_some()
}

/// Whether `character` is invisible and not just a space.
pub const fn acts(character: char) -> bool {
    !matches!(kind(character), None | Some(Invisible::Space))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_known() {
        let hidden = "\0\u{7f}\u{85}\u{a0}\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{200b}\u{200d}\u{202e}\
                      \u{2028}\u{2066}\u{2800}\u{3000}\u{3164}\u{fe0f}\u{feff}\u{fffb}\u{e0041}";
        assert!(hidden.chars().all(is_invisible));
        assert!("aé军🙂 -.…".chars().all(|character| !is_invisible(character)));
        assert!(!acts('\u{a0}') && acts('\u{200e}') && acts('\n'));
    }

    #[test]
    fn control_characters_are_those_of_the_standard_library() {
        for character in '\0'..='\u{2fff}' {
            assert_eq!(
                kind(character) == Some(Invisible::Control),
                character.is_control(),
                "{character:?}"
            );
        }
    }

    /// A second table would drift from this one. This test is about the source text, not the code's
    /// behaviour.
    #[test]
    fn no_other_file_lists_invisible_characters() {
        fn visit(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    visit(&path, found);
                } else if path.extension().is_some_and(|it| it == "rs")
                    && !path.ends_with("text/invisible.rs")
                {
                    let text = std::fs::read_to_string(&path).unwrap().to_lowercase();
                    // Such a table begins with a range over the directional characters.
                    if text.contains(concat!("'\\u{202a}'", "..=")) {
                        found.push(path.display().to_string());
                    }
                }
            }
        }
        let mut found = Vec::new();
        visit(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}
