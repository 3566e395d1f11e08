//! Markings: the corpus, the policy's own words, and bounds.

use milguard::detect::markings::{MAX_TEXT, MarkingKind, Markings};
use milguard::policy::MarkingOptions;

fn compile(words: &[&str]) -> Markings {
    let words = words.iter().map(|&word| word.to_owned()).collect();
    Markings::compile(&MarkingOptions { enabled: true, words }).expect("valid words")
}

/// The kind and the marked text.
fn find<'a>(markings: &Markings, text: &'a str) -> Option<(&'static str, &'a str)> {
    let marking = markings.find(text)?;
    Some((marking.kind.as_str(), text.get(marking.span).expect("a span on boundaries")))
}

#[test]
fn each_line_of_the_corpus_is_recognised_as_expected() {
    let markings = compile(&[]);
    let corpus = include_str!("../corpus/markings.tsv");
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in corpus.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<_> = line.split('\t').collect();
        let text = columns[0].replace(r"\r", "\r").replace(r"\n", "\n");
        let found = find(&markings, &text);
        let kind = found.map_or("none", |(kind, _)| kind);
        let marked =
            columns.get(2).is_none_or(|&want| found.map(|(_, marked)| marked) == Some(want));
        if kind != columns[1] || !marked {
            wrong.push(format!("{line}\n    found {found:?}"));
        }
        count += 1;
    }
    assert!(count > 250, "{count} lines");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn words_of_the_policy_are_found() {
    let markings = compile(&["Project Ptarmigan", "#blåbær", "ПРОЕКТ 7", "Ülkü", "C-130 list"]);
    let cases = [
        ("On project ptarmigan", Some("project ptarmigan")),
        ("PROJECT\n> PTARMIGAN", Some("PROJECT\n> PTARMIGAN")),
        ("project_ptarmigan.pdf", Some("project_ptarmigan")),
        ("project ptarmigans", None),
        ("a project", None),
        ("Menu: BLÅBÆR", Some("BLÅBÆR")),
        ("проект 7", Some("проект 7")),
        ("проект 77", None),
        ("ülkü", Some("ülkü")),
        ("c-130 LIST", Some("c-130 LIST")),
    ];
    for (text, want) in cases {
        assert_eq!(find(&markings, text), want.map(|text| ("policy", text)), "{text}");
    }
}

#[test]
fn invalid_words_are_refused() {
    for word in ["", "ab", "---", "two\nlines", "a\u{202e}bc", &"x".repeat(101)] {
        let options = MarkingOptions { enabled: true, words: vec!["fine".into(), word.into()] };
        let error = Markings::compile(&options).expect_err(word);
        assert_eq!(error.path, "markings.words[1]");
    }
}

#[test]
fn switched_off_markings_are_not_found() {
    let options = MarkingOptions { enabled: false, words: vec!["ptarmigan".into()] };
    let markings = Markings::compile(&options).expect("valid words");
    assert_eq!(markings.find("CUI//SP-PRVCY ptarmigan"), None);
}

#[test]
fn the_first_marking_is_reported() {
    let found = compile(&[]).find("Roster (CUI), SECRET//NOFORN, SSN 219-09-9999");
    assert_eq!(found.map(|marking| marking.kind), Some(MarkingKind::Cui));
}

#[test]
fn a_huge_body_is_searched_up_to_the_limit() {
    let markings = compile(&[]);
    let within = format!("{} FOUO", "ü".repeat(MAX_TEXT / 2 - 3));
    assert_eq!(find(&markings, &within), Some(("fouo", "FOUO")));
    let beyond = format!("{} FOUO", "ü".repeat(MAX_TEXT / 2));
    assert_eq!(find(&markings, &beyond), None);
    // The cut falls inside a character.
    assert_eq!(find(&markings, &format!("a{}", "ü".repeat(MAX_TEXT))), None);
}

/// A quadratic algorithm would take minutes here.
#[test]
fn the_time_of_a_search_is_linear_in_the_text() {
    let many: Vec<String> = (0..1_000).map(|n| format!("word{n} of the policy")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let markings = compile(&many);
    for piece in
        ["CUI ", "SECRET/ ", "SSN ", "219-09-999 ", "1", "-", " ", "\n", "DD  ", "TOP ", "A1", ">"]
    {
        let text = piece.repeat(MAX_TEXT / 4 / piece.len());
        assert_eq!(markings.find(&text), None, "{piece}");
    }
}

#[test]
fn no_text_makes_the_search_panic() {
    let markings = compile(&["été à Genève"]);
    for marking in
        ["CUI", "SSN 219-09-9999", "DD-214", "SP-PRVCY", "TOP SECRET//SI", "été à Genève"]
    {
        for odd in ["", "ü", "\u{0}", "\u{202e}", "💥", "\u{feff}", "(", "-", "\r", "９"] {
            for at in (0..=marking.len()).filter(|&at| marking.is_char_boundary(at)) {
                let (a, b) = marking.split_at(at);
                for text in [format!("{a}{odd}{b}"), format!("{odd}{a}"), format!("{b}{odd}")] {
                    if let Some(marking) = markings.find(&text) {
                        assert!(text.get(marking.span).is_some_and(|marked| !marked.is_empty()));
                    }
                }
            }
        }
    }
}
