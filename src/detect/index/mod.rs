//! The protected names, compiled for look-ups by label.
//!
//! The names are the keys of one hash table, so a look-up costs the same for one protected name and
//! for a million. A label that holds more than the name (`armymil`, `army-mil`, `usarmy` …) is cut
//! where it can be cut, and the rest is looked up: a mail client that starts to check one message
//! would otherwise wait until every form of every name is in a table. One-edit neighbours are found
//! through [`Deletions`].

mod meanings;

use std::ops::Range;
use std::sync::OnceLock;

use super::deletions::{Deletions, hash_without};
use super::edit::one_edit_apart;
pub(super) use super::form::Form;
use super::glued::{self, Firsts};
pub(super) use super::suffix::Suffix;
use crate::chains::{Chains, hash};
use crate::domain::skeleton;
use crate::policy::Protected;
use crate::registry::{self, Class, Marks, MilName, Shapes};
use meanings::Meanings;

/// A protected name and the suffix it belongs under.
#[derive(Debug)]
pub(super) struct ProtectedName {
    name: Range<usize>,
    suffix: usize,
    pub(super) class: Class,
    pub(super) marks: Marks,
}

#[derive(Debug)]
struct Key {
    text: Range<usize>,
    entry: usize,
    form: Form,
}

/// The compiled set of protected suffixes, domains and registered names.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// All suffixes, the protected ones first.
    suffixes: Vec<Suffix>,
    protected_suffixes: usize,
    has_domains: bool,
    by_suffix: Chains,
    entries: Vec<ProtectedName>,
    /// All keys, one after the other.
    text: String,
    keys: Vec<Key>,
    by_key: Chains,
    /// Rules out most labels, and parts of labels, without a look-up: they do not look like any
    /// key.
    shapes: Shapes,
    /// Those of words that people put beside a name.
    dressing: Shapes,
    /// Those of the first labels of other countries' military domains.
    foreign: Shapes,
    /// The first labels of the names' suffixes: `mil`.
    firsts: Firsts,
    /// The entries by the skeletons of their names, made at the first look-up.
    skeletons: OnceLock<Chains>,
    /// The one-edit neighbours, made at the first look-up. Ordinary mail never needs them, and a mail
    /// client that starts to check one message would otherwise wait for them.
    deletions: OnceLock<Deletions>,
}

impl Index {
    /// Compiles what a policy protects. `.mil` brings its registered names.
    pub(super) fn new(protected: &Protected) -> Self {
        let mut index = Self {
            dressing: registry::dressing(),
            foreign: registry::foreign_labels(),
            ..Self::default()
        };
        for text in &protected.suffixes {
            let suffix = index.suffix(text, true);
            let first = text.split('.').next().unwrap_or_default();
            index.key(first, usize::MAX, Form::Suffix);
            if text == "mil" {
                index.suffixes[suffix].listed = true;
                index.by_key.reserve(registry::mil_entries().count());
                for MilName { name, class, marks } in registry::mil_entries() {
                    index.insert(name, suffix, class, marks);
                }
                for (guess, meant) in registry::guessed_names() {
                    let name = meant.rsplit('.').next().unwrap_or_default();
                    let key = index.find(name).next().and_then(|number| index.keys.get(number));
                    if let Some(entry) = key.map(|key| key.entry) {
                        index.key(guess, entry, Form::Guess);
                    }
                }
            }
        }
        for domain in &protected.domains {
            let Some((name, suffix)) = domain.split_once('.') else { continue };
            if index.is_domain(domain) {
                continue;
            }
            let suffix = index.suffix(suffix, false);
            // The longer a name, the less likely it is that somebody else has it under another
            // suffix.
            let class = if name.len() >= 6 { Class::Strong } else { Class::Plain };
            // The policy may list names that the registry has too.
            if !index.has(name, suffix) {
                index.insert(name, suffix, class, Marks::default());
            }
            index.key(domain, usize::MAX, Form::Domain);
            index.has_domains = true;
        }
        index
    }

