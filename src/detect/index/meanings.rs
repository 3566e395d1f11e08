//! Yields the meanings of a label one by one, so that a word such as `mail` costs ordinary mail no
//! allocation.

use super::{Form, Index, Match};

/// The meanings of a label, which [`Index::lookup`] finds.
pub(in crate::detect) struct Meanings<'a> {
    pub(super) index: &'a Index,
    pub(super) label: &'a str,
    pub(super) is_foreign: bool,
    /// The number of the next key that equals the label.
    pub(super) key: Option<usize>,
    /// The names in the label that are still to come, the next one last.
    pub(super) glued: Vec<(usize, Match<'a>)>,
}

impl<'a> Iterator for Meanings<'a> {
    type Item = Match<'a>;

    fn next(&mut self) -> Option<Match<'a>> {
        if std::mem::take(&mut self.is_foreign) {
            return Some(Match { form: Form::Foreign, entry: None });
        }
        let index = self.index;
        let glued = self.glued.last().map(|(number, _)| *number);
        let Some(number) = self.key.filter(|number| glued.is_none_or(|glued| *number > glued))
        else {
            return self.glued.pop().map(|(_, matched)| matched);
        };
        let mut before = std::iter::successors(index.by_key.before(number), |number| {
            index.by_key.before(*number)
        });
        self.key = before.find(|number| index.is_key(*number, self.label));
        let key = index.keys.get(number)?;
        Some(Match { form: key.form, entry: index.entries.get(key.entry) })
    }
}
