//! How the tables are packed: `build.rs` and the library both include this file.

/// How UTS #46 maps a run of characters, in the low bits of the run's length.
pub(crate) const KIND_BITS: u32 = 3;
/// The characters stay, and decompose into nothing else.
pub(crate) const VALID: u32 = 0;
/// The characters stay, and each decomposes into the next pair.
pub(crate) const COMPOSITE: u32 = 1;
/// No domain may contain the characters.
pub(crate) const DISALLOWED: u32 = 2;
/// The characters vanish.
pub(crate) const IGNORED: u32 = 3;
/// Each character becomes another one, all at the same distance.
pub(crate) const SHIFT: u32 = 4;
/// Each character becomes one text of a list, in the order of the list.
pub(crate) const TEXT: u32 = 5;

/// No second character of a pair is below this one.
pub(crate) const FIRST_MARK: u32 = 0x300;

/// A character's properties: the combining class in the low eight bits, then mark, bidi class and joining type.
pub(crate) const MARK: u16 = 1 << 8;
pub(crate) const BIDI_SHIFT: u32 = 9;
pub(crate) const JOINING_SHIFT: u32 = 13;

/// Bidi classes that UTS #46 tells apart. All others share the next number.
pub(crate) mod bidi {
    pub(crate) const L: u16 = 0;
    pub(crate) const R: u16 = 1;
    pub(crate) const AL: u16 = 2;
    pub(crate) const AN: u16 = 3;
    pub(crate) const EN: u16 = 4;
    pub(crate) const ES: u16 = 5;
    pub(crate) const CS: u16 = 6;
    pub(crate) const ET: u16 = 7;
    pub(crate) const ON: u16 = 8;
    pub(crate) const BN: u16 = 9;
    pub(crate) const NSM: u16 = 10;
}

/// Joining types that the rule for the zero-width non-joiner tells apart. All others are 0.
pub(crate) mod joining {
    pub(crate) const LEFT: u16 = 1;
    pub(crate) const RIGHT: u16 = 2;
    pub(crate) const DUAL: u16 = 3;
    pub(crate) const TRANSPARENT: u16 = 4;
}
