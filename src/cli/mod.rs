//! The command line: one file for each command, each with `Args` and `run`.
//!
//! Results go to standard output, everything else to standard error. Exit status as grep's: 0 when
//! nothing was found at `warn` or above, 1 when something was, 2 for an error.

mod admin_link;
mod alert;
mod backup;
mod bundle;
mod catch;
mod check;
mod completions;
mod daemon;
mod database;
mod demo_data;
mod deployment;
mod erase;
mod error;
mod explain;
mod files;
mod gateway;
mod json;
mod lines;
mod man;
mod milter;
mod pages;
mod parse;
mod policy;
mod policy_file;
mod scan;
mod serve;
mod server_file;
mod twins;
mod visible;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use error::CliError;

use visible::Visible;

/// Warns before mail meant for a .mil recipient goes to a look-alike domain.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    AdminLink(Box<admin_link::Args>),
    Alert(Box<alert::Args>),
    Backup(Box<backup::BackupArgs>),
    Bundle(Box<bundle::Args>),
    Catch(Box<catch::Args>),
    Check(check::Args),
    Erase(Box<erase::Args>),
    Gateway(gateway::Args),
    Milter(Box<milter::Args>),
    Parse(parse::Args),
    Policy(policy::Args),
    Restore(Box<backup::RestoreArgs>),
    Scan(Box<scan::Args>),
    Serve(Box<serve::ServeArgs>),
    DemoData(demo_data::Args),
    Deployment(Box<deployment::Args>),
    Twins(Box<twins::Args>),
    Completions(completions::Args),
    Man(man::Args),
}

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Jsonl,
}

/// Runs the command that the arguments name and returns its exit status. `archive`: the pages that the
/// program carries, a ZIP file.
pub fn run(archive: &'static [u8]) -> ExitCode {
    pages::carry(archive);
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // If help cannot be written, nobody reads it.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let result = match &cli.command {
        Command::AdminLink(args) => admin_link::run(args),
        Command::Alert(args) => alert::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Bundle(args) => bundle::run(args),
        Command::Catch(args) => catch::run(args),
        Command::Check(args) => check::run(args),
        Command::Erase(args) => erase::run(args),
        Command::Gateway(args) => gateway::run(args),
        Command::Milter(args) => milter::run(args),
        Command::Parse(args) => parse::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Restore(args) => backup::run_restore(args),
        Command::Scan(args) => scan::run(args),
        Command::Serve(args) => Ok(serve::run(args)),
        Command::DemoData(args) => demo_data::run(args),
        Command::Deployment(args) => deployment::run(args),
        Command::Twins(args) => twins::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    result.unwrap_or_else(|error| {
        if !error.is_silent() {
            let text = error.to_string();
            for (index, line) in text.lines().enumerate() {
                let prefix = if index == 0 { "milguard: " } else { "" };
                let _ = writeln!(io::stderr(), "{prefix}{}", Visible(line));
            }
        }
        ExitCode::from(error.status())
    })
}
