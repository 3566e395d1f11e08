//! The sources of the program, for tests that read them.

use std::{fs, path::Path};

/// A source file: its path from the root of the package, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// What is compiled into the program: neither comments nor the tests at the end of the file.
    pub(crate) fn code(&self) -> String {
        let code = self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        code.lines().filter(is_code).collect::<Vec<_>>().join("\n")
    }
}

/// All files in `folder` and below with one of these endings.
pub(crate) fn below(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(Path::new(folder), endings, &mut found);
    found
}

fn collect(folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            collect(&path, endings, found);
        } else if path.extension().is_some_and(|it| endings.iter().any(|ending| it == *ending)) {
            let text = fs::read_to_string(&path).expect("sources are UTF-8");
            found.push(Source { path: path.to_string_lossy().into_owned(), text });
        }
    }
}
