//! Where a label can be cut so that one part is the first label of a protected suffix: `army` and
//! `mil` in `armymil`.

use super::form::Form;

/// The longest label.
const MAX_LABEL: usize = 63;

/// The first labels of suffixes: `mil` of `mil`, `mod` of `mod.uk`.
#[derive(Debug)]
pub(super) struct Firsts {
    texts: Vec<String>,
    /// For each length that a text has, the bits (`byte % 32`) of their first and of their last bytes;
    /// zero for other lengths. Almost no label has the right bytes in the right places.
    ends: [(u32, u32); MAX_LABEL],
    /// The lengths that a text has.
    lengths: Vec<usize>,
}

impl Default for Firsts {
    fn default() -> Self {
        Self { texts: Vec::new(), ends: [(0, 0); MAX_LABEL], lengths: Vec::new() }
    }
}

impl Firsts {
    pub(super) fn insert(&mut self, text: &str) {
        // The names below one suffix mostly come one after the other.
        if self.texts.last().is_some_and(|last| last == text) || self.contains(text) {
            return;
        }
        let ([first, ..], [.., last]) = (text.as_bytes(), text.as_bytes()) else { return };
        let Some(ends) = self.ends.get_mut(text.len()) else { return };
        ends.0 |= bit(*first);
        ends.1 |= bit(*last);
        if !self.lengths.contains(&text.len()) {
            self.lengths.push(text.len());
        }
        let place = self.texts.partition_point(|other| other.as_str() < text);
        self.texts.insert(place, text.to_owned());
    }

    fn contains(&self, text: &str) -> bool {
        let ([first, ..], [.., last]) = (text.as_bytes(), text.as_bytes()) else { return false };
        self.ends
            .get(text.len())
            .is_some_and(|(firsts, lasts)| firsts & bit(*first) != 0 && lasts & bit(*last) != 0)
            && self.texts.binary_search_by(|other| other.as_str().cmp(text)).is_ok()
    }

    /// The ways to read `label` as one of the texts and what follows it.
    pub(super) fn before<'a>(&self, label: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cuts = self.lengths_below(label.len()).filter_map(|at| label.split_at_checked(at));
        cuts.filter(|(text, _)| self.contains(text))
    }

    /// The ways to read `label` as something and one of the texts.
    pub(super) fn after<'a>(&self, label: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let length = label.len();
        let cuts =
            self.lengths_below(length).filter_map(move |it| label.split_at_checked(length - it));
        cuts.filter(|(_, text)| self.contains(text))
    }

    /// The lengths that a text has, less than `length`.
    fn lengths_below(&self, length: usize) -> impl Iterator<Item = usize> {
        self.lengths.iter().copied().filter(move |it| *it < length)
    }
}

/// Cuts `label` in all ways in which it may hold a protected name beside other parts, and passes on the name, the form
/// and, if it stood there, the first label of the name's suffix.
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
    fn labels_are_cut_where_a_text_begins_or_ends() {
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
