//! `milguard policy`: write, check and explain a policy.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::visible::Visible;
use super::{CliError, files};
use crate::Policy;
use crate::lint::lint;
use crate::policy::{Layer, Merged, Preset, Problem, explain, schema_text};

/// The largest file that the command reads: more than any policy within its limits needs.
const MAX_FILE: u64 = 256 << 20;

/// Write, check and explain a policy.
#[derive(Clone, Debug, clap::Args)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Debug, Subcommand)]
enum Command {
    Init(InitArgs),
    Lint(LintArgs),
    Show(ShowArgs),
    Schema(SchemaArgs),
}

/// Write a policy to begin with.
///
/// The file names every member with its value, so that you can edit it without the manual.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard policy init --out policy.json
  milguard policy init --preset dod > policy.json

Presets: default (warns, never blocks), contractor (a short pause, reports
domains), agency (asks for a justification), dod (blocks all of Mali's domain).")]
struct InitArgs {
    /// The preset to begin with.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = preset())]
    preset: Preset,
    /// Write to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Overwrite the file if it exists.
    #[arg(long, requires = "out")]
    force: bool,
}

/// Check policies: list every error and likely mistake.
///
/// The command is stricter than clients: a member that Milguard doesn't know is an error. Exit
/// status: 0 without errors, 1 with errors, 2 when a file cannot be read.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard policy lint policy.json
  milguard policy lint --format jsonl org.json group.json
  curl -s https://mail.example.org/v1/policy | milguard policy lint -")]
struct LintArgs {
    /// Files to check; `-` is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// How to write the errors and mistakes.
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    format: LintFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LintFormat {
    /// One line for each problem, for reading.
    Text,
    /// One JSON object a line: file, level, path, message.
    Jsonl,
}

/// Explain what a policy does and where each value comes from.
///
/// The preset is the lowest layer; FILE and then each --layer go on top of it. A higher layer
/// replaces single values and adds to lists, and cannot change what a lower layer has locked. Without
/// a layer, the command shows the built-in policy.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:
  milguard policy show
  milguard policy show org.json --layer group.json
  milguard policy show --preset dod --layer group.json --format json > all.json")]
struct ShowArgs {
    /// The policy; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// A preset below the policy.
    #[arg(long, value_name = "NAME", value_parser = preset())]
    preset: Option<Preset>,
    /// Another policy on top of the policy; may be given several times.
    #[arg(long = "layer", value_name = "FILE")]
    layers: Vec<PathBuf>,
    /// The form of the output.
    #[arg(long, value_enum, default_value_t = ShowFormat::Text)]
    format: ShowFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ShowFormat {
    /// Sentences, for reading.
    Text,
    /// The effective document, with defaults filled in.
    Json,
}

/// Print the JSON Schema of a policy, for editors and other tools.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Example:
  milguard policy schema > policy.schema.json    and begin the policy with
                                                 \"$schema\": \"policy.schema.json\"")]
struct SchemaArgs {}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    match &args.command {
        Command::Init(args) => init(args),
        Command::Lint(args) => lint_files(args),
        Command::Show(args) => show(args),
        Command::Schema(SchemaArgs {}) => print(&schema_text()),
    }
}

