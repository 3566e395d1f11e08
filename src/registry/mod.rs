//! The embedded tables: names registered below `.mil`, top-level domains, public suffixes, other
//! countries' military domains, confusable characters.
//!
//! `build.rs` makes them from `data/`; `data/PROVENANCE.md` names the source of each. All names are
//! lower-case A-labels.

mod shapes;
mod table;

pub(crate) use shapes::{Shapes, length_bit, ones};
use table::Table;

macro_rules! table {
    ($name:literal) => {
        Table::new(include_str!(concat!(env!("OUT_DIR"), "/", $name, ".txt")))
    };
}

const NAMES: Table = table!("names");
const TLDS: Table = table!("tlds");
const PUBLIC_SUFFIXES: Table = table!("public_suffixes");
const FOREIGN_MILITARY: Table = table!("foreign_military");
const REAL: Table = table!("real");
const DRESSING: Table = table!("dressing");
const GUESSED_NAMES: Table = table!("guessed_names");
const SEEN_NAMES: Table = table!("seen_names");
const TELLING_HOSTS: Table = table!("telling_hosts");
const CONFUSABLES: Table = table!("confusables");

/// How clearly a second-level name points to its organisation when it appears outside its protected
/// suffix.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Class {
    /// Registered, but seen too rarely to be suggested.
    Weak,
    /// A word or a brand: `health`, `cloud`, `mail`.
    Generic,
    /// An acronym or word that others use as well: `disa`, `dla`.
    Plain,
    /// A name that means the protected organisation everywhere: `army`, `centcom`.
    Strong,
}

/// Special properties of a name, as `data/names.tsv` marks them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Marks {
    /// One of the armed services that have a host `us`: `us.army`.
    pub service: bool,
    /// Other countries use the name for their own forces as well.
    pub shared: bool,
    /// A short name that is clear when it is joined to its suffix: `afmil`.
    pub telling: bool,
}

/// A second-level name below `.mil`.
#[derive(Clone, Copy, Debug)]
pub struct MilName {
    /// The label.
    pub name: &'static str,
    /// How clear the name is.
    pub class: Class,
    /// The special properties of the name.
    pub marks: Marks,
}

/// The second-level names known below `.mil` with their classes, sorted.
pub fn mil_names() -> impl Iterator<Item = (&'static str, Class)> {
    mil_entries().map(|entry| (entry.name, entry.class))
}

/// The second-level names known below `.mil`, sorted.
pub fn mil_entries() -> impl Iterator<Item = MilName> {
    NAMES.rows().map(|(name, value)| {
        let mut words = value.split(' ');
        let class = match words.next() {
            Some("s") => Class::Strong,
            Some("p") => Class::Plain,
            Some("g") => Class::Generic,
            _ => Class::Weak,
        };
        let mut marks = Marks::default();
        for word in words {
            match word {
                "service" => marks.service = true,
                "shared" => marks.shared = true,
                "telling" => marks.telling = true,
                _ => {}
            }
        }
        MilName { name, class, marks }
    })
}

/// Whether a TLD of this form is another country's: two letters, and not `us`.
pub(crate) fn is_other_country(tld: &str) -> bool {
    tld.len() == 2 && tld != "us"
}

/// Whether `label` is a top-level domain in the root zone.
pub fn is_tld(label: &str) -> bool {
    TLDS.contains(label)
}

/// Whether `domain` belongs to another country's military; hosts below it are not in the table.
pub fn is_foreign_military(domain: &str) -> bool {
    FOREIGN_MILITARY.contains(domain)
}

/// The shapes of the first labels of other countries' military domains. A caller tries
/// [`is_foreign_military`] only if a label has one of them.
pub(crate) fn foreign_labels() -> Shapes {
    FOREIGN_MILITARY.first_labels()
}

/// The domains that another country's military has, sorted.
pub fn foreign_military() -> impl Iterator<Item = &'static str> {
    FOREIGN_MILITARY.rows().map(|(domain, _)| domain)
}

/// How a domain is known to be real.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Real {
    /// The list has the domain itself, or a domain above it with its hosts.
    Known,
    /// A host below a real domain that has the name of a protected one: `us.navy.com`.
    BelowNamesake,
}

/// Whether `domain` is known to be real, so that it is not a look-alike although it resembles a
/// protected domain: `navy.org`, and with their hosts the U.S. military's own domains outside
/// `.mil` (`goarmy.com`) and those of other governments.
pub fn real(domain: &str) -> Option<Real> {
    let parents = std::iter::successors(Some(domain), |it| it.split_once('.').map(|it| it.1));
    parents.filter_map(|it| Some((it, REAL.get(it)?))).find_map(|(it, hosts)| match hosts {
        _ if it.len() == domain.len() => Some(Real::Known),
        "+" => Some(Real::Known),
        "=" => Some(Real::BelowNamesake),
        _ => None,
    })
}

/// Words that form a compound after `mil`, as in `army-mil-spec-gear` and `navy.mil-std.org`.
pub const MIL_COMPOUNDS: [&str; 10] =
    ["dot", "grade", "sim", "spec", "specs", "std", "surplus", "tac", "tec", "tech"];

/// Words that shops put beside those for what they sell: `army-mil-online-shop`.
pub const BESIDE_TRADE: [&str; 4] = ["official", "online", "us", "usa"];

