//! The README and the documentation are right: commands print what the text shows, and named files exist.
//! `tests/www/docs.test.js` follows the links.

use std::{env, fs, path::Path, process::Command};

const README: &str = include_str!("../README.md");
const PAGES: [(&str, &str); 3] = [
    ("README.md", README),
    ("docs/command-line.md", include_str!("../docs/command-line.md")),
    ("docs/gateway.md", include_str!("../docs/gateway.md")),
];

/// The contents of fenced blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let blocks = page.split(fence.as_str()).skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).collect()
}

#[cfg(unix)]
#[test]
fn commands_in_the_documentation_print_what_it_shows() {
    let folder =
        Path::new(env!("CARGO_BIN_EXE_milguard")).parent().expect("the program has a folder");
    let path = format!("{}:{}", folder.display(), env::var("PATH").unwrap_or_default());
    for (name, page) in PAGES {
        let blocks = blocks(page, "console");
        assert!(!blocks.is_empty(), "{name}");
        for block in blocks {
            let is_command = |line: &&str| line.starts_with("$ ");
            let commands: Vec<_> = block.lines().filter(is_command).collect();
            let script = commands.join("\n").replace("$ ", "");
            let shown: Vec<_> = block.lines().filter(|line| !is_command(line)).collect();
            let command = Command::new("sh").env("PATH", &path).arg("-c").arg(script).output();
            let output = command.expect("the system has a shell");
            let printed = String::from_utf8(output.stdout).expect("output is UTF-8");
            assert_eq!(printed.lines().collect::<Vec<_>>(), shown, "{name}: {commands:?}");
            assert!(output.stderr.is_empty(), "{name}: {commands:?}");
        }
    }
}

#[test]
fn every_named_folder_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = README.split("\n## Where things are\n").nth(1).expect("the README has the table");
    let table = table.split("\n## ").next().expect("a section ends");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let names: Vec<_> =
        rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`')).collect();
    let names: Vec<_> =
        names.into_iter().filter(|word| word.chars().any(char::is_alphabetic)).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(root.join(name).exists(), "{name}");
    }
}

#[test]
fn the_readme_lists_every_reason() {
    for reason in milguard::Reason::ALL {
        assert!(README.contains(&format!("`{}`", reason.as_str())), "{}", reason.as_str());
    }
}

#[test]
fn headings_do_not_skip_a_level() {
    for (name, page) in PAGES {
        let mut level = 0;
        let mut is_code = false;
        for line in page.lines() {
            is_code ^= line.starts_with("```");
            let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
            if !is_code && hashes > 0 {
                assert!(hashes <= level + 1, "{name}: {line}");
                level = hashes;
            }
        }
        assert!(level > 0, "{name}");
    }
}

#[test]
fn licences_are_those_of_the_package() {
    let manifest = include_str!("../Cargo.toml");
    assert!(manifest.contains("license = \"Apache-2.0 OR MIT\""));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, words) in [("LICENSE-APACHE", "Version 2.0"), ("LICENSE-MIT", "MIT License")] {
        assert!(fs::read_to_string(root.join(file)).expect(file).contains(words), "{file}");
    }
}
