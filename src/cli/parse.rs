//! `milguard parse`: shows how Milguard reads a recipient field.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::process::ExitCode;

use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use serde_json::{Value, json};

use super::lines::{Line, LineError, Lines};
use super::visible::Visible;
use super::{CliError, Format};
use crate::address::{Address, AddressError, MAX_LENGTH, Mailbox, parse_address_list};

/// How many bytes of a line are read: a JSON string has up to six bytes (`\u0000`) for each byte of
/// a header. A longer text is too long after decoding, too.
const LINE_LIMIT: usize = 6 * MAX_LENGTH + 8;

const EXAMPLES: &str = "\
Examples:
  milguard parse '\"Doe, John\" <john@army.mil>, ann@navy.mil'
  grep -i '^to:' draft.eml | cut -c4- | milguard parse
  printf '%s\\n' '\"Bob <bob@army.mil>\"' | milguard parse --format jsonl";

const JSONL: &str = "\
With --format jsonl each line of input is a JSON string, so that a header can
be given with its line breaks (an argument is taken as it is), and makes one
line of output:
  {\"addresses\":[\"bob@army.mil\"],
   \"list\":[{\"displayName\":null,\"localPart\":\"bob\",\"domain\":\"army.mil\",
            \"span\":[0,12],\"domainSpan\":[4,12]}]}
  {\"addresses\":[…],\"list\":[{\"group\":\"Team\",\"members\":[…]}]}
  {\"error\":{\"kind\":\"space-in-address\",\"at\":8,
            \"message\":\"a space inside the address\"}}
Spans and at are bytes of the header in UTF-8. The kind is not-json for a line
that is not a JSON string.";

/// Show how Milguard reads a recipient field.
///
/// The command takes header values (To, Cc, Bcc) from the arguments or, if there are none, from
/// standard input, one a line. It prints their mailboxes, or the reason why it cannot read them.
///
/// The exit status is 0 if Milguard could read all header values, 1 if not, 2 after an error.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{JSONL}"))]
pub(crate) struct Args {
    /// Header values.
    #[arg(value_name = "HEADER")]
    headers: Vec<OsString>,
    /// How to print the result.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, CliError> {
    let mut output = Output {
        out: BufWriter::with_capacity(1 << 16, io::stdout().lock()),
        format: args.format,
        all_read: true,
    };
    if args.headers.is_empty() {
        parse_lines(&mut output)?;
    }
    for header in &args.headers {
        output.write(&Ok(header.to_string_lossy()))?;
    }
    output.out.flush().map_err(CliError::Output)?;
    Ok(if output.all_read { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn parse_lines(output: &mut Output) -> Result<(), CliError> {
    let input = io::stdin();
    if input.is_terminal() {
        let _ = writeln!(io::stderr(), "milguard: reading header values, one a line; Ctrl-D ends");
    }
    let mut lines = Lines::new(input.lock(), LINE_LIMIT);
    loop {
        match lines.next(|| output.out.flush()) {
            Ok(Some((line, bytes))) => {
                let header = decode(output.format, line, bytes);
                output.write(&header)?;
            }
            Ok(None) => return Ok(()),
            Err(LineError::Wait(error)) => return Err(CliError::Output(error)),
            Err(LineError::Read(error)) => {
                output.out.flush().map_err(CliError::Output)?;
                return Err(CliError::new(format_args!("cannot read standard input: {error}")));
            }
        }
    }
}

fn decode(format: Format, line: Line, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    match (format, line) {
        (Format::Text, _) => Ok(String::from_utf8_lossy(bytes)),
        (Format::Jsonl, Line::Cut) => Err("longer than any header".to_owned()),
        (Format::Jsonl, Line::Whole) => match serde_json::from_slice(bytes) {
            Ok(Header(header)) => Ok(header.into()),
            Err(error) => Err(error.to_string()),
        },
    }
}

/// A JSON string in which a lone surrogate, which JavaScript's strings may hold, is U+FFFD.
struct Header(String);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Header, E> {
                Ok(Header(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

struct Output {
    out: BufWriter<StdoutLock<'static>>,
    format: Format,
    all_read: bool,
}

impl Output {
    /// Prints how a header is read, or why it cannot be.
    fn write(&mut self, header: &Result<Cow<'_, str>, String>) -> Result<(), CliError> {
        let read = header.as_deref().map(parse_address_list);
        self.all_read &= matches!(read, Ok(Ok(_)));
        match self.format {
            Format::Jsonl => write_jsonl(&mut self.out, &read),
            Format::Text => write_text(&mut self.out, header.as_deref().unwrap_or_default(), &read),
        }
        .map_err(CliError::Output)
    }
}

type Read<'a> = Result<Result<Vec<Address>, AddressError>, &'a String>;

fn write_jsonl(out: &mut impl Write, read: &Read<'_>) -> io::Result<()> {
    let value = match read {
        Ok(Ok(list)) => json!({
            "addresses": list.iter().flat_map(Address::mailboxes).map(addr_spec).collect::<Vec<_>>(),
            "list": list.iter().map(address_json).collect::<Vec<_>>(),
        }),
        Ok(Err(error)) => json!({ "error": {
            "kind": error.kind.as_str(), "at": error.at, "message": error.kind.message(),
        }}),
        Err(message) => json!({ "error": { "kind": "not-json", "at": null, "message": message }}),
    };
    writeln!(out, "{value}")
}

fn addr_spec(mailbox: &Mailbox) -> String {
    [mailbox.local_part.as_str(), "@", &mailbox.domain].concat()
}

fn address_json(address: &Address) -> Value {
    match address {
        Address::Mailbox(mailbox) => mailbox_json(mailbox),
        Address::Group { name, members } => json!({
            "group": name, "members": members.iter().map(mailbox_json).collect::<Vec<_>>(),
        }),
    }
}

fn mailbox_json(mailbox: &Mailbox) -> Value {
    json!({
        "displayName": mailbox.display_name,
        "localPart": mailbox.local_part,
        "domain": mailbox.domain,
        "span": [mailbox.span.start, mailbox.span.end],
        "domainSpan": [mailbox.domain_span.start, mailbox.domain_span.end],
    })
}

fn write_text(out: &mut impl Write, header: &str, read: &Read<'_>) -> io::Result<()> {
    writeln!(out, "{}", Visible(&shortened(header)))?;
    match read {
        Ok(Ok(list)) => list.iter().try_for_each(|address| match address {
            Address::Mailbox(mailbox) => write_mailbox(out, mailbox, "  "),
            Address::Group { name, members } => {
                writeln!(out, "  group \"{}\" of {}", Visible(name), members.len())?;
                members.iter().try_for_each(|member| write_mailbox(out, member, "    "))
            }
        }),
        Ok(Err(error)) => writeln!(out, "  {}: {error}", error.kind.as_str()),
        Err(message) => writeln!(out, "  not-json: {}", Visible(message)),
    }
}

fn write_mailbox(out: &mut impl Write, mailbox: &Mailbox, indent: &str) -> io::Result<()> {
    let Mailbox { display_name, local_part, domain, .. } = mailbox;
    write!(out, "{indent}local part \"{}\", domain \"{}\"", Visible(local_part), Visible(domain))?;
    match display_name {
        Some(name) => writeln!(out, ", display name \"{}\"", Visible(name)),
        None => writeln!(out),
    }
}

/// Shortens a header to a few hundred characters.
fn shortened(header: &str) -> Cow<'_, str> {
    match header.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", header.get(..end).unwrap_or_default()).into(),
        None => header.into(),
    }
}