/// Words for shops and what they sell. After a name and `mil`, they show a trader in military goods: `army-mil-gear`.
pub const TRADE: [&str; 30] = [
    "airsoft",
    "apparel",
    "books",
    "boots",
    "camo",
    "clothing",
    "coins",
    "collectibles",
    "flags",
    "gear",
    "gifts",
    "goods",
    "hats",
    "medals",
    "merch",
    "militaria",
    "outfitters",
    "outlet",
    "patches",
    "shirts",
    "shop",
    "shops",
    "store",
    "stores",
    "surplus",
    "tactical",
    "tees",
    "toys",
    "tshirts",
    "wear",
];

/// Whether people put `word` beside protected names: `portal`.
pub fn is_dressing(word: &str) -> bool {
    DRESSING.contains(word)
}

/// The shapes of the words that people put beside protected names.
pub(crate) fn dressing() -> Shapes {
    DRESSING.first_labels()
}

/// The name below `.mil`, with its host, that people mean by `name`: `us.af` by `airforce`.
pub fn guessed_name(name: &str) -> Option<&'static str> {
    GUESSED_NAMES.get(name).map(guess)
}

/// Whether other countries have a service that people call `name`, too: `airforce`.
pub fn is_shared_guess(name: &str) -> bool {
    GUESSED_NAMES.get(name).is_some_and(|row| row.ends_with("\tshared"))
}

/// The name in a row, without the mark after it.
fn guess(row: &str) -> &str {
    row.split('\t').next().unwrap_or(row)
}

/// What people call armed services and commands, and the names below `.mil` that they mean, sorted.
pub fn guessed_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    GUESSED_NAMES.rows().map(|(name, row)| (name, guess(row)))
}

/// Whether public lists contain `name.mil`, of which nothing else is known: `nosc`.
pub fn is_seen_name(name: &str) -> bool {
    SEEN_NAMES.contains(name)
}

/// Whether `host.name` occurs below `.mil` and the host label is not a common one: `us.army`,
/// `amc.af`.
pub fn is_telling_host(host_and_name: &str) -> bool {
    TELLING_HOSTS.contains(host_and_name)
}

/// The pairs that [`is_telling_host`] knows, sorted: `us.army`.
pub fn telling_hosts() -> impl Iterator<Item = &'static str> {
    TELLING_HOSTS.rows().map(|(pair, _)| pair)
}

/// The top-level domains in the root zone, sorted.
pub fn tlds() -> impl Iterator<Item = &'static str> {
    TLDS.rows().map(|(tld, _)| tld)
}

/// Every non-ASCII character that reads as ASCII, with that ASCII text.
pub fn confusables() -> impl Iterator<Item = (char, &'static str)> {
    CONFUSABLES.rows().filter_map(|(character, ascii)| Some((character.chars().next()?, ascii)))
}

/// The ASCII text that a non-ASCII character can be read as (UTS #39, and letters with diacritics).
pub fn confusable(character: char) -> Option<&'static str> {
    CONFUSABLES.get(character.encode_utf8(&mut [0; 4]))
}

/// The number of labels in the public suffix of `domain` (<https://publicsuffix.org/list/>): 1 for
/// `army.ml`, 2 for `bbc.co.uk`.
///
/// Of the list's ICANN section this has the rules of two labels whose first is shared by two
/// countries (`co`, `gov`, `edu` …) and those of some English-speaking countries; towns, provinces
/// and rules of three labels count as registrable names.
pub fn public_suffix_labels(domain: &str) -> usize {
    let mut labels = domain.rsplit('.');
    let (country, category) = (labels.next(), labels.next());
    let lists = |key: &str| {
        let countries = PUBLIC_SUFFIXES.get(key).unwrap_or_default();
        countries.split(' ').any(|it| Some(it) == country)
    };
    1 + usize::from(category.is_some_and(|category| lists(category) || lists("*")))
}

/// Whether several countries use `label` as a public suffix below their own: `gov`, `ac`.
pub fn is_category(label: &str) -> bool {
    let countries = PUBLIC_SUFFIXES.get(label).unwrap_or_default();
    countries.split(' ').count() >= 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_every_row_is_found() {
        let tables = [
            NAMES,
            TLDS,
            PUBLIC_SUFFIXES,
            FOREIGN_MILITARY,
            REAL,
            DRESSING,
            GUESSED_NAMES,
            SEEN_NAMES,
            TELLING_HOSTS,
            CONFUSABLES,
        ];
        for table in tables {
            let keys: Vec<_> = table.rows().map(|(key, _)| key).collect();
            assert!(keys.len() > 10 && keys.is_sorted());
            for key in keys {
                assert!(table.contains(key), "{key}");
            }
        }
    }

    #[test]
    fn public_suffixes_follow_the_list() {
        for (domain, labels) in [
            ("army.ml", 1),
            ("bbc.co.uk", 2),
            ("co.uk", 2),
            ("a.b.co.jp", 2),
            ("army.foo.ck", 2),
            ("lansing.mi.us", 2),
            ("trust.nhs.uk", 2),
            ("oslo.no", 1),
            ("eb.mil.br", 2),
            ("mil", 1),
            ("", 1),
        ] {
            assert_eq!(public_suffix_labels(domain), labels, "{domain}");
        }
    }

    #[test]
    fn only_four_top_level_domains_are_one_edit_from_mil() {
        let near: Vec<_> = TLDS
            .rows()
            .map(|(tld, _)| tld)
            .filter(|tld| strsim::osa_distance(tld, "mil") == 1)
            .collect();
        assert_eq!(near, ["il", "mit", "ml", "ril"], "a new neighbour needs a look at the rules");
    }
}
