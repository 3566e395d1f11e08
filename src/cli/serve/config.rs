//! The file: the same keys as the flags, in TOML.
//!
//! A value in the file becomes the default of its flag. So one parser reads and checks flags,
//! environment and file; a flag wins over the environment, and the environment over the file.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use clap::{
    Arg, ArgMatches, Args, Command,
    builder::{OsStr, PossibleValue},
    parser::ValueSource,
};
use toml::Value;

use super::{ServeArgs, args::ACTIONS};
use crate::export::read_toml;

/// The width of the comments in the file, in characters.
const WIDTH: usize = 100;

/// The command with the file's values as its defaults.
///
/// # Errors
///
/// A sentence with the file and the line, if the file cannot be read, a key is unknown or a value is invalid.
pub(super) fn with_file(mut command: Command, path: &Path) -> Result<Command, String> {
    let named = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let table = read_toml(path, "a configuration").map_err(|error| named(&error))?;
    let read = read(table).map_err(|error| named(&error))?;
    let is_read = |arg: &Arg| read.iter().any(|(key, _)| arg.get_long() == Some(key.as_str()));
    if others_can_read(path) && settable(&command).any(|arg| is_secret(arg) && is_read(arg)) {
        warn(&named(
            &"warning: others on this machine can read it, though it holds a password or token; chmod 600",
        ));
    }
    for (key, values) in read {
        let id = id(&key);
        command = command.mut_arg(id, |arg| arg.default_values(values));
    }
    Ok(command)
}

/// Whether more users can read the file than intended. A file of root may be readable for its
/// group, since the package creates it as root:milguard with mode 640.
fn others_can_read(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let shared = |file: &fs::Metadata| if file.uid() == 0 { 0o004 } else { 0o044 };
        fs::metadata(path).is_ok_and(|file| file.mode() & shared(&file) != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn warn(text: &str) {
    let _ = writeln!(io::stderr(), "milguard: {text}");
}

/// The keys and their values as the command line takes them.
fn read(table: toml::Table) -> Result<Vec<(String, Vec<String>)>, String> {
    let command = ServeArgs::augment_args(Command::new("serve"));
    table.into_iter().map(|(key, value)| read_key(&command, key, &value)).collect()
}

fn read_key(
    command: &Command,
    key: String,
    value: &Value,
) -> Result<(String, Vec<String>), String> {
    let arg = settable(command).find(|arg| arg.get_long() == Some(key.as_str()));
    let arg = arg.ok_or_else(|| unknown(command, &key))?;
    let is_list = arg.get_value_delimiter().is_some();
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    };
    let values = match value {
        Value::Array(values) if is_list => values.iter().map(scalar).collect(),
        other => scalar(other).map(|value| vec![value]),
    };
    let expected = if is_list { "a list of strings" } else { "a string, a number, true or false" };
    let values: Vec<String> = values.ok_or_else(|| format!("`{key}` takes {expected}"))?;
    for value in &values {
        check(arg, value).map_err(|what| format!("`{key}`: {what}"))?;
    }
    Ok((key, values))
}

/// Whether a flag accepts the value. Clap parses the flag alone, so that the error is only about
/// this value.
fn check(arg: &Arg, value: &str) -> Result<(), String> {
    let name = arg.get_long().unwrap_or_default();
    let alone = Command::new("serve").no_binary_name(true).arg(arg.clone().env(None));
    let Err(error) = alone.try_get_matches_from([format!("--{name}={value}")]) else {
        return Ok(());
    };
    if is_secret(arg) {
        return Err("this value is not valid".to_owned());
    }
    let text = error.render().to_string();
    let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
    let hint = text.lines().map(str::trim).find(|line| line.starts_with('['));
    Err(hint.map_or_else(|| first.to_owned(), |hint| format!("{first} {hint}")))
}

/// Names the key that was probably meant.
fn unknown(command: &Command, key: &str) -> String {
    let near = settable(command).filter_map(Arg::get_long);
    let near = near.map(|name| (strsim::damerau_levenshtein(name, &key.replace('_', "-")), name));
    match near.min() {
        Some((distance, name)) if distance <= 3 => {
            format!("there is no key `{key}`: did you mean `{name}`?")
        }
        _ => format!("there is no key `{key}`: --print-config lists them all"),
    }
}

/// The commented file: options that differ from their default are set, all others are comments with
/// their default.
pub(super) fn print(command: &Command, matches: &ArgMatches) -> String {
    let mut out = String::from(
        "# milguard serve --config FILE\n#\n# Flags win over the environment, the environment over this file. \
         Relative paths are taken from the\n# working directory.\n",
    );
    let mut heading = None;
    for arg in settable(command) {
        if arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            // Writing to a string cannot fail, here and below.
            let _ = write!(out, "\n# ---- {} ----\n", heading.unwrap_or_default());
        }
        out.push('\n');
        let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string);
        comment(&mut out, &help.unwrap_or_default());
        let choices: Vec<_> = arg.get_possible_values();
        let choices: Vec<_> = choices.iter().map(PossibleValue::get_name).collect();
        if !choices.is_empty() && choices != ["true", "false"] {
            comment(&mut out, &format!("One of: {}", choices.join(", ")));
        }
        let name = arg.get_long().unwrap_or_default();
        let variable = arg.get_env().map(|name| name.to_string_lossy()).unwrap_or_default();
        let _ = writeln!(out, "# --{name}, {variable}");
        out.push_str(&line(arg, name, matches));
    }
    out
}

