//! Content compliance rules for Google Workspace, to be pasted into its Admin console, from the
//! [simple rules](super::simple).
//!
//! Gmail's expressions are RE2's, which has no look-arounds and no references. A rule requires any or all of its
//! expressions, and an expression may be negated (`Not matches regex`). Google documents no length
//! limit. One text may hold all recipients of the envelope, so an address also ends at a separator.
//! If one recipient is on the allow list, a rule with exceptions lets the whole message pass: it
//! refuses less than the policy, never more.

use std::fmt::Write;

use super::rule::Why;
use super::simple::{SimpleRule, rules};
use super::text::Words;
use super::{Files, GatewayError};
use crate::policy::Policy;

pub(super) const FILE: &str = "milguard-google-workspace.txt";

/// The longest expression. With longer ones nobody would notice an incomplete paste; with shorter ones there would be
/// more to paste.
const LONGEST: usize = 1_000;

/// The most expressions of a rule. With more, nobody would notice that one was not pasted; with
/// fewer, an administrator would have to make more rules.
const EXPRESSIONS: usize = 10;

/// Expressions for the text before an address, and after one.
const START: &str = "(^|[\\s,;<])";
const END: &str = "($|[\\s,;>])";

const HEAD: &str = "\
# Recipients in domains that look like protected ones. Written by `milguard gateway --format google-workspace`;
# changes made here are lost. UNTESTED in Google Workspace: try it on one organizational unit first.
#
# 1. In the Admin console: Apps > Google Workspace > Gmail > Compliance > Content compliance > Configure.
# 2. Make a rule for each part below, with its name as the description, for outbound messages.
# 3. Choose ANY or ALL as the part says, and add its expressions: Advanced content match, location \"Any envelope
#    recipient\", match type \"Matches regex\" or \"Not matches regex\".
# 4. Choose the action, paste the notice, save. It may take a day until a rule acts.
#
# The expressions are RE2's, of at most 1,000 characters. A message is refused as a whole.
";

const AUDIT: &str = "\
#
# The policy is in audit mode: messages are delivered, and the Email log search names the rule.
";

/// A rule of content compliance.
struct Setting {
    name: String,
    matches: Vec<String>,
    unless: Vec<String>,
    text: String,
}

pub(super) fn render(policy: &Policy, words: &Words, audit: bool) -> Result<Files, GatewayError> {
    let (denied, alike): (Vec<_>, Vec<_>) =
        rules(policy, words)?.into_iter().partition(SimpleRule::is_denied);
    let mut settings: Vec<Setting> = Vec::new();
    for rule in &denied {
        settings.extend(split(&rule.name, &rule.patterns, &rule.except, &rule.text));
    }
    if let Some(first) = alike.first() {
        let patterns: Vec<String> = alike.iter().flat_map(|it| it.patterns.clone()).collect();
        let text = words.without_hint(Why::Lookalike);
        settings.extend(split("Milguard: look-alikes", &patterns, &first.except, &text));
    }
    let mut out = HEAD.to_owned();
    if audit {
        out.push_str(AUDIT);
    }
    for Setting { name, matches, unless, text } in &settings {
        let quantity = if unless.is_empty() { "ANY" } else { "ALL" };
        let _ = writeln!(out, "\n[{name}]\nexpressions: {quantity}");
        for source in matches {
            let _ = writeln!(out, "matches: {source}");
        }
        for source in unless {
            let _ = writeln!(out, "not matches: {source}");
        }
        let action = if audit {
            "action: Modify message, add the custom header X-Milguard: audit".to_owned()
        } else {
            format!("action: Reject message\nnotice: {text}")
        };
        let _ = writeln!(out, "{action}");
    }
    Ok(Files::from([(FILE, out)]))
}

/// Makes as many rules as the expressions need. With exceptions, each expression needs a rule of
/// its own, since all expressions of that rule have to apply.
fn split(name: &str, patterns: &[String], except: &[String], text: &str) -> Vec<Setting> {
    let (matches, unless) = (joined(patterns), joined(except));
    let each = if unless.is_empty() { EXPRESSIONS } else { 1 };
    let parts = matches.chunks(each).enumerate().map(|(number, matches)| Setting {
        name: if number == 0 { name.to_owned() } else { format!("{name}, part {}", number + 1) },
        matches: matches.to_vec(),
        unless: unless.clone(),
        text: text.to_owned(),
    });
    parts.collect()
}

/// Combines patterns into few expressions, none too long.
fn joined(patterns: &[String]) -> Vec<String> {
    let (addresses, domains): (Vec<&str>, Vec<&str>) = patterns
        .iter()
        .map(|pattern| pattern.strip_suffix('$').unwrap_or(pattern))
        .partition(|pattern| pattern.starts_with('^'));
    let mut made = Vec::new();
    for (start, patterns) in [(START, addresses), ("", domains)] {
        let around = start.len() + END.len() + "(?i)()".len();
        let mut open = String::new();
        for pattern in patterns {
            let pattern = pattern.strip_prefix('^').unwrap_or(pattern);
            if !open.is_empty() && open.len() + 1 + pattern.len() + around > LONGEST {
                made.push(format!("(?i){start}({open}){END}"));
                open.clear();
            }
            if !open.is_empty() {
                open.push('|');
            }
            open.push_str(pattern);
        }
        if !open.is_empty() {
            made.push(format!("(?i){start}({open}){END}"));
        }
    }
    made
}