    fn suffix(&mut self, text: &str, protected: bool) -> usize {
        let hash = hash(text.bytes());
        let known = |at: &usize| self.suffixes.get(*at).is_some_and(|it| it.text == text);
        if let Some(at) = self.by_suffix.get(hash).find(known) {
            return at;
        }
        let suffix = Suffix::new(text, protected);
        self.shapes.add(suffix.flat.as_bytes());
        self.shapes.add(suffix.hyphenated.as_bytes());
        self.suffixes.push(suffix);
        self.protected_suffixes += usize::from(protected);
        self.by_suffix.push(hash);
        self.suffixes.len() - 1
    }

    fn has(&self, name: &str, suffix: usize) -> bool {
        self.lookup(name).any(|found| {
            found.form == Form::Name && found.entry.is_some_and(|it| it.suffix == suffix)
        })
    }

    fn insert(&mut self, name: &str, suffix: usize, class: Class, marks: Marks) {
        let entry = self.entries.len();
        let start = self.text.len();
        self.key(name, entry, Form::Name);
        self.entries.push(ProtectedName { name: start..start + name.len(), suffix, class, marks });
        let suffix = &mut self.suffixes[suffix];
        if !std::mem::replace(&mut suffix.has_names, true) {
            for joined in suffix.joined() {
                self.firsts.insert(joined);
            }
        }
    }

    fn key(&mut self, key: &str, entry: usize, form: Form) {
        let start = self.text.len();
        self.text.push_str(key);
        self.by_key.push(hash(key.bytes()));
        self.shapes.add(key.as_bytes());
        self.keys.push(Key { text: start..self.text.len(), entry, form });
    }

    /// The suffixes below which every domain is protected.
    pub(super) fn protected_suffixes(&self) -> &[Suffix] {
        self.suffixes.get(..self.protected_suffixes).unwrap_or_default()
    }

    /// The suffix with this text, if a protected name is below it.
    pub(super) fn suffix_named(&self, text: &str) -> Option<&Suffix> {
        let mut numbers = self.by_suffix.get(hash(text.bytes()));
        numbers.find_map(|at| self.suffixes.get(at).filter(|suffix| suffix.text == text))
    }

    /// Whether policy protects single domains.
    pub(super) fn has_domains(&self) -> bool {
        self.has_domains
    }

    /// Whether `domain` is one of the protected domains themselves.
    pub(super) fn is_domain(&self, domain: &str) -> bool {
        self.has_domains() && self.lookup(domain).any(|matched| matched.form == Form::Domain)
    }

    /// Whether `label` is a protected name that is also a word or a brand.
    pub(super) fn is_generic(&self, label: &str) -> bool {
        let mut named = self.lookup(label).filter(|matched| matched.form == Form::Name);
        named.any(|matched| matched.entry.is_some_and(|entry| entry.class == Class::Generic))
    }

    /// An entry's name: `army`.
    pub(super) fn name(&self, entry: &ProtectedName) -> &str {
        self.text.get(entry.name.clone()).unwrap_or_default()
    }

    /// An entry's suffix: `mil`.
    pub(super) fn suffix_of(&self, entry: &ProtectedName) -> &Suffix {
        &self.suffixes[entry.suffix]
    }

