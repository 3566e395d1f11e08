//! The Unicode back end of the crate `idna`, in place of the usual one of the same name.
//!
//! The usual one, part of ICU4X, reads its tables in place. They would be a fifth of Milguard's
//! WebAssembly file. This one holds the same facts packed, as `build.rs` got them from ICU4X, and unpacks them at the
//! first domain that is not ASCII. `docs/decisions/javascript-builds.md` has the sizes; a test compares both crates.

mod layout;
mod normalize;
mod tables;

use layout::{BIDI_SHIFT, JOINING_SHIFT, MARK, bidi, joining};
use tables::tables;

/// A joining type (Unicode's `Joining_Type`).
#[derive(Clone, Copy, Debug)]
pub struct JoiningType(u16);

/// Several joining types.
#[derive(Clone, Copy, Debug)]
pub struct JoiningTypeMask(u32);

/// A bidi class (Unicode's `Bidi_Class`).
#[derive(Clone, Copy, Debug)]
pub struct BidiClass(u16);

/// Several bidi classes.
#[derive(Clone, Copy, Debug)]
pub struct BidiClassMask(u32);

/// The joining types that join a character to its left.
pub const LEFT_OR_DUAL_JOINING_MASK: JoiningTypeMask =
    JoiningTypeMask(mask(&[joining::LEFT, joining::DUAL]));

/// The joining types that join a character to its right.
pub const RIGHT_OR_DUAL_JOINING_MASK: JoiningTypeMask =
    JoiningTypeMask(mask(&[joining::RIGHT, joining::DUAL]));

/// The classes that make a domain one of both directions (RFC 5893 §1.4).
pub const RTL_MASK: BidiClassMask = BidiClassMask(mask(&[bidi::R, bidi::AL, bidi::AN]));

/// The classes with which a label of such a domain may begin (RFC 5893 §2, rule 1).
pub const FIRST_BC_MASK: BidiClassMask = BidiClassMask(mask(&[bidi::L, bidi::R, bidi::AL]));

/// The classes with which a label from left to right may end (rule 6).
pub const LAST_LTR_MASK: BidiClassMask = BidiClassMask(mask(&[bidi::L, bidi::EN]));

/// The classes with which a label from right to left may end (rule 3).
pub const LAST_RTL_MASK: BidiClassMask =
    BidiClassMask(mask(&[bidi::R, bidi::AL, bidi::EN, bidi::AN]));

/// The classes that a label from left to right may contain (rule 5).
pub const MIDDLE_LTR_MASK: BidiClassMask = BidiClassMask(mask(&[bidi::L, bidi::EN]) | NEUTRAL);

/// The classes that a label from right to left may contain (rule 2).
pub const MIDDLE_RTL_MASK: BidiClassMask =
    BidiClassMask(mask(&[bidi::R, bidi::AL, bidi::AN, bidi::EN]) | NEUTRAL);

/// The classes that both kinds of labels may contain.
const NEUTRAL: u32 = mask(&[bidi::ES, bidi::CS, bidi::ET, bidi::ON, bidi::BN, bidi::NSM]);

const fn mask(values: &[u16]) -> u32 {
    match values {
        [first, rest @ ..] => (1 << *first) | mask(rest),
        [] => 0,
    }
}

impl JoiningType {
    /// The mask of this type alone.
    #[must_use]
    pub fn to_mask(self) -> JoiningTypeMask {
        JoiningTypeMask(1 << self.0)
    }

    /// Whether the rules for joining ignore the character.
    #[must_use]
    pub fn is_transparent(self) -> bool {
        self.0 == joining::TRANSPARENT
    }
}

impl JoiningTypeMask {
    /// Whether the two masks have a type in common.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BidiClass {
    /// The mask of this class alone.
    #[must_use]
    pub fn to_mask(self) -> BidiClassMask {
        BidiClassMask(1 << self.0)
    }

    /// Whether the character runs from left to right.
    #[must_use]
    pub fn is_ltr(self) -> bool {
        self.0 == bidi::L
    }

    /// Whether the character takes the direction of the one before.
    #[must_use]
    pub fn is_nonspacing_mark(self) -> bool {
        self.0 == bidi::NSM
    }

    /// Whether the character is a European digit, such as `1`.
    #[must_use]
    pub fn is_european_number(self) -> bool {
        self.0 == bidi::EN
    }

    /// Whether the character is one of the Arabic digits.
    #[must_use]
    pub fn is_arabic_number(self) -> bool {
        self.0 == bidi::AN
    }
}

impl BidiClassMask {
    /// Whether the two masks have a class in common.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Answers the questions of `idna`, which asks for properties only of characters that UTS #46 leaves as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adapter(());

impl Adapter {
    /// The only value of this type.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// Whether the character joins the next one without a vowel: its combining class is 9.
    #[must_use]
    pub fn is_virama(&self, c: char) -> bool {
        tables().combining_class(c) == 9
    }

    /// Whether the character combines with the one before.
    #[must_use]
    pub fn is_mark(&self, c: char) -> bool {
        tables().properties(c) & MARK != 0
    }

    /// The bidi class of a character.
    #[must_use]
    pub fn bidi_class(&self, c: char) -> BidiClass {
        BidiClass((tables().properties(c) >> BIDI_SHIFT) & 0xf)
    }

    /// The joining type of a character.
    #[must_use]
    pub fn joining_type(&self, c: char) -> JoiningType {
        JoiningType(tables().properties(c) >> JOINING_SHIFT)
    }

    /// Maps characters as UTS #46 does and composes the result (NFC). A disallowed character becomes U+FFFD.
    pub fn map_normalize<'delegate, I: Iterator<Item = char> + 'delegate>(
        &'delegate self,
        iter: I,
    ) -> impl Iterator<Item = char> + 'delegate {
        normalize::normalize(iter, None)
    }

    /// The same for a label that claims to be mapped already: a character that would vanish also becomes U+FFFD.
    pub fn normalize_validate<'delegate, I: Iterator<Item = char> + 'delegate>(
        &'delegate self,
        iter: I,
    ) -> impl Iterator<Item = char> + 'delegate {
        normalize::normalize(iter, Some(char::REPLACEMENT_CHARACTER))
    }
}
