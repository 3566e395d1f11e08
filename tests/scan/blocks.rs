//! The findings depend neither on where a file is cut, nor on how many threads search it.

use std::fs;

use milguard::scan::{Blocks, Columns, Delivery, Options, Totals, scan_bytes};
use milguard::{Policy, Severity};
use proptest::prelude::*;

use crate::scan::run::{logs, options, scan};

fn found(text: &[u8], options: &Options, blocks: Blocks) -> (Vec<Delivery>, Totals) {
    let (deliveries, outcome) = scan_bytes(text, options, blocks).unwrap();
    let mut totals = outcome.totals;
    // Each block keeps its first examples, so smaller blocks keep more examples in total.
    totals.examples.clear();
    (deliveries, totals)
}

fn options_for(name: &str) -> Options {
    let mut options = options(&Policy::default(), Severity::Notice);
    if name.ends_with("events.jsonl") {
        options.columns = "recipient=envelope.to,sender=envelope.from".parse::<Columns>().unwrap();
    }
    options
}

#[test]
fn blocks_of_any_size_give_the_same_findings() {
    for log in logs() {
        let text = fs::read(&log).unwrap();
        let options = options_for(log.to_str().unwrap());
        let whole = found(&text, &options, Blocks::Usual);
        assert!(!whole.0.is_empty(), "{}", log.display());
        for size in (1..200).chain([500, 1000, 4096]) {
            let cut = found(&text, &options, Blocks::Of(size));
            assert_eq!(format!("{cut:?}"), format!("{whole:?}"), "{} in {size}", log.display());
        }
    }
}

/// Pieces of logs, and pieces that occur in none.
fn piece() -> impl Strategy<Value = String> {
    let logs: Vec<String> = logs().iter().map(|it| fs::read_to_string(it).unwrap()).collect();
    let lines: Vec<String> =
        logs.iter().flat_map(|log| log.split_inclusive('\n')).map(str::to_owned).collect();
    prop_oneof![
        6 => proptest::sample::select(lines),
        1 => proptest::sample::select(vec!["\n", "\r\n", "\"", "\0", "From ", "\n\nFrom x\nTo: bob@army.ml\n\n", ": to=<", ">, status=sent ("])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,40}\n?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_gives_the_same_findings_in_blocks_of_any_size(
        pieces in proptest::collection::vec(piece(), 1..60),
        format in proptest::sample::select(milguard::scan::Format::ALL.to_vec()),
        size in 1..700usize,
    ) {
        let text = pieces.concat();
        let mut options = options(&Policy::default(), Severity::Notice);
        options.format = Some(format);
        // Formats whose first line names the columns refuse a text without that line.
        if let Ok((deliveries, outcome)) = scan_bytes(text.as_bytes(), &options, Blocks::Usual) {
            let mut totals = outcome.totals;
            totals.examples.clear();
            let cut = found(text.as_bytes(), &options, Blocks::Of(size));
            prop_assert_eq!(format!("{:?}", cut), format!("{:?}", (deliveries, totals)));
        }
    }
}

#[test]
fn threads_and_packing_do_not_change_the_findings() {
    let folder = tempfile::tempdir().unwrap();
    let postfix = fs::read_to_string("tests/scan/logs/postfix.log").unwrap();
    // A log large enough for several blocks, with messages that no other log has.
    let mut large = String::new();
    for number in 0..600 {
        large.push_str(&postfix.replace("mx1 ", &format!("mx{number} ")));
    }
    let plain = folder.path().join("mail.log");
    fs::write(&plain, &large).unwrap();
    let plain = plain.to_str().unwrap();
    let one = scan(&["--format", "jsonl", "--threads", "1", "--year", "2024", plain]);
    assert_eq!(one.deliveries().len(), 600 * 7);
    for threads in ["2", "3", "8"] {
        let many = scan(&["--format", "jsonl", "--threads", threads, "--year", "2024", plain]);
        assert!(many.stdout == one.stdout, "{threads} threads");
    }
    for (name, packed) in crate::scan::files::packed(large.as_bytes()) {
        let path = folder.path().join(name);
        fs::write(&path, packed).unwrap();
        let packed = scan(&["--format", "jsonl", "--year", "2024", path.to_str().unwrap()]);
        let same = packed.stdout.replace(path.to_str().unwrap(), plain);
        assert!(same == one.stdout, "{name}: {}", packed.stderr);
    }
}
