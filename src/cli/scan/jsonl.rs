//! Prints deliveries as JSON, one on each line.

use std::io::{self, Write};

use crate::cli::json::write_string;
use crate::scan::{Delivery, domain_of, sender_domain};

/// Writes one line.
pub(super) fn write(out: &mut impl Write, delivery: &Delivery) -> io::Result<()> {
    let time = delivery.time.map(|time| time.to_string());
    let verdict = &delivery.verdict;
    out.write_all(b"{\"time\":")?;
    write_optional(out, time.as_deref())?;
    out.write_all(b",\"recipient\":")?;
    write_string(out, &delivery.recipient)?;
    out.write_all(b",\"domain\":")?;
    write_string(out, &domain_of(&delivery.recipient))?;
    write!(out, ",\"severity\":\"{}\",\"reasons\":[", verdict.severity.as_str())?;
    for (index, reason) in verdict.reasons.iter().enumerate() {
        write!(out, "{}\"{}\"", if index > 0 { "," } else { "" }, reason.as_str())?;
    }
    out.write_all(b"],\"suggestion\":")?;
    write_optional(out, verdict.suggestion.as_deref())?;
    write!(out, ",\"status\":\"{}\",\"detail\":", delivery.status)?;
    write_string(out, &delivery.detail)?;
    out.write_all(b",\"sender\":")?;
    write_optional(out, delivery.sender.as_deref())?;
    out.write_all(b",\"sender_domain\":")?;
    match delivery.sender.as_deref() {
        Some(sender) => write_string(out, &sender_domain(Some(sender)))?,
        None => out.write_all(b"null")?,
    }
    out.write_all(b",\"rewritten\":")?;
    write_optional(out, delivery.rewritten.as_deref())?;
    write!(out, ",\"attempts\":{},\"id\":", delivery.attempts)?;
    write_string(out, &delivery.id)?;
    write!(out, ",\"format\":\"{}\",\"file\":", delivery.format)?;
    write_string(out, &delivery.file)?;
    write!(out, ",\"record\":{},\"server\":", delivery.record)?;
    write_optional(out, delivery.server.as_deref())?;
    out.write_all(b",\"marking\":")?;
    write_optional(out, delivery.marking.as_deref())?;
    out.write_all(b"}\n")
}

fn write_optional(out: &mut impl Write, text: Option<&str>) -> io::Result<()> {
    match text {
        Some(text) => write_string(out, text),
        None => out.write_all(b"null"),
    }
}
