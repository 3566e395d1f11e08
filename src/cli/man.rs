//! `milguard man`: the manual pages.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Cli, CliError};

/// Print the manual page, or write those of all commands into a folder.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard man | man -l -                     read it
  milguard man --out ~/.local/share/man/man1  install milguard.1 and the others")]
pub(crate) struct Args {
    /// Write one file for each command into this folder, and create the folder if it does not exist.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    // The subcommand `help` would repeat the page of every command.
    let command = Cli::command().disable_help_subcommand(true);
    if let Some(folder) = &args.out {
        let failed = |error: io::Error| {
            CliError::new(format_args!("cannot write manual pages into {}", folder.display()))
                .hint(error)
        };
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(command, folder).map_err(failed)?;
    } else {
        let mut page = Vec::new();
        Man::new(command)
            .render(&mut page)
            .and_then(|()| io::stdout().lock().write_all(&page))
            .map_err(CliError::Output)?;
    }
    Ok(ExitCode::SUCCESS)
}
