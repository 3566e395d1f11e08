//! The cost of an administrator's lists and of markings: `cargo bench --bench policy`.

use divan::{AllocProfiler, Bencher, black_box};
use milguard::detect::markings::Markings;
use milguard::policy::{MarkingOptions, Patterns, limits};
use milguard::{Checker, Policy};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

/// No patterns, and as many as a policy may have.
const SIZES: [usize; 2] = [0, limits::PATTERNS];

fn main() {
    divan::main();
}

/// Domains, suffixes and addresses; a quarter of the patterns have `-`.
fn patterns(count: usize) -> Vec<String> {
    (0..count)
        .map(|n| match n % 4 {
            0 => format!("d{n}.example"),
            1 => format!("*.d{n}.example"),
            2 => format!("user{n}@d{n}.example"),
            _ => format!("-d{n}.example"),
        })
        .collect()
}

/// A look-up, which must not allocate: a stranger, and an address that is in the list.
#[divan::bench(args = SIZES)]
fn miss(bencher: Bencher<'_, '_>, count: usize) {
    let list = Patterns::compile(&patterns(count)).expect("patterns");
    bencher.bench(|| list.matches(black_box("jane.doe"), black_box("mail.us.army.mil")));
}

#[divan::bench(args = SIZES)]
fn hit(bencher: Bencher<'_, '_>, count: usize) {
    let list = Patterns::compile(&patterns(count)).expect("patterns");
    bencher.bench(|| list.matches(black_box("user50002"), black_box("d50002.example")));
}

/// A whole check of ordinary mail with both lists of this size.
#[divan::bench(args = SIZES)]
fn check(bencher: Bencher<'_, '_>, count: usize) {
    let lists = Policy { allow: patterns(count), deny: patterns(count), ..Policy::default() };
    let checker = Checker::new(&lists).expect("a valid policy");
    bencher.bench(|| checker.check_address(black_box("bob@mail.example.com")));
}

#[divan::bench(args = SIZES, sample_count = 20)]
fn compile(bencher: Bencher<'_, '_>, count: usize) {
    let list = patterns(count);
    bencher.bench(|| Patterns::compile(black_box(&list)));
}

/// Markings in 4 KiB of ordinary text, without words and with as many as a policy may have.
#[divan::bench(args = [0, limits::WORDS])]
fn markings(bencher: Bencher<'_, '_>, count: usize) {
    let words = (0..count).map(|n| format!("Project Number {n}")).collect();
    let markings = Markings::compile(&MarkingOptions { enabled: true, words }).expect("words");
    let text =
        "Dear Ann, please find the invoice attached; the order of 12 May is paid.\n".repeat(56);
    bencher.bench(|| markings.find(black_box(&text)));
}