/// The line that sets a key, or a comment with it.
fn line(arg: &Arg, name: &str, matches: &ArgMatches) -> String {
    let is_list = arg.get_value_delimiter().is_some();
    let id = arg.get_id().as_str();
    let is_given = match matches.value_source(id) {
        None => false,
        // The value from the file has replaced the default.
        Some(ValueSource::DefaultValue) => arg.get_default_values() != own_default(name),
        Some(_) => true,
    };
    let values: Vec<String> = match matches.get_raw(id) {
        Some(values) => values.map(|value| value.to_string_lossy().into_owned()).collect(),
        None => Vec::new(),
    };
    // A list of defaults is written as one text.
    let values: Vec<&str> = if is_list {
        values.iter().flat_map(|value| value.split(',')).collect()
    } else {
        values.iter().map(String::as_str).collect()
    };
    if is_given && is_secret(arg) {
        return format!("# {name} = (given, and not shown)\n");
    }
    let written: Vec<String> = values.iter().map(|value| scalar(value)).collect();
    let written = match (is_list, written.as_slice()) {
        (true, values) => format!("[{}]", values.join(", ")),
        (false, [value]) => value.clone(),
        (false, _) => "\"\"".to_owned(),
    };
    let sign = if is_given { "" } else { "# " };
    format!("{sign}{name} = {written}\n")
}

/// The default of a flag without a file.
fn own_default(name: &str) -> Vec<OsStr> {
    let command = ServeArgs::augment_args(Command::new("serve"));
    let arg = settable(&command).find(|arg| arg.get_long() == Some(name));
    arg.map(|arg| arg.get_default_values().to_vec()).unwrap_or_default()
}

fn scalar(value: &str) -> String {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number || matches!(value, "true" | "false") {
        return value.to_owned();
    }
    Value::String(value.to_owned()).to_string()
}

fn comment(out: &mut String, text: &str) {
    let mut width = WIDTH;
    for word in text.split_whitespace() {
        if width + 1 + word.len() > WIDTH {
            let lead = if out.ends_with('\n') { "#" } else { "\n#" };
            out.push_str(lead);
            width = 1;
        }
        out.push(' ');
        out.push_str(word);
        width += 1 + word.len();
    }
    out.push('\n');
}

/// The flags that are keys of the file.
fn settable(command: &Command) -> impl Iterator<Item = &Arg> {
    let is_key = |arg: &&Arg| {
        let name = arg.get_long();
        name.is_some_and(|name| !ACTIONS.contains(&name) && !["config", "help"].contains(&name))
    };
    command.get_arguments().filter(is_key)
}

/// Whether the value is a secret, which the help hides as well.
fn is_secret(arg: &Arg) -> bool {
    arg.is_hide_env_values_set()
}

/// The parser's name for a flag.
fn id(key: &str) -> String {
    key.replace('-', "_")
}
