//! Packs what ICU4X knows of the characters in domains into tables for `src/tables.rs`: runs of characters that are
//! alike, as numbers of seven bits a byte. Lengths, distances and texts have files of their own, since
//! compression works better on data of one kind.

use std::path::{Path, PathBuf};
use std::{env, fs};

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::{
    CanonicalCombiningClassMapBorrowed, CanonicalCompositionBorrowed,
    CanonicalDecompositionBorrowed, Decomposed,
};
use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, GeneralCategory, JoiningType};

#[path = "src/layout.rs"]
mod layout;

use layout::{
    BIDI_SHIFT, COMPOSITE, DISALLOWED, FIRST_MARK, IGNORED, JOINING_SHIFT, KIND_BITS, MARK, SHIFT,
    TEXT, VALID, bidi, joining,
};

/// All other bidi classes: the number after the last one of [`bidi`].
const OTHER_BIDI: u16 = 11;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/layout.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
    mapping(&out);
    properties(&out);
}

fn write(out: &Path, name: &str, content: impl AsRef<[u8]>) {
    fs::write(out.join(name), content).expect("OUT_DIR is writable");
}

/// Every code point with its character, which a surrogate does not have.
fn code_points() -> impl Iterator<Item = (u32, Option<char>)> {
    (0..=u32::from(char::MAX)).map(|code| (code, char::from_u32(code)))
}

/// What UTS #46 makes of one character.
fn mapped(c: char) -> String {
    Uts46MapperBorrowed::new().map_normalize(std::iter::once(c)).collect()
}

fn is_valid(c: char) -> bool {
    mapped(c).chars().eq([c])
}

fn number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Writes a distance so that a short one, forward or back, takes few bytes.
fn signed(bytes: &mut Vec<u8>, distance: i32) {
    number(bytes, ((distance << 1) ^ (distance >> 31)).cast_unsigned());
}

fn distance(from: u32, to: u32) -> i32 {
    to.cast_signed() - from.cast_signed()
}

/// How UTS #46 maps a character, and what the character decomposes into if it stays.
#[derive(Clone, PartialEq)]
enum Rule {
    Valid,
    Composite(char, char),
    Disallowed,
    Ignored,
    Shift(i32),
    Text(String),
}

impl Rule {
    fn of(code: u32, character: Option<char>) -> Self {
        let Some(c) = character else { return Self::Disallowed };
        let text = mapped(c);
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (None, _) => Self::Ignored,
            (Some(only), None) if only == c => Self::valid(c),
            (Some(char::REPLACEMENT_CHARACTER), None) => Self::Disallowed,
            (Some(only), None) => Self::Shift(distance(code, u32::from(only))),
            _ => Self::Text(text),
        }
    }

    fn valid(c: char) -> Self {
        let is_syllable = ('\u{ac00}'..='\u{d7a3}').contains(&c);
        match CanonicalDecompositionBorrowed::new().decompose(c) {
            Decomposed::Expansion(first, second) if !is_syllable => {
                assert_eq!(CanonicalCompositionBorrowed::new().compose(first, second), Some(c));
                assert!(is_valid(first) && is_valid(second), "{c} is made of what is not valid");
                let again = CanonicalDecompositionBorrowed::new().decompose(second);
                assert_eq!(again, Decomposed::Default, "the second of {c} decomposes");
                Self::Composite(first, second)
            }
            Decomposed::Singleton(other) => panic!("{c} stays although it is {other}"),
            _ => Self::Valid,
        }
    }

    const fn kind(&self) -> u32 {
        match self {
            Self::Valid => VALID,
            Self::Composite(..) => COMPOSITE,
            Self::Disallowed => DISALLOWED,
            Self::Ignored => IGNORED,
            Self::Shift(_) => SHIFT,
            Self::Text(_) => TEXT,
        }
    }

    const fn stays(&self) -> bool {
        matches!(self, Self::Valid | Self::Composite(..))
    }

    /// Whether two neighbours belong to the same run.
    fn is_like(&self, other: &Self) -> bool {
        self == other || (self.kind() == other.kind() && !matches!(self, Self::Shift(_)))
    }
}

