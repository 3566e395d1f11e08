//! How the warning view prepares hostile text. The module is compiled only for browsers, so this
//! includes its source.

#[path = "../src/wasm/view/text.rs"]
mod text;

use self::text::{PieceKind, code_point, pieces, visible};
use milguard::text::invisible::is_invisible;

/// The prepared text, with marked pieces in `<>`.
fn show(text: &str, spans: &[std::ops::Range<u32>]) -> String {
    let pieces = pieces(text, &(0..text.len()), spans);
    let show = |piece: text::Piece| {
        if piece.marked { format!("<{}>", piece.text) } else { piece.text }
    };
    pieces.into_iter().map(show).collect()
}

#[test]
#[expect(clippy::single_range_in_vec_init, reason = "a list of spans")]
fn spans_are_utf16_code_units() {
    assert_eq!(show("bob@army.ml", &[9..11]), "bob@army.<ml>");
    assert_eq!(show("b😀b@army.ml", &[10..12]), "b😀b@army.<ml>");
    assert_eq!(show("bob@аrmy.mil", &[4..5]), "bob@<а>rmy.mil");
    assert_eq!(show("bob@army.ml", &[4..8, 9..11]), "bob@<army>.<ml>");
    assert_eq!(show("bob@army.ml", &[4..9, 6..11]), "bob@<army.ml>");
    assert_eq!(show("bob@army.ml", &[]), "bob@army.ml");
}

#[test]
#[expect(clippy::single_range_in_vec_init, reason = "a list of spans")]
fn spans_outside_the_text_or_within_a_character_are_harmless() {
    assert_eq!(show("a@b", &[2..99]), "a@<b>");
    assert_eq!(show("a@b", &[50..99]), "a@b");
    assert_eq!(show("a@b", &[std::ops::Range { start: 3, end: 1 }]), "a@b");
    assert_eq!(show("a😀b", &[2..3]), "a<😀>b", "half a surrogate pair marks the character");
    assert_eq!(show("", &[0..u32::MAX]), "");
}

#[test]
fn invisible_characters_are_replaced() {
    assert_eq!(visible("bob@army\u{202E}lim.\u{2066}"), "bob@army[U+202E]lim.[U+2066]");
    assert_eq!(
        visible("a\tb\nc\u{7f}\u{200b}\u{feff}"),
        "a[U+0009]b[U+000A]c[U+007F][U+200B][U+FEFF]"
    );
    assert_eq!(visible("a\u{E0061}\u{3164}\u{ad}"), "a[U+E0061][U+3164][U+00AD]");
    for plain in ["Doe, John <j@army.mil>", "ü@陸軍.mil", "ירוק@army.mil", "😀"] {
        assert_eq!(visible(plain), plain);
    }
}

#[test]
fn every_control_and_bidi_character_is_replaced() {
    let bidi = ['\u{61C}', '\u{200E}', '\u{200F}'].into_iter();
    let bidi = bidi.chain('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}');
    let others = ('\0'..='\u{10FFFF}').filter(|c| c.is_control() || c.is_whitespace() && *c != ' ');
    for char in bidi.chain(others) {
        let text = format!("a{char}b");
        let pieces = pieces(&text, &(0..text.len()), &[]);
        assert_eq!(pieces.len(), 3, "{}", code_point(char));
        assert_eq!(pieces.get(1).map(|piece| piece.kind), Some(PieceKind::Replaced));
    }
}

#[test]
fn code_points_have_four_to_six_digits() {
    assert_eq!(code_point('a'), "[U+0061]");
    assert_eq!(code_point('\u{FFFD}'), "[U+FFFD]");
    assert_eq!(code_point('\u{1F600}'), "[U+1F600]");
    assert_eq!(code_point('\u{10FFFF}'), "[U+10FFFF]");
}

#[test]
fn the_end_of_a_long_text_stays_visible() {
    let long = format!("{}@{}army.ml", "a".repeat(50_000), "b.".repeat(50_000));
    let shown = visible(&long);
    assert!(shown.chars().count() < 400, "{}", shown.len());
    assert!(shown.contains('…') && shown.ends_with(".b.army.ml"));
    let just = "a".repeat(400);
    assert_eq!(visible(&just), just);
}

#[test]
#[expect(clippy::single_range_in_vec_init, reason = "a list of spans")]
fn spans_count_from_the_start_of_the_whole_text_in_a_part_of_it() {
    let text = "😀 <bob@army.ml>";
    let start = text.find("bob").unwrap_or_default();
    let pieces = pieces(text, &(start..text.len() - 1), &[13..15]);
    let shown: Vec<_> = pieces.iter().map(|p| (p.text.as_str(), p.marked)).collect();
    assert_eq!(shown, [("bob@army.", false), ("ml", true)]);
}
