//! `milguard check`: verdicts on addresses, or on a message.

mod jsonl;
mod mail;
mod text;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ColorChoice;

use super::lines::{Line, LineError, Lines};
use super::{CliError, Format, policy_file};
use crate::address::MAX_LENGTH;
use crate::detect::{Checker, RecipientReport, Severity};

/// How many bytes of a line are read. This is longer than any text that the checker accepts, so
/// that a cut line can never become an address that passes; a cut within a character costs at most
/// three bytes.
const LINE_LIMIT: usize = MAX_LENGTH + 4;

const EXAMPLES: &str = "\
Examples:
  milguard check bob@us.army.ml
  milguard check --format jsonl < addresses.txt > verdicts.jsonl
  milguard check --flagged --policy policy.json < addresses.txt
  milguard check --message draft.eml || echo 'look at the recipients again'";

const JSONL: &str = "\
With --format jsonl each line of input makes one line of output, in order,
whatever it holds:
  {\"address\":\"bob@army.ml\",\"severity\":\"warn\",\"reasons\":[\"suffix-typo\"],
   \"suggestion\":\"bob@army.mil\",\"spans\":[[9,11]],\"delegated\":[true]}
spans and delegated have an entry for each of the reasons: the bytes of the
address that it is about, and whether the top-level domain exists, so that mail
can reach a stranger; null where the question does not arise. With --message the
line also has field, the header field in lower case. Invalid UTF-8 appears as
U+FFFD. A line longer than 64 KiB is malformed; its beginning is echoed with
\"truncated\":true.";

/// Check mail addresses, or the recipients of a message.
///
/// Addresses come from the arguments or, if there are none, from standard input, one a line. Each is
/// checked on its own; only --message looks at recipients together, at display names and at what a
/// message holds.
///
/// The exit status is grep's: 0 if nothing is at `warn` or above, 1 if something is, 2 after an error.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{JSONL}"))]
pub(crate) struct Args {
    /// Addresses, each as a mail program would accept it.
    #[arg(value_name = "ADDRESS", conflicts_with = "message")]
    addresses: Vec<OsString>,
    /// Use the policy in this file instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to print verdicts.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
    /// Check the message in this file (.eml), or on standard input for `-`.
    #[arg(long, value_name = "FILE")]
    message: Option<PathBuf>,
    /// Print only recipients that do not pass.
    #[arg(long, short)]
    flagged: bool,
    /// Print nothing and stop at the first address at `warn` or above: the exit status tells.
    #[arg(long, short, conflicts_with = "flagged")]
    quiet: bool,
    /// Whether to use colour.
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let checker = policy_file::checker(args.policy.as_deref())?;
    let mut output = Output::new(args);
    if let Some(path) = &args.message {
        let mail = mail::read(path)?;
        let report = mail.check(&checker);
        for (recipient, report) in mail.recipients.iter().zip(&report.recipients) {
            let address = recipient.address.as_str();
            let name = recipient.name.as_deref();
            let field = Some(recipient.header);
            output.verdict(&CheckedRecipient {
                field,
                name,
                ..CheckedRecipient::new(address, report)
            })?;
        }
    } else if args.addresses.is_empty() {
        check_lines(&checker, &mut output)?;
    } else {
        for address in &args.addresses {
            let address = address.to_string_lossy();
            output.verdict(&CheckedRecipient::new(&address, &checker.check_address(&address)))?;
            if output.is_decided() {
                break;
            }
        }
    }
    output.flush()?;
    Ok(if output.worst >= Severity::Warn { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Checks standard input line by line in constant memory. It writes its answers before it waits for
/// more input, so that a program can ask and read in turn.
fn check_lines(checker: &Checker, output: &mut Output) -> Result<(), CliError> {
    let input = io::stdin();
    if input.is_terminal() {
        let _ = writeln!(io::stderr(), "milguard: reading addresses, one a line; Ctrl-D ends");
    }
    let mut lines = Lines::new(input.lock(), LINE_LIMIT);
    loop {
        let (line, bytes) = match lines.next(|| output.out.flush()) {
            Ok(Some(next)) => next,
            Ok(None) => return Ok(()),
            Err(LineError::Wait(error)) => return Err(CliError::Output(error)),
            Err(LineError::Read(error)) => {
                output.flush()?;
                let message = format_args!("cannot read standard input: {error}");
                return Err(CliError::new(message));
            }
        };
        let is_cut = line == Line::Cut;
        let address = if is_cut { lossy_start(bytes) } else { String::from_utf8_lossy(bytes) };
        let report = checker.check_address(&address);
        output.verdict(&CheckedRecipient { is_cut, ..CheckedRecipient::new(&address, &report) })?;
        if output.is_decided() {
            return Ok(());
        }
    }
}

/// Decodes a cut line, which may end within a character.
fn lossy_start(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => {
            String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default())
        }
        _ => String::from_utf8_lossy(bytes),
    }
}

/// The output for one recipient.
struct CheckedRecipient<'a> {
    address: &'a str,
    report: &'a RecipientReport,
    /// The header field that names the recipient.
    field: Option<&'a str>,
    /// The display name, if it is not part of `address`.
    name: Option<&'a str>,
    /// Whether `address` is only the beginning of a longer line.
    is_cut: bool,
}

impl<'a> CheckedRecipient<'a> {
    /// The verdict on an address alone.
    fn new(address: &'a str, report: &'a RecipientReport) -> Self {
        Self { address, report, field: None, name: None, is_cut: false }
    }
}

/// Standard output, and the highest severity so far.
struct Output {
    out: BufWriter<StdoutLock<'static>>,
    worst: Severity,
    format: Format,
    color: bool,
    mildest: Severity,
    quiet: bool,
}

impl Output {
    fn new(args: &Args) -> Self {
        let stdout = io::stdout();
        let color = match args.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                anstream::AutoStream::choice(&stdout) != anstream::ColorChoice::Never
            }
        };
        Self {
            out: BufWriter::with_capacity(1 << 16, stdout.lock()),
            worst: Severity::Pass,
            format: args.format,
            color,
            mildest: if args.flagged { Severity::Notice } else { Severity::Pass },
            quiet: args.quiet,
        }
    }

    fn verdict(&mut self, verdict: &CheckedRecipient<'_>) -> Result<(), CliError> {
        let severity = verdict.report.severity;
        self.worst = self.worst.max(severity);
        if self.quiet || severity < self.mildest {
            return Ok(());
        }
        match self.format {
            Format::Text => text::write(&mut self.out, verdict, self.color),
            Format::Jsonl => jsonl::write(&mut self.out, verdict),
        }
        .map_err(CliError::Output)
    }

    /// Whether no further line can change the output.
    fn is_decided(&self) -> bool {
        self.quiet && self.worst >= Severity::Warn
    }

    fn flush(&mut self) -> Result<(), CliError> {
        self.out.flush().map_err(CliError::Output)
    }
}
