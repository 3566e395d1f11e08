//! Turns the lists under `data/` into the sorted tables that `src/registry` embeds.
//!
//! Each table is one text: lines sorted by byte value, a key and (after a tab) its value. Binary
//! search in such a text needs no index, and it compresses well inside the WebAssembly file.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::successors;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Host labels that do not show whose host it is.
const COMMON_HOSTS: &[&str] = &[
    "access", "admin", "api", "apps", "app", "beta", "blog", "cdn", "cloud", "connect", "data",
    "dev", "docs", "email", "events", "forms", "go", "help", "home", "info", "intranet", "jobs",
    "learn", "learning", "library", "login", "mail", "maps", "media", "mobile", "my", "news",
    "owa", "portal", "public", "search", "secure", "shop", "sites", "smtp", "sso", "staging",
    "static", "stats", "store", "support", "survey", "surveys", "test", "training", "video", "web",
    "webmail", "wiki", "www", "www2", "www3",
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=data");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));

    carry_no_pages();
    fs::write(out.join("markings.txt"), markings()).expect("OUT_DIR is writable");
    write(&out, "tlds", read("tlds.txt"));
    write(&out, "foreign_military", read("foreign-military.txt"));
    write(&out, "real", real());
    write(&out, "dressing", read("dressing.txt"));
    write(&out, "guessed_names", read("guessed-names.tsv"));
    write(&out, "seen_names", read("seen-names.txt"));
    let names = read("names.tsv");
    write(&out, "telling_hosts", telling_hosts(&names));
    write(&out, "names", names.iter().map(|row| with_initial(row)).collect());
    write(&out, "public_suffixes", public_suffixes());
    write(&out, "confusables", confusables());
}

/// `src/main.rs` includes the pages. If `make build` has not made them, `cargo build` makes a program with an
/// empty archive. Cargo does not watch the pages here, because each change would compile the library again.
fn carry_no_pages() {
    let pages = Path::new("dist/pages.zip");
    if !pages.exists() {
        fs::create_dir_all("dist").expect("the package's folder is writable");
        fs::write(pages, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
            .expect("dist is writable");
    }
}

/// Domains that are known to be real and that a look-alike could be mistaken for. The value `+` means that the
/// hosts below are real as well: the military's own domains outside `.mil`, and the short names below `.gov`, each
/// of which is one edit from many others. The value `=` is for a protected name under another ending: its hosts are
/// real too, except those that only the protected domain has. Without a value, as for the namesake `army.com`, only
/// the domain itself is real.
fn real() -> BTreeSet<String> {
    let own = read("us-military-nonmil.txt");
    let governments = read("common-domains.txt").into_iter().chain(own.iter().cloned());
    let short = governments.filter_map(|domain| {
        let (before, tld) = domain.rsplit_once('.')?;
        let name = before.rsplit('.').next().unwrap_or_default();
        (tld == "gov" && name.len() <= 4).then(|| format!("{name}.gov"))
    });
    // Below `.gov`, states and territories have their postal codes as names.
    let states = "ak al ar as az ca co ct dc de fl ga gu hi ia id il in ks ky la ma md me mi mn mo mp ms mt nc nd \
                  ne nh nj nm nv ny oh ok or pa pr ri sc sd tn tx ut va vi vt wa wi wv wy";
    let states = states.split_whitespace().map(|code| format!("{code}.gov"));
    let whole: BTreeSet<String> = own.iter().cloned().chain(short).chain(states).collect();
    let parents = |domain: &str| {
        let next = |domain: &String| Some(domain.split_once('.')?.1.to_owned());
        successors(next(&domain.to_owned()), next).collect::<Vec<_>>()
    };
    let has_parent = |domain: &&String| parents(domain).iter().any(|it| whole.contains(it));
    // `navy.com` recruits for the navy, but `us.navy.com` is a slip.
    let names: BTreeSet<String> = read("names.tsv")
        .iter()
        .filter_map(|row| Some(row.split_once("\tstrong")?.0.to_owned()))
        .collect();
    let hosts = |domain: &String| match domain.split_once('.') {
        Some((name, ending)) if names.contains(name) && ending != "gov" && ending != "edu" => "=",
        _ => "+",
    };
    let mut rows: BTreeSet<String> = whole
        .iter()
        .filter(|domain| !has_parent(domain))
        .map(|domain| format!("{domain}\t{}", hosts(domain)))
        .collect();
    for namesake in read("namesakes.txt") {
        if !whole.contains(&namesake) {
            let official = matches!(namesake.rsplit('.').next(), Some("gov" | "edu"));
            rows.insert(if official { format!("{namesake}\t+") } else { namesake });
        }
    }
    rows
}

/// A name, the first letter of its class and its marks.
fn with_initial(row: &str) -> String {
    let mut columns = row.split('\t');
    let mut column = || columns.next().unwrap_or_default();
    let (name, class, marks) = (column(), column(), column());
    assert!(!class.is_empty(), "row {row}");
    format!("{name}\t{} {marks}", class.get(..1).unwrap_or_default()).trim_end().to_owned()
}

/// The rows of a list, without comments.
fn read(file: &str) -> BTreeSet<String> {
    let path = Path::new("data").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !line.is_empty() && !line.starts_with("# ") && !line.starts_with("//"))
        .map(str::to_owned)
        .collect()
}

