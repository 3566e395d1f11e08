//! The command line.

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Warns before mail meant for a .mil recipient goes to a look-alike domain.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
}

/// Runs the command.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
    }
}