fn init(args: &InitArgs) -> Result<ExitCode, CliError> {
    let text = args.preset.text();
    let Some(path) = &args.out else { return print(text) };
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let message = format_args!("cannot write {}", path.display());
        if error.kind() == io::ErrorKind::AlreadyExists {
            CliError::new(message).hint("the file already exists; --force overwrites it")
        } else {
            CliError::new(message).hint(error)
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn lint_files(args: &LintArgs) -> Result<ExitCode, CliError> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut status = 0;
    for path in &args.files {
        let name = path.display().to_string();
        let linted = match read(path) {
            Ok(text) => lint(&text),
            Err(error) => {
                let _ = writeln!(io::stderr(), "milguard: {}", Visible(&one_line(&error)));
                status = 2;
                continue;
            }
        };
        if linted.has_errors() {
            status = status.max(1);
        }
        write_problems(&mut out, args.format, &name, &linted.problems).map_err(CliError::Output)?;
    }
    out.flush().map_err(CliError::Output)?;
    Ok(ExitCode::from(status))
}

fn write_problems(
    out: &mut impl Write,
    format: LintFormat,
    file: &str,
    problems: &[Problem],
) -> io::Result<()> {
    for problem in problems {
        match format {
            LintFormat::Text => {
                writeln!(out, "{}: {}", Visible(file), Visible(&problem.to_string()))?;
            }
            LintFormat::Jsonl => {
                let Problem { level, path, message } = problem;
                let line = json!({
                    "file": file, "level": level.as_str(), "path": path, "message": message,
                });
                writeln!(out, "{line}")?;
            }
        }
    }
    if problems.is_empty() && matches!(format, LintFormat::Text) {
        writeln!(out, "{}: ok", Visible(file))?;
    }
    Ok(())
}

fn show(args: &ShowArgs) -> Result<ExitCode, CliError> {
    let mut layers = Vec::new();
    if let Some(preset) = args.preset {
        let name = format!("preset {}", preset.as_str());
        layers.push(read_layer(&name, preset.text().as_bytes())?);
    }
    for path in args.file.iter().chain(&args.layers) {
        layers.push(read_layer(&path.display().to_string(), &read(path)?)?);
    }
    let merged = Policy::merge(layers);
    let policy = merged.policy();
    policy
        .validate()
        .map_err(|error| CliError::new("the layers are valid, but not together").hint(error))?;
    match args.format {
        ShowFormat::Text => print(&described(&merged, &policy)),
        ShowFormat::Json => {
            for line in refusals(&merged) {
                let _ = writeln!(io::stderr(), "milguard: {}", Visible(&line));
            }
            let text = serde_json::to_string_pretty(&policy).map_err(CliError::new)?;
            print(&format!("{text}\n"))
        }
    }
}

/// The policy in sentences, each with its member and the layer that sets it.
fn described(merged: &Merged, policy: &Policy) -> String {
    let mut lines = vec![format!("Policy {}, version {}", policy.id, policy.version)];
    if !merged.layers.is_empty() {
        lines.push(format!("Layers: {}", merged.layers.join(", then ")));
    }
    lines.push(String::new());
    let name = |layer: usize| merged.layers.get(layer).map_or("?", String::as_str);
    for statement in explain(merged) {
        let names: Vec<_> = statement.layers.iter().map(|&layer| name(layer)).collect();
        let origin = if names.is_empty() {
            "built-in".to_owned()
        } else {
            format!("from {}", names.join(" and "))
        };
        let lock = statement
            .locked_by
            .map_or(String::new(), |layer| format!(", locked by {}", name(layer)));
        lines.push(statement.sentence);
        lines.push(format!("    {}: {origin}{lock}", statement.path));
        for (layer, entries) in statement.parts {
            lines.push(format!("        {} adds {entries}", name(layer)));
        }
    }
    let refusals = refusals(merged);
    if !refusals.is_empty() {
        lines.push(String::new());
        lines.extend(refusals);
    }
    lines.iter().fold(String::new(), |text, line| text + &Visible(line).to_string() + "\n")
}

fn refusals(merged: &Merged) -> Vec<String> {
    let name = |layer: usize| merged.layers.get(layer).map_or("?", String::as_str);
    let refused = merged.refused.iter();
    refused
        .map(|it| {
            let (layer, locked_by) = (name(it.layer), name(it.locked_by));
            format!("Ignored in {layer}: {} (locked by {locked_by})", it.path)
        })
        .collect()
}

fn read_layer(name: &str, text: &[u8]) -> Result<Layer, CliError> {
    Layer::read(name, text).map_err(|problems| {
        let problems: Vec<_> = problems.iter().map(Problem::to_string).collect();
        CliError::new(format_args!("{name} has errors")).hint(problems.join("\n  "))
    })
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let text = if path == Path::new("-") {
        files::read_limited(io::stdin().lock(), MAX_FILE)
    } else {
        files::open(path).and_then(|file| files::read_limited(file, MAX_FILE))
    };
    text.map_err(|error| CliError::new(format_args!("cannot read {}", path.display())).hint(error))
}

fn one_line(error: &CliError) -> String {
    error.to_string().replace("\n  ", ": ")
}

fn print(text: &str) -> Result<ExitCode, CliError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)?;
    Ok(ExitCode::SUCCESS)
}

/// The names of the presets, as an argument.
fn preset() -> impl TypedValueParser<Value = Preset> {
    PossibleValuesParser::new(Preset::ALL.map(Preset::as_str)).map(|name| {
        let preset = Preset::ALL.into_iter().find(|preset| preset.as_str() == name);
        preset.unwrap_or(Preset::Default)
    })
}