fn write(out: &Path, table: &str, rows: BTreeSet<String>) {
    assert!(!rows.is_empty(), "the table {table} is empty");
    let text: Vec<String> = rows.into_iter().collect();
    fs::write(out.join(format!("{table}.txt")), text.join("\n")).expect("OUT_DIR is writable");
}

/// One row for each text of a marking. Rows whose texts begin with the same two characters are a group, and an empty
/// line ends each group: `src/detect/markings/rows.rs` looks up a group by these characters.
fn markings() -> String {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in read("markings.tsv") {
        let mut columns = row.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (rule, kind, texts, values) = (column(), column(), column(), column());
        for text in texts.split('|').filter(|text| !text.is_empty()) {
            let head = text.chars().take_while(char::is_ascii_alphanumeric).take(2);
            let head = head.collect::<String>().to_ascii_lowercase();
            assert!(
                !head.is_empty(),
                "the marking {text} begins with a character that is in no word"
            );
            // If several rows fit a text, the last one in the file counts, so it comes first here.
            let rows = groups.entry(head).or_default();
            rows.insert(0, [text, rule, kind, values].join("\t"));
        }
    }
    groups.into_values().map(|rows| rows.join("\n")).collect::<Vec<_>>().join("\n\n")
}

/// `host.name` if `mil-hosts.txt` contains the host label next to the name at least twice and
/// neither word is one that other organisations use: these pairs show the U.S. military.
fn telling_hosts(names: &BTreeSet<String>) -> BTreeSet<String> {
    let generic: BTreeSet<&str> =
        names.iter().filter_map(|row| row.split_once("\tgeneric").map(|it| it.0)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for host in read("mil-hosts.txt") {
        let labels: Vec<&str> = host.rsplit('.').collect();
        if let [_, name, label, ..] = labels[..]
            && !generic.contains(name)
            && !COMMON_HOSTS.contains(&label)
        {
            *seen.entry(format!("{label}.{name}")).or_default() += 1;
        }
    }
    seen.retain(|_, count| *count > 1);
    seen.into_keys().collect()
}

/// The public suffixes of two labels, by their first label: `ac` is the key of `ae at … uk za`. The
/// row `*` names the top-level domains below which every label is a public suffix (`*.ck`).
///
/// Only the suffixes of the list's ICANN section whose first label two countries share (`co`, `gov`, `edu`
/// …), and all of five countries that write in English. The rest are mostly towns and provinces: they
/// would make the WebAssembly file a tenth larger, and no mistyped protected name ends in one.
fn public_suffixes() -> BTreeSet<String> {
    let path = "data/public_suffix_list.dat";
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut categories: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let icann = text.lines().take_while(|line| !line.contains("===END ICANN DOMAINS==="));
    for rule in icann.filter(|line| line.is_ascii() && !line.starts_with("//")) {
        if let [category, country] = rule.split('.').collect::<Vec<_>>()[..]
            && !category.starts_with('!')
        {
            categories.entry(category).or_default().insert(country);
        }
    }
    let english = ["au", "ca", "nz", "uk", "us"];
    categories.retain(|_, countries| {
        countries.len() > 1 || countries.iter().any(|country| english.contains(country))
    });
    let row = |(category, countries): (&str, BTreeSet<&str>)| {
        let countries: Vec<&str> = countries.into_iter().collect();
        format!("{category}\t{}", countries.join(" "))
    };
    categories.into_iter().map(row).collect()
}

/// Non-ASCII characters that survive UTS #46 (so that a domain can contain them), and the ASCII
/// that they read as.
fn confusables() -> BTreeSet<String> {
    read("confusables.tsv")
        .iter()
        .filter_map(|row| {
            let columns: Vec<&str> = row.split('\t').collect();
            let [_, character, ascii, _, status, _] = columns[..] else { panic!("row {row}") };
            (!character.is_ascii() && status == "valid").then(|| format!("{character}\t{ascii}"))
        })
        .collect()
}
