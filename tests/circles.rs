//! No two files of a room use each other, directly or through other files: people could read and
//! change such files only together.
//!
//! A `mod.rs` holds what its folder shares, so the files below it may use it, and it may use them.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use crate::support::sources::{self, Source};

/// A path in the crate, without `crate`.
type Path = Vec<String>;

/// A `use` of a module: the path, and whether other modules can use the name from here (`pub use`).
struct Use {
    path: Path,
    is_public: bool,
}

#[derive(Default)]
struct House {
    /// The file of each module.
    files: BTreeMap<Path, String>,
    /// The paths that each module names.
    uses: BTreeMap<Path, Vec<Use>>,
}

impl House {
    fn new(sources: &[Source]) -> Self {
        let mut house = Self::default();
        for Source { path, .. } in sources {
            house.files.insert(module_of(path), path.clone());
        }
        for source in sources {
            let module = module_of(&source.path);
            let uses = house.named(&module, &source.code());
            house.uses.insert(module, uses);
        }
        house
    }

    /// The paths that a source text names: in `use`, and in front of a function or a type.
    fn named(&self, module: &Path, code: &str) -> Vec<Use> {
        let statement = regex(r"(pub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);");
        let inline = regex(r"\b(?:crate|super|self|[a-z_0-9]+)(?:::\w+)+");
        let mut uses = Vec::new();
        for found in statement.captures_iter(code) {
            for path in members(&found[2]) {
                let is_public = found.get(1).is_some();
                uses.extend(self.absolute(module, &path).map(|path| Use { path, is_public }));
            }
        }
        let body = statement.replace_all(code, "");
        for found in inline.find_iter(&body) {
            let path = self.absolute(module, found.as_str());
            uses.extend(path.map(|path| Use { path, is_public: false }));
        }
        uses
    }

    /// The path from the crate's root; `None` if it leads out of the crate.
    fn absolute(&self, module: &Path, path: &str) -> Option<Path> {
        let mut words: Vec<&str> = path.split("::").map(str::trim).collect();
        let mut start = match words[0] {
            "crate" => Vec::new(),
            _ => module.clone(),
        };
        while words.first() == Some(&"super") {
            start.pop();
            words.remove(0);
        }
        if matches!(words.first(), Some(&("crate" | "self"))) {
            words.remove(0);
        } else if start == *module {
            let child = [start.as_slice(), &[words.first()?.to_string()]].concat();
            self.files.get(&child)?;
        }
        start.extend(words.into_iter().map(str::to_owned));
        Some(start)
    }

    /// The module that a path leads to, past modules that only pass a name on.
    fn home(&self, path: &[String], from: &Path, steps: usize) -> Option<Path> {
        let length =
            (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(length);
        if let (Some(name), true) = (rest.first(), steps < 8) {
            // The modules below a module can use every name that it uses.
            let is_found = |it: &&Use| {
                it.path.last() == Some(name)
                    && it.path != path
                    && (it.is_public || from.starts_with(module))
            };
            if let Some(next) = self.uses.get(module).and_then(|uses| uses.iter().find(is_found)) {
                return self.home(&next.path, from, steps + 1);
            }
        }
        Some(module.to_vec())
    }

    /// The other files of the same room that a module uses.
    fn arrows(&self, module: &Path) -> BTreeSet<Path> {
        let homes = self.uses[module].iter().filter(|it| !self.passes_on(module, it));
        let homes = homes.filter_map(|it| self.home(&it.path, module, 0));
        let is_door =
            |home: &Path| self.files[home].ends_with("mod.rs") && module.starts_with(home);
        homes
            .filter(|home| home != module && home.first() == module.first() && !is_door(home))
            .collect()
    }

    /// Whether a `mod.rs` only passes the name on.
    fn passes_on(&self, module: &Path, it: &Use) -> bool {
        it.is_public && self.files[module].ends_with("mod.rs")
    }

    /// The files of each circle.
    fn circles(&self) -> Vec<Vec<String>> {
        let arrows: BTreeMap<&Path, BTreeSet<Path>> =
            self.files.keys().map(|module| (module, self.arrows(module))).collect();
        let reach = |from: &Path| {
            let mut reached = BTreeSet::new();
            let mut next: Vec<&Path> = arrows[from].iter().collect();
            while let Some(module) = next.pop() {
                if reached.insert(module) {
                    next.extend(&arrows[module]);
                }
            }
            reached
        };
        let reached: BTreeMap<&Path, BTreeSet<&Path>> =
            self.files.keys().map(|module| (module, reach(module))).collect();
        let circle = |module: &Path| -> Vec<String> {
            let others = reached[module].iter().filter(|other| reached[**other].contains(module));
            others.map(|other| self.files[*other].clone()).collect()
        };
        let circles: BTreeSet<Vec<String>> = self.files.keys().map(circle).collect();
        circles.into_iter().filter(|circle| !circle.is_empty()).collect()
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is valid")
}

fn module_of(path: &str) -> Path {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut words: Path = path.split('/').map(str::to_owned).collect();
    if words.last().is_some_and(|last| last == "mod" || last == "lib") {
        words.pop();
    }
    words
}

/// The paths of a `use`, whose braces hold a list.
fn members(tree: &str) -> Vec<String> {
    let Some((before, list)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split_whitespace().collect()];
    };
    let before: String = before.split_whitespace().collect();
    let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, char) in list.char_indices().chain([(list.len(), ',')]) {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let member = list.get(start..at).unwrap_or_default().trim();
                if !member.is_empty() {
                    found.extend(members(member).into_iter().map(|it| format!("{before}{it}")));
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn no_files_of_a_room_use_each_other_in_a_circle() {
    let mut sources = sources::below("src", &["rs"]);
    sources.retain(|source| !source.path.ends_with("/tests.rs") && source.path != "src/main.rs");
    assert!(sources.len() > 200, "{} files", sources.len());
    let circles = House::new(&sources).circles();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn the_reader_finds_circles_and_nothing_else() {
    let circles = |files: &[(&str, &str)]| {
        let source = |(path, text): &(&str, &str)| Source {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        House::new(&files.iter().map(source).collect::<Vec<_>>()).circles()
    };
    let (one, two, door) = ("src/a/one.rs", "src/a/two.rs", "src/a/mod.rs");
    for (first, second, root) in [
        ("use super::two::X;", "use super::one::Y;", ""),
        ("use super::{two::{self, X}};", "fn f() { super::one::y() }", ""),
        ("use crate::a::two as b;", "use super::{\n    one::Y,\n};", ""),
        ("use super::X;", "use super::Y;", "pub(crate) use two::X;\nuse one::{Y, Z};"),
    ] {
        assert_eq!(circles(&[(one, first), (two, second), (door, root)]), [[one, two]], "{first}");
    }
    for (first, second, root) in [
        ("use super::two::X;", "use super::Z;", "use one::Y;\nstruct Z;"),
        ("use super::two::X;", "// super::one::Y\nuse std::one::Y;", ""),
        ("use super::Z;", "use super::Z;", "fn f() { one::y(two::x()) }\nstruct Z;"),
    ] {
        assert_eq!(circles(&[(one, first), (two, second), (door, root)]), [[""; 2]; 0], "{first}");
    }
    let chain = [
        (one, "use super::two::X;"),
        (two, "use super::three::X;"),
        ("src/a/three.rs", "use super::one::X;"),
    ];
    assert_eq!(circles(&chain), [[one, "src/a/three.rs", two]]);
}
