//! Reads the message in a file.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::cli::{CliError, files};
use crate::mail::Mail;

/// The largest message, well above what mail systems carry.
const LIMIT: u64 = 256 << 20;

/// Reads the file at `path`, or standard input for `-`.
pub(super) fn read(path: &Path) -> Result<Mail, CliError> {
    let bytes = if path == Path::new("-") {
        files::read_limited(io::stdin().lock(), LIMIT)
    } else {
        files::open(path).and_then(|file: File| files::read_limited(file, LIMIT))
    };
    let name = Name(path);
    let bytes = bytes
        .map_err(|error| CliError::new(format_args!("cannot read the message {name}: {error}")))?;
    Mail::parse(&bytes).ok_or_else(|| {
        CliError::new(format_args!("{name} has no recipient: no To, Cc or Bcc was found in it"))
            .hint("--message takes one message as a mail program saves it (.eml, RFC 5322)")
    })
}

/// A file's name in an error.
struct Name<'a>(&'a Path);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == Path::new("-") {
            f.write_str("standard input")
        } else {
            self.0.display().fmt(f)
        }
    }
}
