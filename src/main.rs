//! The `milguard` command.

use std::process::ExitCode;

/// The archive of the pages. `make build` creates it; a build with Cargo alone embeds an empty one
/// (build.rs).
static PAGES: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/dist/pages.zip"));

fn main() -> ExitCode {
    milguard::cli::run(PAGES)
}
