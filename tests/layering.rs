//! The rooms of the library stand on floors: a room uses only rooms on floors below its own. A `use` that points up
//! or sideways makes two rooms one, and the test names it.

use std::collections::BTreeMap;

use crate::support::sources::{self, Source};

/// The rooms of `src/`, the ground floor first.
const FLOORS: [&[&str]; 9] = [
    &["chains", "codes", "net", "registry", "text", "verdict"],
    &["domain", "policy"],
    &["address"],
    &["detect"],
    &["client", "lint", "mail", "store", "twins", "wasm"],
    &["bundle", "catch", "export", "gateway", "scan"],
    &["alert"],
    &["milter", "server"],
    &["cli"],
];

/// Names that the crate's root re-exports, each with its room.
const REEXPORTED: [(&str, &[&str]); 3] = [
    (
        "detect",
        &["Checker", "Field", "Finding", "Message", "Recipient", "RecipientReport", "Report"],
    ),
    ("policy", &["Policy"]),
    ("verdict", &["RaisedBy", "Reason", "Severity"]),
];

fn floors() -> BTreeMap<&'static str, usize> {
    let rooms = FLOORS.iter().enumerate();
    rooms.flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor))).collect()
}

/// The rooms that a source text names after `crate::`, ignoring comments.
fn used(source: &str) -> Vec<String> {
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let code = source.lines().filter(is_code).collect::<Vec<_>>().join("\n");
    let mut rooms = Vec::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(group) => rooms.extend(members(group)),
            None => rooms.push(word(after)),
        }
    }
    let room_of = |name: String| {
        let home = REEXPORTED.iter().find(|(_, names)| names.contains(&name.as_str()));
        home.map_or(name, |(room, _)| (*room).to_owned())
    };
    rooms.into_iter().map(room_of).collect()
}

/// The first word of each member of a group, to the brace that closes it.
fn members(group: &str) -> Vec<String> {
    let (mut depth, mut is_start, mut found) = (1, true, Vec::new());
    for (at, char) in group.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => is_start = true,
            char if is_start && char.is_alphabetic() => {
                found.push(word(group.get(at..).unwrap_or_default()));
                is_start = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    found
}

fn word(text: &str) -> String {
    text.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect()
}

#[test]
fn every_room_uses_only_rooms_on_lower_floors() {
    let floors = floors();
    let files = sources::below("src", &["rs"]);
    assert!(files.len() > 200, "{} files", files.len());
    let mut wrong = Vec::new();
    for Source { path, text } in &files {
        let room = path.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let Some(floor) = floors.get(room) else {
            wrong.push(format!("{path}: the room {room} has no floor in tests/layering.rs"));
            continue;
        };
        for target in used(text) {
            match floors.get(target.as_str()) {
                Some(below) if below < floor || target == room => {}
                Some(_) => wrong.push(format!("{path} uses {target}, which is not below {room}")),
                // The name is a macro or a constant of the root.
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_use_statements_finds_groups_and_names() {
    let source = "use crate::{detect::{Checker, domain_of}, store};\n// use crate::cli;\nlet x: crate::Severity;";
    assert_eq!(used(source), ["detect", "store", "verdict"]);
}
