//! An access control list for Exim 4, called for every recipient.
//!
//! Exim tries the statements in order: `accept` ends the list without a message, `deny` refuses with one.
//! Conditions match against `$local_part@$domain`. Groups exist only while an expression is
//! expanded, so a variable keeps what they matched.

use std::fmt::Write;

use super::Files;
use super::expression::Expression;
use super::rule::{Act, Hint, Rule};
use super::rules::Rules;
use super::text::Words;

pub(super) const FILE: &str = "milguard.acl";

const HEAD: &str = "\
# Recipients in domains that look like protected ones. Written by `milguard gateway --format exim`; changes
# made here are lost.
#
# 1. Copy this file to /etc/exim4/milguard.acl, and include it in the section of access control lists, after
#    the line `begin acl`:
#
#      .include /etc/exim4/milguard.acl
#
#    (Debian with split configuration: a file conf.d/acl/10_milguard with that line.)
# 2. Call it first in the list for RCPT, which Debian calls acl_check_rcpt, before anything that accepts
#    your senders:
#
#      acl_check_rcpt:
#        require acl = acl_milguard
#
# 3. exim4 -bV says whether the configuration can be read; then restart Exim.
#
# `exim4 -bh 192.0.2.1` and a conversation by hand show what an address gets. Mail that sendmail(1)
# submits on the machine itself passes acl_not_smtp, not this list.
";

pub(super) fn render(rules: &Rules, words: &Words, audit: bool) -> Files {
    let mut out = HEAD.to_owned();
    if audit {
        out.push_str("#\n# The policy is in audit mode: matches are logged and let through.\n");
    }
    out.push_str("\nacl_milguard:\n");
    let mut idn = String::new();
    let mut note = "";
    for rule in &rules.list {
        if rule.is_idn && idn.is_empty() {
            // These rules are many and concern only A-labels: Exim skips them for all other
            // domains.
            out.push_str(
                "\n  # Names in other letters\n  deny condition = ${if match{${lc:$domain}}{xn--}}\n       \
                 !acl = acl_milguard_idn\n",
            );
            idn.push_str("\nacl_milguard_idn:\n");
        }
        let out = if rule.is_idn { &mut idn } else { &mut out };
        if rule.note != note {
            let _ = write!(out, "\n  # {}\n", rule.note);
            note = &rule.note;
        }
        statements(out, rule, words, audit);
    }
    out.push_str("\n  accept\n");
    if !idn.is_empty() {
        let _ = write!(out, "{idn}\n  accept\n");
    }
    Files::from([(FILE, out)])
}

/// The variable for the suggested address, without its local part.
const MEANT: &str = "$acl_m_milguard";

fn statements(out: &mut String, rule: &Rule, words: &Words, audit: bool) {
    let only = rule.only.iter().flat_map(Expression::sources);
    let only = only.map(|about| format!("      condition = {}\n", condition(&about)));
    let others = rule.unless.iter().flat_map(Expression::sources);
    let others = others.map(|other| format!("      !condition = {}\n", condition(&other)));
    let unless: String = only.chain(others).collect();
    let verb = if audit { "warn" } else { "deny" };
    for source in rule.matches.sources() {
        let (text, again) = match &rule.act {
            Act::Pass => {
                let _ = write!(out, "  accept condition = {}\n{unless}", condition(&source));
                continue;
            }
            Act::Refuse(why, Hint::None) => {
                let _ = write!(out, "  {verb} condition = {}\n{unless}", condition(&source));
                (words.without_hint(*why), format!("condition = {}\n{unless}", condition(&source)))
            }
            Act::Refuse(why, hint) => {
                let made = match hint {
                    Hint::Domain(domain) => format!("${{3}}{domain}"),
                    Hint::Name { before, suffix } => format!("${{3}}{before}${{5}}.{suffix}"),
                    Hint::None => String::new(),
                };
                // The groups exist only inside the expansion, so the rule keeps the text made of them.
                let _ = write!(
                    out,
                    "  {verb} set acl_m_milguard = ${{if match{{{ADDRESS}}}{{\\N{source}\\N}}{{{made}}}}}\n\
                     \x20     !condition = ${{if eq{{{MEANT}}}{{}}}}\n{unless}"
                );
                let again = format!("!condition = ${{if eq{{{MEANT}}}{{}}}}\n{unless}");
                (words.with_hint(*why, &format!("$local_part@{MEANT}")), again)
            }
        };
        if audit {
            // As elsewhere, the first rule that matches decides.
            let _ = write!(out, "      log_message = milguard: {text}\n  accept {again}");
        } else {
            let _ =
                write!(out, "      message = 5.1.2 {text}\n      log_message = milguard: {text}\n");
        }
    }
}

/// The text that expressions match against. Exim puts it into lower case, because the flag of an expression for
/// ignoring case treats other letters differently.
const ADDRESS: &str = "${lc:$local_part@$domain}";

fn condition(source: &str) -> String {
    format!("${{if match{{{ADDRESS}}}{{\\N{source}\\N}}}}")
}
