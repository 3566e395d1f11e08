//! Optimal string alignment distance (Damerau 1964, without edits inside a transposition), and how likely
//! an edit is as a slip of the finger.

use std::cmp::Ordering;

/// Whether `a` and `b` are exactly one insertion, omission, replacement or transposition of
/// neighbours apart. Linear time, no allocation; `strsim::osa_distance` gives the same answer.
pub(super) fn one_edit_apart(a: &str, b: &str) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (long, short) = (long.as_bytes(), short.as_bytes());
    let same = long.iter().zip(short).take_while(|(x, y)| x == y).count();
    let (long, short) =
        (long.get(same..).unwrap_or_default(), short.get(same..).unwrap_or_default());
    match long.len() - short.len() {
        0 => match (long, short) {
            ([_, long @ ..], [_, short @ ..]) if long == short => true,
            ([a, b, long @ ..], [c, d, short @ ..]) => a == d && b == c && long == short,
            _ => false,
        },
        1 => long.get(1..) == Some(short),
        _ => false,
    }
}

/// Whether `a` and `b` are at most two edits apart.
pub(super) fn two_edits_apart(a: &str, b: &str) -> bool {
    a.len().abs_diff(b.len()) <= 2 && strsim::osa_distance(a, b) <= 2
}

/// How likely a slip of the finger is, the likeliest first.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Slip {
    /// Two letters in the wrong order, or one letter doubled or halved.
    Likely,
    /// A key beside the right one, a letter too many or too few.
    Possible,
    /// Another letter, which is nowhere near on a keyboard.
    Unlikely,
}

/// The kind of slip that turns `meant` into `typed`, which are one edit apart.
pub(super) fn slip(typed: &str, meant: &str) -> Slip {
    let (typed, meant) = (typed.as_bytes(), meant.as_bytes());
    let same = typed.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let at = |text: &[u8], at: usize| text.get(at).copied();
    match typed.len().cmp(&meant.len()) {
        Ordering::Equal => {
            let (wrong, right) = (at(typed, same), at(meant, same));
            let is_swapped = typed.get(same + 1..same + 2) == meant.get(same..=same)
                && meant.get(same + 1..same + 2) == typed.get(same..=same);
            if is_swapped {
                Slip::Likely
            } else if wrong.zip(right).is_some_and(|(wrong, right)| are_neighbours(wrong, right)) {
                Slip::Possible
            } else {
                Slip::Unlikely
            }
        }
        order => {
            let long = if order == Ordering::Greater { typed } else { meant };
            let extra = at(long, same);
            let is_double = same > 0 && at(long, same - 1) == extra || at(long, same + 1) == extra;
            if is_double { Slip::Likely } else { Slip::Possible }
        }
    }
}

/// Keys that change places between the three layouts, and letters with similar sounds.
const ALIKE: [&[u8; 2]; 16] = [
    b"yz", b"aq", b"wz", b"ck", b"cs", b"sz", b"iy", b"ei", b"ae", b"ao", b"ou", b"mn", b"dt",
    b"bp", b"fv", b"vw",
];

/// Whether a finger may hit one key instead of the other: they touch on the keyboards of English, French
/// or German writers, change places between these, or have similar sounds.
fn are_neighbours(a: u8, b: u8) -> bool {
    const ROWS: [&[u8]; 8] = [
        b"1234567890",
        b"qwertyuiop",
        b"asdfghjkl",
        b"zxcvbnm", // QWERTY
        b"azertyuiop",
        b"qsdfghjklm", // AZERTY
        b"qwertzuiop",
        b"yxcvbnm", // QWERTZ
    ];
    const BELOW: [(usize, usize); 6] = [(0, 1), (1, 2), (2, 3), (0, 4), (0, 6), (2, 7)];
    let place = |row: usize, key: u8| ROWS[row].iter().position(|&it| it == key);
    let beside = (0..ROWS.len()).any(
        |row| matches!((place(row, a), place(row, b)), (Some(a), Some(b)) if a.abs_diff(b) == 1),
    );
    let stacked = |upper: u8, lower: u8| {
        BELOW.iter().any(|&(above, below)| {
            // A row is shifted half a key to the right of the one above it.
            matches!((place(above, upper), place(below, lower)), (Some(a), Some(b)) if a == b || a == b + 1)
        })
    };
    let pair = [a.min(b), a.max(b)];
    beside || ALIKE.contains(&&pair) || stacked(a, b) || stacked(b, a)
}

#[cfg(test)]
mod tests {
    use super::{Slip, one_edit_apart, slip};

    #[test]
    fn typing_slips_are_ranked_by_how_easily_they_happen() {
        for (typed, meant, kind) in [
            ("amry", "army", Slip::Likely),
            ("armyy", "army", Slip::Likely),
            ("comand", "command", Slip::Likely),
            ("arny", "army", Slip::Possible),
            ("armt", "army", Slip::Possible),
            ("rmy", "army", Slip::Possible),
            ("qrmy", "army", Slip::Possible),
            ("armz", "army", Slip::Possible),
            ("dtik", "dtic", Slip::Possible),
            ("armk", "army", Slip::Unlikely),
            ("deba", "dsba", Slip::Possible),
            ("dxca", "dxpa", Slip::Unlikely),
        ] {
            assert_eq!(slip(typed, meant), kind, "{typed} {meant}");
        }
    }

    #[test]
    fn one_edit_apart_agrees_with_strsim_on_all_short_strings() {
        let alphabet = ["a", "b", "c"];
        let mut words = vec![String::new()];
        for length in 0..4 {
            let longer: Vec<_> = words
                .iter()
                .filter(|word| word.len() == length)
                .flat_map(|word| alphabet.map(|letter| format!("{word}{letter}")))
                .collect();
            words.extend(longer);
        }
        assert_eq!(words.len(), 121);
        for a in &words {
            for b in &words {
                assert_eq!(one_edit_apart(a, b), strsim::osa_distance(a, b) == 1, "{a:?} {b:?}");
            }
        }
    }
}
