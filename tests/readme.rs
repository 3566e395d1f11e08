//! README.md promises what is there: the commands print what it shows, and the files it names exist.

use std::{fs, path::Path, process::Command};

const README: &str = include_str!("../README.md");

/// The contents of fenced blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks = README.split(fence.as_str()).skip(1);
    blocks.filter_map(|rest| rest.split("```").next()).collect()
}

#[cfg(unix)]
#[test]
fn commands_print_what_is_shown() {
    let blocks = blocks("console");
    assert!(blocks.len() >= 2);
    for block in blocks {
        let is_command = |line: &&str| line.starts_with("$ ");
        let commands: Vec<_> = block.lines().filter(is_command).collect();
        let script = commands.join("\n").replace("$ ", "");
        let script = script.replace("target/release/milguard", env!("CARGO_BIN_EXE_milguard"));
        let shown: Vec<_> = block.lines().filter(|line| !is_command(line)).collect();
        let output = Command::new("sh").arg("-c").arg(script).output().expect("there is a shell");
        let printed = String::from_utf8(output.stdout).expect("output is UTF-8");
        assert_eq!(printed.lines().collect::<Vec<_>>(), shown, "{commands:?}");
        assert!(output.stderr.is_empty(), "{commands:?}");
    }
}

#[test]
fn files_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = README.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://"));
    let table = README.split("\n## Where things are\n").nth(1).expect("there is a table");
    let table = table.split("\n## ").next().expect("a section ends");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let folders: Vec<_> =
        rows.filter_map(|row| row.split('|').nth(1)).flat_map(|cell| cell.split('`')).collect();
    let folders = folders.into_iter().filter(|word| word.chars().any(char::is_alphabetic));
    let names: Vec<_> = links.chain(folders).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        assert!(root.join(name).exists(), "{name}");
    }
}

#[test]
fn every_reason_is_listed() {
    for reason in milguard::Reason::ALL {
        assert!(README.contains(&format!("`{}`", reason.as_str())), "{}", reason.as_str());
    }
}

#[test]
fn headings_do_not_skip_a_level() {
    let mut level = 0;
    let mut is_code = false;
    for line in README.lines() {
        is_code ^= line.starts_with("```");
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        if !is_code && hashes > 0 {
            assert!(hashes <= level + 1, "{line}");
            level = hashes;
        }
    }
    assert!(level > 0);
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
