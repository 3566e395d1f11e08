//! A PowerShell script that makes transport rules in Exchange Server 2013 and later and in Exchange
//! Online, from the [simple rules](super::simple). New rules only audit, until the administrator says `-Enforce`.

use std::fmt::Write;

use askama::Template;

use super::simple::{SimpleRule, rules};
use super::text::Words;
use super::{Files, GatewayError};
use crate::policy::Policy;

pub(super) const FILE: &str = "milguard.ps1";

#[derive(Template)]
#[template(path = "exchange.ps1", escape = "none")]
struct Script<'a> {
    mode: &'a str,
    /// A PowerShell list, whose texts are quoted.
    rules: &'a str,
}

pub(super) fn render(policy: &Policy, words: &Words, audit: bool) -> Result<Files, GatewayError> {
    let rules = rules(policy, words)?;
    let mut table = String::new();
    for SimpleRule { name, patterns, except, text } in &rules {
        let _ = writeln!(table, "    @{{\n        Name = {}", quoted(name));
        list(&mut table, "RecipientAddressMatchesPatterns", patterns);
        if !except.is_empty() {
            list(&mut table, "ExceptIfRecipientAddressMatchesPatterns", except);
        }
        let _ = writeln!(table, "        RejectMessageReasonText = {}\n    }}", quoted(text));
    }
    let mode = if audit { "Audit" } else { "Enforce" };
    let script = Script { mode, rules: table.trim_end() };
    // Writing to a string does not fail. Templates drop the final line break, so it is added here.
    let script = script.render().unwrap_or_default() + "\n";
    Ok(Files::from([(FILE, script)]))
}

fn list(out: &mut String, name: &str, patterns: &[String]) {
    let _ = writeln!(out, "        {name} = @(");
    let quoted: Vec<_> = patterns.iter().map(|it| format!("            {}", quoted(it))).collect();
    let _ = writeln!(out, "{}\n        )", quoted.join(",\n"));
}

/// A PowerShell string. Every form of quote that PowerShell reads as one is doubled, so that the
/// text cannot end the string.
fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for character in text.chars() {
        if matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
            out.push(character);
        }
        out.push(character);
    }
    out.push('\'');
    out
}
