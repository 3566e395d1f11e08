//! The backend beside the programs it is built on: the same rows inserted directly into the same
//! database, and nginx with a static file. Prints a table; both sides of a ratio come from one run.
//!
//! usage: cargo bench --bench backend [-- clients|export|ingest|memory|overview|policy]...
//! With MILGUARD=PATH it measures another program.

#![expect(clippy::print_stdout, reason = "its output is the table")]
#![expect(clippy::unwrap_used, reason = "a failed step ends the run")]
#![expect(clippy::cast_precision_loss, reason = "rates need no more than six digits")]

mod clients;
mod events;
mod export;
mod ingest;
mod memory;
mod overview;
mod policy;
#[path = "../../tests/support/postgres.rs"]
mod postgres;
mod process;
mod raw;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|it| it == name);
    if runs("ingest") {
        ingest::run();
    }
    if runs("export") {
        export::run();
    }
    if runs("policy") {
        policy::run();
    }
    if runs("memory") {
        memory::run();
    }
    if runs("overview") {
        overview::run();
    }
    if runs("clients") {
        clients::run();
    }
}

/// One line of the table.
fn report(what: &str, figure: &str, goal: &str) {
    println!("{what:<58} {figure:>16}   {goal}");
}
