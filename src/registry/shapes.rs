//! Rules out, by length and three bytes, that a text is in a set.

/// What the texts of a set look like. The checker looks up many texts, and almost none of them is
/// in the set: four bit tests rule out nearly all others before the checker hashes or compares a
/// text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shapes {
    /// By first byte (`byte % 32`): the lengths of the texts that begin with it, as bits.
    lengths: [u32; 32],
    /// By first byte: the second bytes (`byte % 32`) of these texts, as bits.
    seconds: [u32; 32],
    /// By first byte and length: the last bytes, as bits.
    lasts: [u32; 128],
}

impl Shapes {
    /// Adds the shape of `text`, which is ASCII.
    pub(crate) fn add(&mut self, text: &[u8]) {
        let [first, ..] = text else { return };
        let row = (*first % 32) as usize;
        self.lengths[row] |= length_bit(text.len());
        self.seconds[row] |= bit(second(text));
        self.lasts[place(*first, text.len())] |= bit(text[text.len() - 1]);
    }

    /// Whether a text of the set may be `text`; false for almost every other text.
    pub(crate) fn may_have(&self, text: &[u8]) -> bool {
        let ([first, ..], [.., last]) = (text, text) else { return false };
        let lengths = self.beginning(*first, second(text));
        lengths & length_bit(text.len()) != 0 && self.may_end(*first, text.len(), *last)
    }

    /// The lengths, as bits, of the texts of the set with which `text` may begin; all have less than 31 bytes.
    pub(crate) fn starting(&self, text: &[u8]) -> u32 {
        let [first, ..] = text else { return 0 };
        let fits = length_bit(text.len()) | (length_bit(text.len()) - 1);
        let lengths = self.beginning(*first, second(text)) & fits & !(1 << 31);
        let mut possible = 0;
        for length in ones(lengths) {
            if text.get(length - 1).is_some_and(|last| self.may_end(*first, length, *last)) {
                possible |= length_bit(length);
            }
        }
        possible
    }

    /// The lengths, as bits, of the texts that begin with these two bytes, and of those that
    /// consist of the first byte alone.
    fn beginning(&self, first: u8, second: u8) -> u32 {
        let row = usize::from(first % 32);
        let lengths = if self.seconds[row] & bit(second) == 0 { 1 << 1 } else { u32::MAX };
        self.lengths[row] & lengths
    }

    fn may_end(&self, first: u8, length: usize, last: u8) -> bool {
        self.lasts[place(first, length)] & bit(last) != 0
    }
}

/// The numbers of the bits that are set, in ascending order.
pub(crate) fn ones(mut bits: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        lowest
    })
}

impl Default for Shapes {
    fn default() -> Self {
        Self { lengths: [0; 32], seconds: [0; 32], lasts: [0; 128] }
    }
}

/// The second byte; zero where there is none.
fn second(text: &[u8]) -> u8 {
    if text.len() > 1 { text[1] } else { 0 }
}

fn bit(byte: u8) -> u32 {
    1 << (byte % 32)
}

/// The bit for a length; bit 31 stands for all from 31 on.
pub(crate) fn length_bit(length: usize) -> u32 {
    1 << if length < 31 { length } else { 31 }
}

/// The place in `lasts` for texts with this first byte and length (modulo 4).
fn place(first: u8, length: usize) -> usize {
    (first % 32) as usize + 32 * (length % 4)
}

#[cfg(test)]
mod tests {
    use super::{Shapes, ones};

    #[test]
    fn the_filter_finds_every_text_that_was_added() {
        let long = [300, 31, 32].map(|length| "b".repeat(length));
        let texts = ["a", "ab", "army", "navy", "mil", "us", &long[0], &long[1], &long[2]];
        let mut shapes = Shapes::default();
        for text in texts {
            shapes.add(text.as_bytes());
        }
        for text in texts {
            assert!(shapes.may_have(text.as_bytes()), "{text}");
            let longer = [text, "z"].concat();
            let is_found = ones(shapes.starting(longer.as_bytes())).any(|it| it == text.len());
            assert_eq!(is_found, text.len() < 31, "{text}");
        }
    }

    #[test]
    fn the_filter_refuses_texts_with_another_length_or_end() {
        let mut shapes = Shapes::default();
        for text in ["army", "mil", "mail"] {
            shapes.add(text.as_bytes());
        }
        for text in ["", "a", "arm", "armx", "armyy", "xrmy", "axmy", "mild", "ail", "é"] {
            assert!(!shapes.may_have(text.as_bytes()), "{text}");
        }
        let starting = |text: &str| ones(shapes.starting(text.as_bytes())).collect::<Vec<_>>();
        assert_eq!(starting("mil"), [3]);
        assert_eq!(starting("milestone"), [3]);
        assert_eq!(starting("mailmail"), [4]);
        for text in ["", "m", "mi", "mx", "mad", "xmil"] {
            assert!(starting(text).is_empty(), "{text}");
        }
    }
}
