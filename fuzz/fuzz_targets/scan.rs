//! Every format's reader on any bytes: none breaks it, and cutting the bytes elsewhere changes
//! nothing.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use milguard::scan::{Blocks, Date, Delivery, Format, Options, Rules, Totals, scan_bytes};
use milguard::{Policy, Severity};

static OPTIONS: LazyLock<Vec<Options>> = LazyLock::new(|| {
    let formats = Format::ALL.into_iter().map(Some).chain([None]);
    formats
        .map(|format| {
            let rules = Rules::new(&Policy::default(), Severity::Notice).expect("a valid policy");
            Options { format, ..Options::new(rules, Date::constant(2024, 6, 1)) }
        })
        .collect()
});

fuzz_target!(|data: &[u8]| {
    let Some((&size, text)) = data.split_first() else { return };
    for options in &*OPTIONS {
        let whole = scan(text, options, Blocks::Usual);
        let cut = scan(text, options, Blocks::Of(usize::from(size)));
        assert_eq!(format!("{cut:?}"), format!("{whole:?}"), "{:?}", options.format);
    }
});

/// `None` where the format needs a head that the text has not.
fn scan(text: &[u8], options: &Options, blocks: Blocks) -> Option<(Vec<Delivery>, Totals)> {
    let (deliveries, outcome) = scan_bytes(text, options, blocks).ok()?;
    let mut totals = outcome.totals;
    // Each block keeps its first examples, so smaller blocks keep more of them in all.
    totals.examples.clear();
    for delivery in &deliveries {
        assert!(delivery.verdict.severity >= Severity::Notice);
        assert!(delivery.attempts > 0);
    }
    Some((deliveries, totals))
}
