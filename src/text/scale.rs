//! The scale of a chart: what its lines stand for, and how high a value is.

/// From zero to a little above the highest value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scale {
    step: u64,
    top: u64,
}

impl Scale {
    /// The scale for values up to `most`, with at most `lines` lines above the one at zero. Their distance is 1, 2 or 5
    /// times a power of ten.
    pub(crate) fn new(most: u64, lines: u64) -> Self {
        let mut power = 1;
        loop {
            for step in [power, 2 * power, 5 * power] {
                if most.div_ceil(step) <= lines {
                    return Self { step, top: most.div_ceil(step) * step };
                }
            }
            power *= 10;
        }
    }

    /// The values of the lines, from zero up.
    pub(crate) fn lines(self) -> impl DoubleEndedIterator<Item = u64> {
        (0..=self.top / self.step.max(1)).map(move |line| line * self.step)
    }

    /// The height of a value, as a part of the height of the scale.
    #[expect(clippy::cast_precision_loss, reason = "a drawing has no more than a thousand pixels")]
    pub(crate) fn share(self, value: u64) -> f64 {
        value as f64 / self.top.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn grid_lines_are_few_and_at_round_numbers() {
        let five = [(1, 1), (5, 1), (6, 2), (11, 5), (26, 10), (999, 200), (1_000_000, 200_000)];
        let four = [(1, 1), (5, 2), (9, 5), (21, 10), (999, 500), (4_001, 2_000)];
        let cases = five.map(|case| (5, case)).into_iter().chain(four.map(|case| (4, case)));
        for (most_lines, (most, step)) in cases {
            let lines: Vec<u64> = Scale::new(most, most_lines).lines().collect();
            assert_eq!(lines[..2], [0, step], "{most}");
            assert!(lines.len() as u64 <= most_lines + 1, "{most}: {lines:?}");
            assert!(lines.last() >= Some(&most), "{most}: {lines:?}");
        }
        assert_eq!(Scale::new(0, 4).lines().collect::<Vec<_>>(), [0]);
        assert!(Scale::new(u64::MAX / 2, 4).step > 0);
    }
}
