//! Writes a table for Postfix, in the syntax of `pcre_table(5)` that `regexp_table(5)` understands
//! too.
//!
//! `check_recipient_access` looks every recipient up at RCPT. The first expression that matches decides:
//! `DUNNO` leaves the recipient to the restrictions that follow, a code and a text refuse it, `WARN` logs.

use std::fmt::Write;

use super::Files;
use super::expression::Expression;
use super::rule::{Act, Hint, Rule};
use super::rules::Rules;
use super::text::Words;

pub(super) const FILE: &str = "milguard.pcre";

const HEAD: &str = "\
# Recipients in domains that look like protected ones. Written by `milguard gateway --format postfix`; changes
# made here are lost.
#
# 1. Copy this file to /etc/postfix/milguard.pcre.
# 2. Put it first in /etc/postfix/main.cf, before anything that accepts your senders:
#
#      smtpd_recipient_restrictions =
#          check_recipient_access pcre:/etc/postfix/milguard.pcre,
#          permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
#
#    Debian and Red Hat have pcre in a package of its own (postfix-pcre). Without it, regexp: reads this file
#    too, more slowly.
# 3. postfix reload
#
# `postmap -q bob@army.ml pcre:/etc/postfix/milguard.pcre` shows what an address gets. Mail that
# sendmail(1) submits on the machine itself does not pass this table.
";

pub(super) fn render(rules: &Rules, words: &Words, audit: bool) -> Files {
    let mut out = HEAD.to_owned();
    if audit {
        out.push_str(
            "#\n# The policy is in audit mode: matches are logged as `warn:` and let through.\n",
        );
    }
    let mut note = "";
    let mut open = None;
    for rule in &rules.list {
        let only = rule.only.iter().flat_map(Expression::sources).next();
        let only = only.or_else(|| rule.is_idn.then(|| "@.*xn--".to_owned()));
        if only != open {
            if open.is_some() {
                out.push_str("endif\n");
            }
            // Postfix skips the whole block for addresses that do not match `only`.
            if let Some(only) = &only {
                let _ = write!(out, "\nif /{only}/\n");
            }
            open = only;
        }
        if rule.note != note {
            let _ = write!(out, "\n# {}\n", rule.note);
            note = &rule.note;
        }
        let answer = answer(rule, words, audit);
        for other in rule.unless.iter().flat_map(Expression::sources) {
            let _ = writeln!(out, "if !/{other}/");
        }
        for source in rule.matches.sources() {
            let _ = writeln!(out, "/{source}/ {answer}");
        }
        for _ in rule.unless.iter().flat_map(Expression::sources) {
            out.push_str("endif\n");
        }
    }
    if open.is_some() {
        out.push_str("endif\n");
    }
    Files::from([(FILE, out)])
}

fn answer(rule: &Rule, words: &Words, audit: bool) -> String {
    let Act::Refuse(why, hint) = &rule.act else { return "DUNNO".to_owned() };
    let text = match hint {
        Hint::None => words.without_hint(*why),
        Hint::Name { before, suffix } => {
            words.with_hint(*why, &format!("${{1}}@${{3}}{before}${{5}}.{suffix}"))
        }
        Hint::Domain(domain) => words.with_hint(*why, &format!("${{1}}@${{3}}{domain}")),
    };
    if audit { format!("WARN milguard: {text}") } else { format!("550 5.1.2 {text}") }
}
