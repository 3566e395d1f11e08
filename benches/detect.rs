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
    "x@tau.ac.il",
    "BOB.SMITH@OUTLOOK.COM",
    "4711@163.com",
    // A long local part, many labels, a long label, hyphens, digits.
    "0123456789.abcdefghijklmnopqrstuvwxyz.0123456789.abcdefghijklm@example.org",
    "bounces+123456-ab12-bob=example.com@em1234.sendgrid.net",
    "first.last@mail.research.lockheedmartin.com",
    "noreply@notifications.eu-west-1.mail.amazonses.com",
    "ops@a.b.c.d.e.f.example.co.uk",
    "x@llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch.co.uk",
    "kontakt@rechtsanwaelte-mueller-und-partner.de",
    // Words that are protected names too, and words beside them.
    "kim@mail.ru",
    "ann@health.gov.au",
    "mike@usbank.com",
    // Letters of a protected suffix.
    "info@familie-hamilton.de",
    "anna@hotel-milano.it",
    "dave@millerandsons.com",
    "li@humilitas.org",
    "info@militaria-sammler.de",
    "us@usmilitaryhistory.org",
    "sales@the-old-mill-house-bed-and-breakfast.co.uk",
])]
fn ordinary(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| CHECKER.check_address(black_box(address)));
}

/// Ordinary domains in other scripts, which need UTS #46.
#[divan::bench(args = ["info@xn--mller-kva.de", "grüße@müller.de", "info@пример.рф"])]
fn international(bencher: Bencher<'_, '_>, address: &str) {
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
    "bob@usarmy-mil-portal.com",
    "bob@us-army-mil-secure-login-portal.com",
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

/// Compiling the default policy, and the first look-alike, for which the tables of neighbours are made.
#[divan::bench(args = ["bob@example.com", "bob@amry.mil"])]
fn first_address(bencher: Bencher<'_, '_>, address: &str) {
    bencher.bench(|| {
        let checker = Checker::new(&Policy::default()).expect("the built-in policy is valid");
        checker.check_address(black_box(address))
    });
}

/// Compiling the default policy.
#[divan::bench]
fn compile_policy() -> Checker {
    Checker::new(&Policy::default()).expect("the built-in policy is valid")
}
