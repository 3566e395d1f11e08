//! Finds where to cut a label so that one part is the first label of a protected suffix, or all of its labels: `army`
//! and `mil` in `armymil`, `acme` and `couk` in `acmecouk`.

use super::form::Form;
use crate::registry::{Shapes, length_bit, ones};

/// The texts that may be joined to a name in place of its suffix: `mil` for `mil`; `co`, `couk` and
/// `co-uk` for `co.uk`.
#[derive(Debug, Default)]
pub(super) struct Firsts {
    texts: Vec<String>,
    shapes: Shapes,
    /// The lengths that the texts have.
    lengths: Vec<usize>,
    /// The last bytes of the texts: a byte sets the bit number `byte % 32`.
    lasts: u32,
}

impl Firsts {
    pub(super) fn insert(&mut self, text: &str) {
        let Err(place) = self.place(text.as_bytes()) else { return };
        self.texts.insert(place, text.to_owned());
        self.shapes.add(text.as_bytes());
        self.lasts |= text.bytes().last().map_or(0, bit);
        if !self.lengths.contains(&text.len()) {
            self.lengths.push(text.len());
        }
    }

    /// Whether a label that ends like `end` may end in one of the texts.
    pub(super) fn may_end(&self, end: &str) -> bool {
        self.lasts & end.bytes().last().map_or(0, bit) != 0
    }

    /// The lengths, as bits, of the beginnings of `label` that may be a name and a text, joined
    /// directly or by a hyphen. `whole` has the lengths of the names with which `label` may begin;
    /// `names` finds those for a part of the label.
    pub(super) fn joined(&self, label: &[u8], whole: u32, names: impl Fn(&[u8]) -> u32) -> u32 {
        let beyond = |length: usize| {
            let (_, rest) = label.split_at_checked(length).unwrap_or_default();
            let hyphen = usize::from(rest.first() == Some(&b'-'));
            (length + hyphen, rest.get(hyphen..).unwrap_or_default())
        };
        let mut lengths = 0;
        for name in ones(whole) {
            let (start, rest) = beyond(name);
            for text in self.starting(rest) {
                lengths |= length_bit(start + text);
            }
        }
        for text in self.starting(label) {
            let (start, rest) = beyond(text);
            for name in ones(names(rest)) {
                lengths |= length_bit(start + name);
            }
        }
        lengths
    }

    /// The lengths of the texts with which `label` begins.
    fn starting(&self, label: &[u8]) -> impl Iterator<Item = usize> {
        let lengths = self.lengths.iter().copied();
        lengths.filter(|length| label.get(..*length).is_some_and(|text| self.contains(text)))
    }

    fn contains(&self, text: &[u8]) -> bool {
        self.shapes.may_have(text) && self.place(text).is_ok()
    }

    fn place(&self, text: &[u8]) -> Result<usize, usize> {
        self.texts.binary_search_by(|other| other.as_bytes().cmp(text))
    }

    /// The ways to read `label` as one of the texts and what follows it.
    pub(super) fn before<'a>(&self, label: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cuts = self.lengths_below(label.len()).filter_map(|at| label.split_at_checked(at));
        cuts.filter(|(text, _)| self.contains(text.as_bytes()))
    }

    /// The ways to cut `label` so that its second part is one of the texts.
    pub(super) fn after<'a>(&self, label: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let length = label.len();
        let cuts =
            self.lengths_below(length).filter_map(move |it| label.split_at_checked(length - it));
        cuts.filter(|(_, text)| self.contains(text.as_bytes()))
    }

    /// The lengths of texts that are shorter than `length`.
    fn lengths_below(&self, length: usize) -> impl Iterator<Item = usize> {
        self.lengths.iter().copied().filter(move |it| *it < length)
    }
}

/// Cuts `label` in each way that may leave a protected name beside other parts. Calls `named` with
/// the name, the form and, if the label has one, the text in place of the name's suffix.
pub(super) fn read(firsts: &Firsts, label: &str, mut named: impl FnMut(&str, Form, Option<&str>)) {
    if let Some(rest) = label.strip_prefix("us") {
        named(rest.strip_prefix('-').unwrap_or(rest), Form::Us, None);
    }
    for (first, rest) in firsts.before(label) {
        named(rest.strip_prefix('-').unwrap_or(rest), Form::Reversed, Some(first));
    }
    for (before, first) in firsts.after(label) {
        named(before.strip_suffix('-').unwrap_or(before), Form::Glued, Some(first));
        if let Some(name) = before.strip_prefix("us").or_else(|| before.strip_prefix("mail")) {
            named(name, Form::HostGlued, Some(first));
        }
        if let Some(name) = before.strip_prefix("us-").and_then(|name| name.strip_suffix('-')) {
            named(name, Form::HostGlued, Some(first));
        }
    }
}

fn bit(byte: u8) -> u32 {
    1 << (byte % 32)
}

#[cfg(test)]
mod tests {
    use super::Firsts;

    #[test]
    fn a_label_is_cut_after_or_before_a_known_text() {
        let mut firsts = Firsts::default();
        for text in ["mod", "mil", "gov", "mil", "co"] {
            firsts.insert(text);
        }
        let before = |label| firsts.before(label).collect::<Vec<_>>();
        let after = |label| firsts.after(label).collect::<Vec<_>>();
        assert_eq!(before("modco"), [("mod", "co")]);
        assert_eq!(after("modco"), [("mod", "co")]);
        assert_eq!(after("navy-mil"), [("navy-", "mil")]);
        assert_eq!(before("milnavy"), [("mil", "navy")]);
        for label in ["", "m", "mil", "mol", "navy", "émil", &"é".repeat(40)] {
            assert_eq!(before(label), [], "{label}");
        }
        assert_eq!(after("émil"), [("é", "mil")]);
        assert_eq!(after(&["a".repeat(80), "mil".to_owned()].concat()).len(), 1);
    }
}
