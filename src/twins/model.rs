//! How likely a slip is.
//!
//! There are no public counts of mistyped mail, so these weights are judgements, in the order of the
//! evidence: `.ml` for `.mil` is documented at scale (117,000 messages in half a year of 2023, Financial
//! Times, July 2023); official lists show dropped letters of the suffix and suffixes appended; typing
//! studies agree that omissions and transpositions come before neighbouring keys, and those before all other
//! letters. Only the order matters: a score is no probability.

use super::{Reach, TwinKind};
use crate::registry::Class;

/// The documented slip in the suffix: the vowel is lost, and the rest is a country's ending.
pub(super) const VOWEL_LOST: u32 = 1_000;
pub(super) const LAST_LOST: u32 = 500;
/// An address field completes the address, or a habit does.
pub(super) const COM_APPENDED: u32 = 300;
pub(super) const OTHER_APPENDED: u32 = 40;
pub(super) const DOT_LOST: u32 = 100;
pub(super) const DOT_TO_HYPHEN: u32 = 30;
pub(super) const PARTS_SWAPPED: u32 = 10;
pub(super) const DOT_MOVED: u32 = 40;
pub(super) const DOT_ADDED: u32 = 30;
/// How much less likely it is that mail goes to one host of a name than to any.
pub(super) const ONE_HOST: u32 = 20;
/// The weight of a domain that only looks alike: nobody types it by mistake; somebody sets it up to be clicked.
pub(super) const LOOKS_ALIKE: u32 = 8;
pub(super) const LOOKS_ALIKE_ASCII: u32 = 20;
pub(super) const UNFAMILIAR_SUFFIX: u32 = 4;

/// Suffixes that people mistake for the right one, and how likely each is.
pub(super) const COMMON_SUFFIXES: [(&str, u32); 12] = [
    ("com", 200),
    ("gov", 80),
    ("org", 80),
    ("net", 60),
    ("us", 60),
    ("edu", 30),
    ("info", 15),
    ("co", 15),
    ("biz", 10),
    ("int", 10),
    ("uk", 5),
    ("io", 5),
];

/// How likely a slip of this kind is in a name. `is_near` says that the key lies next to the right one.
pub(super) fn in_name(kind: TwinKind, is_near: bool) -> u32 {
    match kind {
        TwinKind::Omission | TwinKind::Transposition => 150,
        TwinKind::Repetition => 100,
        TwinKind::Replacement | TwinKind::Insertion | TwinKind::Addition => {
            if is_near {
                80
            } else {
                10
            }
        }
        TwinKind::VowelSwap => 40,
        TwinKind::Hyphenation => 20,
        TwinKind::Subdomain => DOT_ADDED,
        TwinKind::Bitsquatting => 2,
        TwinKind::Cyrillic | TwinKind::Homoglyph => LOOKS_ALIKE,
        TwinKind::TldSwap | TwinKind::Various => DOT_LOST,
    }
}

/// The weight of a slip in the suffix, where people look last: twice that in a name.
pub(super) fn in_suffix(kind: TwinKind, is_near: bool) -> u32 {
    2 * in_name(kind, is_near)
}

/// How well known a name is, from 1 to 24: names with many hosts get much mail.
pub(super) fn fame(class: Class, hosts: usize) -> u32 {
    let by_class = match class {
        Class::Strong => 8,
        Class::Plain => 4,
        Class::Generic => 3,
        Class::Weak => 1,
    };
    by_class + 2 * (hosts + 1).ilog2().min(8)
}

/// The score of a slip of this weight in a name of this fame.
pub(super) fn score(weight: u32, fame: u32, reach: Reach) -> u32 {
    let gain = match reach {
        Reach::Stranger => 50,
        Reach::Inside | Reach::Nowhere => 1,
    };
    weight * fame * gain
}

/// Whether two keys are neighbours on a QWERTY keyboard, or where QWERTZ and AZERTY differ from it.
pub(super) fn are_near(a: u8, b: u8) -> bool {
    near(a).contains(&b) || near(b).contains(&a)
}

fn near(key: u8) -> &'static [u8] {
    match key {
        b'1' => b"2q",
        b'2' => b"13qw",
        b'3' => b"24we",
        b'4' => b"35er",
        b'5' => b"46rt",
        b'6' => b"57ty",
        b'7' => b"68yu",
        b'8' => b"79ui",
        b'9' => b"80io",
        b'0' => b"9op-",
        b'-' => b"0p",
        b'q' => b"12waas",
        b'w' => b"23qeasdz",
        b'e' => b"34wrsdf",
        b'r' => b"45etdfg",
        b't' => b"56ryfghz",
        b'y' => b"67tughjz",
        b'u' => b"78yihjkz",
        b'i' => b"89uojkl",
        b'o' => b"90ipkl",
        b'p' => b"0-ol",
        b'a' => b"qwszz",
        b's' => b"qweadzx",
        b'd' => b"wersfxc",
        b'f' => b"ertdgcv",
        b'g' => b"rtyfhvb",
        b'h' => b"tyugjbn",
        b'j' => b"yuihknm",
        b'k' => b"uiojlm",
        b'l' => b"iopk",
        b'z' => b"asx",
        b'x' => b"sdzc",
        b'c' => b"dfxv",
        b'v' => b"fgcb",
        b'b' => b"ghvn",
        b'n' => b"hjbm",
        b'm' => b"jkn",
        _ => b"",
    }
}