fn mapping(out: &Path) {
    for c in '\0'..='\x7f' {
        assert_eq!(mapped(c), c.to_ascii_lowercase().to_string(), "the tables begin above ASCII");
    }
    let rules: Vec<Rule> = code_points().map(|(code, c)| Rule::of(code, c)).collect();
    let (mut runs, mut shifts, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    let (mut last_shift, mut last_first) = (0, 0);
    let is_like = |left: &Rule, right: &Rule| left.is_like(right);
    for run in rules.get(0x80..).unwrap_or_default().chunk_by(is_like) {
        let len = u32::try_from(run.len()).expect("fewer than there are characters");
        number(&mut runs, (len << KIND_BITS) | run[0].kind());
        if let Rule::Shift(shift) = run[0] {
            signed(&mut shifts, shift - last_shift);
            last_shift = shift;
        }
        for rule in run {
            match rule {
                Rule::Text(text) => texts.push(text.as_str()),
                Rule::Composite(first, second) => {
                    signed(&mut firsts, distance(last_first, u32::from(*first)));
                    let above = u32::from(*second).checked_sub(FIRST_MARK);
                    number(&mut seconds, above.expect("no second character is below"));
                    last_first = u32::from(*first);
                }
                _ => {}
            }
        }
    }
    assert!(texts.iter().all(|text| !text.is_empty() && !text.contains('\n')));
    every_composition_stays(&rules);
    every_mapping_is_final(&rules);
    write(out, "runs.bin", runs);
    write(out, "shifts.bin", shifts);
    write(out, "texts.txt", texts.join("\n"));
    write(out, "firsts.bin", firsts);
    write(out, "seconds.bin", seconds);
}

/// Asserts that two valid characters compose to a valid one only, since the tables hold no other compositions.
fn every_composition_stays(rules: &[Rule]) {
    let decomposition = CanonicalDecompositionBorrowed::new();
    for (code, c) in code_points() {
        if rules[code as usize].stays() {
            continue;
        }
        let Some(c) = c else { continue };
        if let Decomposed::Expansion(first, second) = decomposition.decompose(c) {
            let composes = CanonicalCompositionBorrowed::new().compose(first, second).is_some();
            assert!(
                !composes || !is_valid(first) || !is_valid(second),
                "{c:?} is not in the tables"
            );
        }
    }
}

/// Asserts that mapping a character and decomposing the result gives valid characters: one look-up is enough.
fn every_mapping_is_final(rules: &[Rule]) {
    let nfd = DecomposingNormalizerBorrowed::new_nfd();
    for (_, c) in code_points() {
        let Some(c) = c else { continue };
        for part in nfd.normalize(&mapped(c)).chars() {
            assert!(rules[part as usize].stays(), "{c:?} becomes {part:?}, which does not stay");
        }
    }
}

/// Combining class, mark, bidi class and joining type of each valid character. Nothing asks for those of other
/// characters, so these continue the run before them.
fn properties(out: &Path) {
    let (mut lengths, mut numbers, mut values) = (Vec::new(), Vec::new(), Vec::<u16>::new());
    let (mut current, mut start) = (None, 0);
    let mut close = |current: Option<u16>, start: u32, end: u32| {
        let Some(value) = current else { return };
        let known = values.iter().position(|it| *it == value).unwrap_or_else(|| {
            values.push(value);
            values.len() - 1
        });
        number(&mut lengths, end - start);
        number(&mut numbers, u32::try_from(known).expect("few kinds"));
    };
    for (code, c) in code_points() {
        let Some(c) = c.filter(|c| is_valid(*c)) else { continue };
        let value = Some(property(c));
        if value != current {
            close(current, start, code);
            // The first row also covers the characters before the first valid one.
            (current, start) = (value, if current.is_none() { start } else { code });
        }
    }
    close(current, start, u32::from(char::MAX) + 1);
    write(out, "lengths.bin", lengths);
    write(out, "numbers.bin", numbers);
    write(out, "values.bin", values.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
}

fn property(c: char) -> u16 {
    let class = CanonicalCombiningClassMapBorrowed::new().get_u8(c);
    let is_mark = matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    );
    let bidi = match CodePointMapData::<BidiClass>::new().get(c) {
        BidiClass::LeftToRight => bidi::L,
        BidiClass::RightToLeft => bidi::R,
        BidiClass::ArabicLetter => bidi::AL,
        BidiClass::ArabicNumber => bidi::AN,
        BidiClass::EuropeanNumber => bidi::EN,
        BidiClass::EuropeanSeparator => bidi::ES,
        BidiClass::CommonSeparator => bidi::CS,
        BidiClass::EuropeanTerminator => bidi::ET,
        BidiClass::OtherNeutral => bidi::ON,
        BidiClass::BoundaryNeutral => bidi::BN,
        BidiClass::NonspacingMark => bidi::NSM,
        _ => OTHER_BIDI,
    };
    let joining = match CodePointMapData::<JoiningType>::new().get(c) {
        JoiningType::LeftJoining => joining::LEFT,
        JoiningType::RightJoining => joining::RIGHT,
        JoiningType::DualJoining => joining::DUAL,
        JoiningType::Transparent => joining::TRANSPARENT,
        _ => 0,
    };
    let mark = if is_mark { MARK } else { 0 };
    u16::from(class) | mark | (bidi << BIDI_SHIFT) | (joining << JOINING_SHIFT)
}
