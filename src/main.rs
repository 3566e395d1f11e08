//! The `milguard` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    milguard::cli::run()
}