    /// The protected name in a domain, with its suffix (`army.mil` for `us.army.mil`), registered
    /// or not. For a protected suffix alone, that suffix; for a domain outside every protected
    /// suffix and domain, `None`.
    pub(super) fn below_suffix<'a>(&self, domain: &'a str) -> Option<&'a str> {
        for suffix in self.protected_suffixes() {
            if domain == suffix.text {
                return Some(domain);
            }
            if let Some(before) =
                domain.strip_suffix(&suffix.text).and_then(|it| it.strip_suffix('.'))
            {
                let name = before.rsplit('.').next().unwrap_or_default();
                return domain.get(before.len() - name.len()..);
            }
        }
        std::iter::successors(Some(domain), |it| it.split_once('.').map(|it| it.1))
            .find(|parent| self.is_domain(parent))
    }

    /// The meanings of `label`; almost every label has none. The name that the policy added last
    /// comes first.
    pub(super) fn lookup<'a>(&'a self, label: &'a str) -> Meanings<'a> {
        let is_foreign = self.foreign.may_have(label.as_bytes());
        Meanings { is_foreign, ..self.names_in(label) }
    }

    /// Whether people put `word` beside protected names.
    pub(super) fn is_dressing(&self, word: &str) -> bool {
        self.dressing.may_have(word.as_bytes()) && registry::is_dressing(word)
    }

    /// The meanings of `label` as a part of a word. Names of other countries have no meaning there.
    pub(super) fn names_in<'a>(&'a self, label: &'a str) -> Meanings<'a> {
        let key = self.find(label).next();
        Meanings { index: self, label, is_foreign: false, key, glued: self.glued(label) }
    }

    /// The lengths, as bits, of the words with which `label` may begin: protected names, suffixes, both in one,
    /// and words that people put beside them.
    pub(super) fn starting(&self, label: &[u8]) -> u32 {
        let names = |text: &[u8]| self.shapes.starting(text);
        let whole = names(label);
        whole | self.firsts.joined(label, whole, names) | self.dressing.starting(label)
    }

    /// Whether a label that ends like `end` may be a protected name joined to its suffix.
    pub(super) fn may_end_glued(&self, end: &str) -> bool {
        self.firsts.may_end(end)
    }

    /// The protected names that `label` holds beside other parts, and the numbers of their keys in ascending
    /// order. Ordinary labels hold none, which needs no allocation.
    fn glued(&self, label: &str) -> Vec<(usize, Match<'_>)> {
        let mut found: Vec<(usize, Match<'_>)> = Vec::new();
        glued::read(&self.firsts, label, |name, form, first| {
            for number in self.find(name) {
                let Some(entry) = self.named(number) else { continue };
                let has_first =
                    first.is_none_or(|first| self.suffix_of(entry).joined().contains(&first));
                if has_first && form.is_of(entry.class, entry.marks) {
                    let place = found.partition_point(|(other, _)| *other < number);
                    found.insert(place, (number, Match { form, entry: Some(entry) }));
                }
            }
        });
        found
    }

    /// The one entry below `suffix` whose name looks like `label` and is not `label`, also where `nn` stands for `m`. The
    /// `m` of a short name stays: `dnna` is no `dma`.
    pub(super) fn lookup_skeleton(&self, label: &str, suffix: &Suffix) -> Option<&ProtectedName> {
        self.lookup_alike(label, label, suffix).or_else(|| {
            let read = label.replace("nn", "m");
            let is_long = read.len() < label.len() && read.len() > 3;
            if is_long { self.lookup_alike(&read, label, suffix) } else { None }
        })
    }

    /// The one entry below `suffix` whose name has the skeleton of `read` and is not `label`.
    fn lookup_alike(&self, read: &str, label: &str, suffix: &Suffix) -> Option<&ProtectedName> {
        let skeletons = self.skeletons.get_or_init(|| {
            let mut skeletons = Chains::default();
            skeletons.reserve(self.entries.len());
            for entry in &self.entries {
                skeletons.push(hash(skeleton(self.name(entry))));
            }
            skeletons
        });
        let mut alike = skeletons
            .get(hash(skeleton(read)))
            .filter_map(|at| self.entries.get(at))
            .filter(|entry| entry.class > Class::Weak && self.name(entry) != label)
            .filter(|entry| skeleton(self.name(entry)).eq(skeleton(read)))
            .filter(|entry| self.suffix_of(entry).text == suffix.text);
        // `d1a` may be `dia` or `dla`.
        let only = alike.next();
        if alike.next().is_some() { None } else { only }
    }

    /// The entries below `suffix` whose name is one edit from `label`, weak ones left out.
    pub(super) fn neighbours(&self, label: &str, suffix: &Suffix) -> Vec<&ProtectedName> {
        let bytes = label.as_bytes();
        let is_below = |&at: &usize| {
            self.entries.get(at).is_some_and(|entry| {
                entry.class > Class::Weak && self.suffix_of(entry).text == suffix.text
            })
        };
        let deletions = self.deletions.get_or_init(|| {
            let entries = self.entries.iter().enumerate();
            let entries = entries.filter(|(_, entry)| entry.class > Class::Weak);
            Deletions::new(entries.map(|(number, entry)| (number, self.name(entry))))
        });
        let whole = deletions.get(hash(label.bytes()));
        let mut found: Vec<usize> = whole.filter(is_below).collect();
        for left_out in 0..bytes.len() {
            let hash = hash_without(bytes, left_out);
            found.extend(deletions.get(hash).filter(is_below));
            // If `label` has a character too many, it is the name itself without that character.
            let named = self.by_key.get(hash).filter_map(|number| self.keys.get(number));
            let named = named.filter(|key| key.form == Form::Name).map(|key| key.entry);
            found.extend(named.filter(is_below));
        }
        // The same entry can be found in more than one way.
        let mut seen: Vec<usize> = Vec::new();
        for entry in found {
            if !seen.contains(&entry) {
                seen.push(entry);
            }
        }
        seen.into_iter()
            .filter_map(|at| self.entries.get(at))
            .filter(|entry| one_edit_apart(self.name(entry), label))
            .collect()
    }

    /// The listed name below `suffix` that equals `label`, or that the sender most probably meant by
    /// it. Returns `label` if it resembles no listed name, `None` if several names are equally close.
    pub(super) fn nearest<'a>(&'a self, label: &'a str, suffix: &Suffix) -> Option<&'a str> {
        let mut named = self.lookup(label).filter(|matched| matched.form == Form::Name);
        if named.any(|it| it.entry.is_some_and(|entry| self.suffix_of(entry).text == suffix.text)) {
            return Some(label);
        }
        if let Some(entry) = self.lookup_skeleton(label, suffix) {
            return Some(self.name(entry));
        }
        match self.neighbours(label, suffix)[..] {
            [entry] if self.name(entry).len() >= 4 => Some(self.name(entry)),
            [] => Some(label),
            // Every short label has neighbours, so the label as written is the likeliest.
            _ if (2..4).contains(&label.len()) => Some(label),
            _ => None,
        }
    }

    /// The numbers of the keys that are `text`, the last one first.
    fn find(&self, text: &str) -> impl Iterator<Item = usize> {
        let last =
            self.shapes.may_have(text.as_bytes()).then(|| self.by_key.last(hash(text.bytes())));
        let numbers = std::iter::successors(last.flatten(), |number| self.by_key.before(*number));
        numbers.filter(move |number| self.is_key(*number, text))
    }

    fn is_key(&self, number: usize, text: &str) -> bool {
        self.keys.get(number).is_some_and(|key| self.text.get(key.text.clone()) == Some(text))
    }

    /// The entry of a registry for the name `text`.
    pub(super) fn listed(&self, text: &str) -> Option<&ProtectedName> {
        let mut entries = self.find(text).filter_map(|number| self.named(number));
        entries.find(|entry| self.suffix_of(entry).listed)
    }

    /// The entry that a key names, if it is a name.
    fn named(&self, number: usize) -> Option<&ProtectedName> {
        let key = self.keys.get(number).filter(|key| key.form == Form::Name)?;
        self.entries.get(key.entry)
    }
}

/// Joins `left` and `right` to one label in `buffer`. Ordinary mail reaches this code and must not
/// cost an allocation.
pub(super) fn joined<'a>(buffer: &'a mut [u8; 128], left: &str, right: &str) -> &'a str {
    let length = left.len() + right.len();
    let bytes = buffer.get_mut(..length);
    if let Some((head, tail)) = bytes.and_then(|it| it.split_at_mut_checked(left.len())) {
        head.copy_from_slice(left.as_bytes());
        tail.copy_from_slice(right.as_bytes());
    }
    buffer.get(..length).and_then(|label| str::from_utf8(label).ok()).unwrap_or_default()
}

/// A meaning of a label. `entry` is `None` for [`Form::Suffix`], [`Form::Domain`] and
/// [`Form::Foreign`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Match<'a> {
    pub(super) form: Form,
    pub(super) entry: Option<&'a ProtectedName>,
}
