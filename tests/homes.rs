//! Each fact has one home. These tests read the sources and name every other file that states the fact again: two
//! statements drift apart, and then two parts of Milguard disagree.

use milguard::Reason;
use regex::Regex;

use crate::support::sources::{self, Source};

const RUST: [&str; 1] = ["rs"];

/// The files in `folder` whose code `states` finds the fact in.
fn homes(folder: &str, endings: &[&str], states: impl Fn(&str) -> bool) -> Vec<String> {
    let files = sources::below(folder, endings);
    assert!(!files.is_empty(), "{folder} has no sources");
    let stating = files.into_iter().filter(|file| states(&file.code()));
    let mut paths: Vec<String> = stating.map(|Source { path, .. }| path).collect();
    paths.sort();
    paths
}

fn homes_of(folder: &str, endings: &[&str], pattern: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("the pattern is valid");
    homes(folder, endings, |code| pattern.is_match(code))
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(path).expect(path)
}

/// The texts in quotes between two marks of a file.
fn quoted(text: &str, from: &str, to: &str) -> Vec<String> {
    let list = text.split_once(from).expect(from).1.split_once(to).expect(to).0;
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn private_suffixes_are_stated_in_one_file() {
    let home = "src/domain/private.rs";
    let suffixes = quoted(&text_of(home), "const PRIVATE_SUFFIXES", "];");
    assert!(suffixes.len() > 10, "{suffixes:?}");
    // Two of the suffixes may occur in a file by chance; three are a list.
    let is_list = |code: &str| {
        let is_there = |suffix: &&String| {
            code.contains(&format!("\"{suffix}\"")) || code.contains(&format!("'{suffix}'"))
        };
        suffixes.iter().filter(is_there).count() >= 3
    };
    assert_eq!(homes("src", &["rs", "ps1"], is_list), [home]);
    assert_eq!(homes("www", &["js"], is_list), [""; 0]);
}

#[test]
fn invisible_characters_are_stated_in_one_file() {
    // Controls of direction, joiners, U+061C, and blanks without a width. JavaScript writes them without braces.
    let characters = r"\\u\{?0*(20(0[b-f]|2[a-e]|6[0-9])|61c|115f|3164|2800)\b";
    let pattern = format!("(?i){characters}");
    assert_eq!(homes_of("src", &RUST, &pattern), ["src/text/invisible.rs"]);
    // The code that runs at Send cannot call WebAssembly, so it has its own table, which another
    // test compares with the program's.
    let list = format!("(?i){characters}.*{characters}.*{characters}");
    assert_eq!(homes_of("www", &["js"], &list), ["www/outlook/texts.js"]);
}

#[test]
fn sources_contain_no_character_that_reorders_text() {
    let is_direction = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for folder in ["src", "tests", "www"] {
        for file in sources::below(folder, &["rs", "js", "html", "css", "ps1"]) {
            assert!(!file.text.contains(is_direction), "{}", file.path);
        }
    }
}

#[test]
fn the_guard_against_formulas_is_written_in_one_file() {
    // A list of the characters that begin a formula, one by one or as one text.
    let list = r#"'=' *[|,] *'[+@-]'|"[=+@-]{3,4}"|＝"#;
    assert_eq!(homes_of("src", &RUST, list), ["src/text/csv_cell.rs"]);
    for path in homes_of("src", &RUST, r"\.write_record\(") {
        assert!(text_of(&path).contains("harmless("), "{path} writes CSV without the guard");
    }
}

#[test]
fn the_words_for_reasons_are_stated_in_one_file() {
    let words = || {
        let of = |reason: Reason| [Some(reason.label()), Some(reason.sentence()), reason.advice()];
        Reason::ALL.into_iter().flat_map(of).flatten()
    };
    // Templates must not state the words either: they show the words that the code gives them.
    let states = |code: &str| words().any(|words| code.contains(&format!("\"{words}\"")));
    assert_eq!(homes("src", &["rs", "html"], states), ["src/verdict/mod.rs"]);
    let texts = text_of("www/_locales/en/messages.json");
    let texts: serde_json::Value = serde_json::from_str(&texts).expect("the texts are JSON");
    let texts = texts.as_object().expect("the texts have names").iter();
    let sentences: Vec<&str> = texts
        .filter(|(name, _)| name.starts_with("reason"))
        .filter_map(|(_, text)| text["message"].as_str().filter(|text| text.contains(' ')))
        .collect();
    assert!(sentences.len() >= Reason::ALL.len(), "{sentences:?}");
    let states = |code: &str| sentences.iter().any(|sentence| code.contains(sentence));
    assert_eq!(homes("www", &["js", "html"], states), [""; 0], "texts are in www/_locales");
}

#[test]
fn the_suffixes_of_gateways_are_stated_in_one_file() {
    let list = r#""com",\s*"[a-z]+",\s*"[a-z]+""#;
    assert_eq!(homes_of("src/gateway", &["rs", "ps1"], list), ["src/gateway/embedded.rs"]);
}

#[test]
fn the_length_of_a_day_is_stated_in_one_file() {
    let milliseconds = r"86_?400_?000|\b3_?600_?000|24 \* HOUR";
    assert_eq!(homes_of("src", &RUST, milliseconds), ["src/store/mod.rs"]);
}

#[test]
fn the_form_of_a_uuid_is_stated_in_one_file() {
    let shapes = r"fn is_uuid|8 \| 13 \| 18 \| 23|a-f\]\{8\}|\{12\}\$";
    assert_eq!(homes_of("src", &RUST, shapes), ["src/server/api/event_in.rs"]);
}

#[test]
fn hexadecimal_is_written_and_read_by_a_library() {
    let by_hand = r":02x|(?i)0123456789abcdef|from_str_radix\([^)]*16\)|from_digit\([^)]*16\)";
    // WebAssembly has no such library; its view spells out the number of a character.
    let view = "src/wasm/view/text.rs";
    assert_eq!(homes_of("src", &RUST, by_hand), [view], "use data_encoding::HEXLOWER");
}

#[test]
fn the_hash_table_of_lists_is_written_in_one_file() {
    // The constants of FNV-1a, and the size of a table.
    let pattern = r"(?i)0x811c_?9dc5|0x0?100_?0193|next_power_of_two|linear probing";
    assert_eq!(homes_of("src", &RUST, pattern), ["src/chains.rs"]);
}

#[test]
fn the_scale_of_charts_is_computed_in_one_file() {
    let steps = r"\b1, 2, 5\b|2 \* \w+, 5 \* \w+|\w+, \w+ \* 2, \w+ \* 5";
    assert_eq!(homes_of("src", &RUST, steps), ["src/text/scale.rs"]);
    assert_eq!(homes_of("src", &RUST, r"% 3 == 0|is_multiple_of\(3\)"), ["src/text/number.rs"]);
}

#[test]
fn a_file_that_states_a_fact_again_is_found() {
    let code = |text: &str| Source { path: String::new(), text: text.to_owned() }.code();
    assert_eq!(code("a\n// b\n    /// c\nd"), "a\nd");
    assert_eq!(code("a\n\n#[cfg(test)]\nmod tests {\n    b\n}\n"), "a");
}
