//! `milguard completions`: scripts that let a shell complete the commands.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, CliError};

/// Print the completion script of a shell.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard completions bash \\
    > ~/.local/share/bash-completion/completions/milguard
  milguard completions zsh > ~/.zfunc/_milguard
  milguard completions fish > ~/.config/fish/completions/milguard.fish
  milguard completions powershell >> $PROFILE")]
pub(crate) struct Args {
    /// The shell.
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "milguard", &mut script);
    io::stdout().lock().write_all(&script).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}
