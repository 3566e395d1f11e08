//! The packed Unicode tables of `idna_adapter` beside ICU4X, which they are packed from: for each
//! character, for pairs of characters, and for texts.

use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::CodePointMapData;
use icu_properties::props::{BidiClass, CanonicalCombiningClass, GeneralCategory, JoiningType};
use idna_adapter::{Adapter, BidiClassMask, JoiningTypeMask};

const ICU: Uts46MapperBorrowed<'static> = Uts46MapperBorrowed::new();
const PACKED: Adapter = Adapter::new();

/// Asserts that both adapters map and validate the text alike.
fn assert_alike(text: &[char]) {
    let chars = || text.iter().copied();
    let (mapped, wanted) = (PACKED.map_normalize(chars()), ICU.map_normalize(chars()));
    assert!(mapped.eq(wanted), "{text:?} is mapped in another way");
    let (checked, wanted) = (PACKED.normalize_validate(chars()), ICU.normalize_validate(chars()));
    assert!(checked.eq(wanted), "{text:?} is validated in another way");
}

fn is_valid(c: char) -> bool {
    ICU.map_normalize([c].into_iter()).eq([c])
}

/// Characters that change what stands before or behind them.
fn combining() -> Vec<char> {
    let class = CodePointMapData::<CanonicalCombiningClass>::new();
    let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
    let mut found: Vec<char> = ('\0'..=char::MAX)
        .filter(|c| class.get(*c) != CanonicalCombiningClass::NotReordered)
        .collect();
    for c in '\0'..=char::MAX {
        // Of the Korean syllables a few are enough: they are composed by arithmetic.
        if !('\u{ac02}'..'\u{d7a0}').contains(&c) {
            let text = c.to_string();
            let decomposed = nfd.normalize(&text);
            if decomposed != text {
                found.push(c);
                found.extend(decomposed.chars());
            }
        }
    }
    found.extend([
        'a', '-', '.', '\u{200c}', '\u{200d}', '\u{ad}', '\u{fffd}', '\u{1100}', '\u{1175}',
        '\u{11a7}',
    ]);
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn every_character_becomes_what_icu_makes_of_it() {
    ('\0'..=char::MAX).for_each(|c| assert_alike(&[c]));
}

#[test]
fn every_pair_of_characters_composes_as_in_icu() {
    let nfd = icu_normalizer::DecomposingNormalizerBorrowed::new_nfd();
    let combining = combining();
    // Every second character of a decomposition, to be tried behind every first one.
    let mut seconds: Vec<char> = combining
        .iter()
        .flat_map(|c| nfd.normalize(&c.to_string()).chars().skip(1).collect::<Vec<_>>())
        .chain(['\u{1161}', '\u{11a7}', '\u{11a8}', '\u{11c2}', '\u{11c3}', '\u{ad}', 'a'])
        .collect();
    seconds.sort_unstable();
    seconds.dedup();
    assert!(combining.len() > 2_000 && seconds.len() > 80);
    for &first in &combining {
        for &second in &seconds {
            assert_alike(&[first, second]);
        }
    }
}

#[test]
fn every_text_becomes_what_icu_makes_of_it() {
    let combining = combining();
    let mut state: u64 = 46;
    let mut draw = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..300_000 {
        let text: Vec<char> = (0..draw(12))
            .filter_map(|_| match draw(4) {
                // A character from all of Unicode, from the range where most characters are, or one
                // that combines.
                0 => char::from_u32(u32::try_from(draw(0x11_0000)).unwrap()),
                1 => char::from_u32(u32::try_from(draw(0x3100)).unwrap()),
                _ => combining.get(draw(combining.len())).copied(),
            })
            .collect();
        assert_alike(&text);
    }
}

#[test]
fn a_long_row_of_marks_is_put_in_order() {
    let marks: Vec<char> = combining().into_iter().cycle().take(20_000).collect();
    assert_alike(&marks);
}

#[test]
fn every_character_that_stays_has_the_properties_that_icu_knows() {
    let class = CodePointMapData::<CanonicalCombiningClass>::new();
    let category = CodePointMapData::<GeneralCategory>::new();
    for c in ('\0'..=char::MAX).filter(|c| is_valid(*c)) {
        assert_eq!(PACKED.is_virama(c), class.get(c) == CanonicalCombiningClass::Virama, "{c:?}");
        let is_mark = matches!(
            category.get(c),
            GeneralCategory::NonspacingMark
                | GeneralCategory::SpacingMark
                | GeneralCategory::EnclosingMark
        );
        assert_eq!(PACKED.is_mark(c), is_mark, "{c:?}");
    }
}

#[test]
fn every_character_that_stays_has_the_direction_that_icu_knows() {
    let classes = CodePointMapData::<BidiClass>::new();
    let masks: [(BidiClassMask, &[BidiClass]); 6] = [
        (
            idna_adapter::RTL_MASK,
            &[BidiClass::RightToLeft, BidiClass::ArabicLetter, BidiClass::ArabicNumber],
        ),
        (
            idna_adapter::FIRST_BC_MASK,
            &[BidiClass::LeftToRight, BidiClass::RightToLeft, BidiClass::ArabicLetter],
        ),
        (idna_adapter::LAST_LTR_MASK, &[BidiClass::LeftToRight, BidiClass::EuropeanNumber]),
        (
            idna_adapter::LAST_RTL_MASK,
            &[
                BidiClass::RightToLeft,
                BidiClass::ArabicLetter,
                BidiClass::EuropeanNumber,
                BidiClass::ArabicNumber,
            ],
        ),
        (
            idna_adapter::MIDDLE_LTR_MASK,
            &[
                BidiClass::LeftToRight,
                BidiClass::EuropeanNumber,
                BidiClass::EuropeanSeparator,
                BidiClass::CommonSeparator,
                BidiClass::EuropeanTerminator,
                BidiClass::OtherNeutral,
                BidiClass::BoundaryNeutral,
                BidiClass::NonspacingMark,
            ],
        ),
        (
            idna_adapter::MIDDLE_RTL_MASK,
            &[
                BidiClass::RightToLeft,
                BidiClass::ArabicLetter,
                BidiClass::ArabicNumber,
                BidiClass::EuropeanNumber,
                BidiClass::EuropeanSeparator,
                BidiClass::CommonSeparator,
                BidiClass::EuropeanTerminator,
                BidiClass::OtherNeutral,
                BidiClass::BoundaryNeutral,
                BidiClass::NonspacingMark,
            ],
        ),
    ];
    for c in ('\0'..=char::MAX).filter(|c| is_valid(*c)) {
        let (packed, wanted) = (PACKED.bidi_class(c), classes.get(c));
        for (at, (mask, members)) in masks.iter().enumerate() {
            assert_eq!(packed.to_mask().intersects(*mask), members.contains(&wanted), "{c:?} {at}");
        }
        assert_eq!(packed.is_ltr(), wanted == BidiClass::LeftToRight, "{c:?}");
        assert_eq!(packed.is_nonspacing_mark(), wanted == BidiClass::NonspacingMark, "{c:?}");
        assert_eq!(packed.is_european_number(), wanted == BidiClass::EuropeanNumber, "{c:?}");
        assert_eq!(packed.is_arabic_number(), wanted == BidiClass::ArabicNumber, "{c:?}");
    }
}

#[test]
fn every_character_that_stays_joins_as_in_icu() {
    let types = CodePointMapData::<JoiningType>::new();
    let is_in = |mask: JoiningTypeMask, c: char| PACKED.joining_type(c).to_mask().intersects(mask);
    for c in ('\0'..=char::MAX).filter(|c| is_valid(*c)) {
        let wanted = types.get(c);
        let (left, right) = (
            is_in(idna_adapter::LEFT_OR_DUAL_JOINING_MASK, c),
            is_in(idna_adapter::RIGHT_OR_DUAL_JOINING_MASK, c),
        );
        let is_dual = wanted == JoiningType::DualJoining;
        assert_eq!(left, is_dual || wanted == JoiningType::LeftJoining, "{c:?}");
        assert_eq!(right, is_dual || wanted == JoiningType::RightJoining, "{c:?}");
        let is_transparent = PACKED.joining_type(c).is_transparent();
        assert_eq!(is_transparent, wanted == JoiningType::Transparent, "{c:?}");
    }
}
