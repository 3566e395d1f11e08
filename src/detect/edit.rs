//! Optimal string alignment distance (Damerau 1964, without edits inside a transposition).

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

#[cfg(test)]
mod tests {
    use super::one_edit_apart;

    #[test]
    fn agrees_with_strsim_on_all_short_strings() {
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
