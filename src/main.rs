//! The `milguard` command.

use std::process::ExitCode;

/// `make build` makes it; what Cargo builds alone has an empty one (build.rs).
static PAGES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/dist/pages.zip"));

fn main() -> ExitCode {
    milguard::cli::run(PAGES)
}
