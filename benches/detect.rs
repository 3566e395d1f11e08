//! The cost of a check: `cargo bench --bench detect`.

use std::sync::LazyLock;

use divan::{AllocProfiler, Bencher, black_box};
use milguard::{Checker, Message, Policy, Recipient};

#[global_allocator]
static ALLOC: AllocProfiler = AllocProfiler::system();

static CHECKER: LazyLock<Checker> =
    LazyLock::new(|| Checker::new(&Policy::default()).expect("the built-in policy is valid"));

fn main() {
    LazyLock::force(&CHECKER);
    divan::main();
}

/// Ordinary mail and protected addresses: the fast path, which must not allocate.
#[divan::bench(args = [
    "bob@gmail.com",
    "jane.doe@us.army.mil",
    "first.last@mail.research.lockheedmartin.com",
    "info@familie-hamilton.de",
    "x@tau.ac.il",
])]
fn ordinary(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| CHECKER.check_address(black_box(address)));
}

/// Look-alikes, for which findings and a suggestion are made.
#[divan::bench(args = [
    "bob@army.ml",
    "bob@us.af.mil.com",
    "bob@armymil.com",
    "bob@amry.mil",
    "bob@us.army.com",
    "bob@unknown.mli",
    "bob@lemmy.ml",
    "bob@email.mil.pl",
])]
fn lookalike(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| CHECKER.check_address(black_box(address)));
}

/// Texts that need the whole RFC 5322 parser, UTS #46 or a repair.
#[divan::bench(args = [
    "\"Doe, Jane\" <jane.doe@army.ml>",
    "bob@аrmy.mil",
    "bob@xn--mller-kva.example",
    "bob@army,mil",
])]
fn unusual(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| CHECKER.check_address(black_box(address)));
}

/// A draft with 500 recipients, one of them mistyped.
#[divan::bench]
fn draft_of_500(bencher: Bencher<'_, '_>) {
    let addresses: Vec<String> = (0..500)
        .map(|n| format!("person{n}@{}", if n == 250 { "army.ml" } else { "us.army.mil" }))
        .collect();
    let recipients: Vec<Recipient<'_>> =
        addresses.iter().map(|address| Recipient { address, ..Recipient::default() }).collect();
    let message = Message { recipients: &recipients, ..Message::default() };
    bencher.bench(|| CHECKER.check(black_box(&message)));
}

/// Compiling the default policy.
#[divan::bench]
fn compile_policy() -> Checker {
    Checker::new(&Policy::default()).expect("the built-in policy is valid")
}
